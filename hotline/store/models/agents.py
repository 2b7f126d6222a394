"""The triage desk's people."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Json, Key, Name, Word, Words


class Agent(Base):
    """One seat of the desk. `phone_uri` is what a conversation dials: the registered desk phone
    (`sip:8001@hotline.local`) or a fixed SIP address. `sip_password_ha1` is MD5(`extension:realm:password`), the form
    in which the registrar checks digests; empty means the phone does not register. `desired_state` is what routing
    starts from after a restart."""

    __tablename__ = "agents"

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name]
    extension: Mapped[Word] = mapped_column(unique=True)
    phone_uri: Mapped[Name]
    sip_password_ha1: Mapped[Word] = mapped_column(default="")
    skills: Mapped[Words] = mapped_column(default=list)
    skill_levels: Mapped[Json] = mapped_column(default=dict)
    """Skill → level, 1 (best) to 9; a skill not named here counts as 1. For queues with strategy `ranked`."""
    languages: Mapped[Words] = mapped_column(default=list)
    device: Mapped[Word] = mapped_column(default="phone")
    """What rings for them: `phone` (`phone_uri`), or `headset` (the page they are logged in with)."""
    region_code: Mapped[Word] = mapped_column(default="")
    """Region whose callers they take first; empty: all."""
    desired_state: Mapped[Word] = mapped_column(default="offline")
    active: Mapped[bool] = mapped_column(default=True)
