"""What the bureau publishes for callers to hear: flows by version, and prompts of its own. Append only, but for which prompt
is in force."""

from __future__ import annotations

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Key, Long, Name, Seconds, Time, Word


class FlowVersion(Base):
    """One text of a flow that passed every check when it was put in. `version` is the hash of its content
    (`hotline.ivr.parser`), so the same content is the same version. Never changed, never deleted."""

    __tablename__ = "flow_versions"

    name: Mapped[Word] = mapped_column(primary_key=True)
    version: Mapped[Word] = mapped_column(primary_key=True)
    text: Mapped[Long]
    note: Mapped[Name] = mapped_column(default="")
    added_by: Mapped[Key]
    added_at: Mapped[Time]


class FlowPublication(Base):
    """A version was put in force; the newest row of a flow counts. `version` empty: the flow that ships with the program."""

    __tablename__ = "flow_publications"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Word] = mapped_column(index=True)
    version: Mapped[Word] = mapped_column(default="")
    reason: Mapped[Name] = mapped_column(default="")
    by: Mapped[Key]
    at: Mapped[Time]


class PromptUpload(Base):
    """A bureau's own recording of a prompt, as 8 kHz mono 16-bit WAV. `language` empty: for all (music). At most one of a
    prompt and language is `in_force`; without one the shipped file is heard. `peak_db`, `speech_db`: dBFS."""

    __tablename__ = "prompt_uploads"
    __table_args__ = (UniqueConstraint("language", "prompt", "sha256"),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    language: Mapped[Word] = mapped_column(default="")
    prompt: Mapped[Word]
    sha256: Mapped[Hash]
    wav: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    seconds: Mapped[Seconds]
    peak_db: Mapped[Seconds]
    speech_db: Mapped[Seconds]
    source: Mapped[Name] = mapped_column(default="")
    """What was uploaded: its format, not its file name, which may name a person."""
    in_force: Mapped[bool] = mapped_column(default=False)
    by: Mapped[Key]
    at: Mapped[Time]
