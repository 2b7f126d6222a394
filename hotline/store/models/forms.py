"""The agent's form of a call."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Json, Key, Sealed, Time, Word


class CallForm(Base):
    """Draft and final form in one row; `version` counts the saves. Names, numbers and addresses are sealed a field (an
    empty string where nothing was typed), what is typed freely is sealed together as JSON in `texts_enc`; all other fields
    stand in `fields` as JSON. `field_versions`: {field: [version, who wrote it, when]}. There is no foreign key to the
    call: the form opens at the offer, before the archiver has stored anything."""

    __tablename__ = "call_forms"

    call_id: Mapped[Key] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    caller_name_enc: Mapped[Sealed] = mapped_column(default="")
    caller_number_enc: Mapped[Sealed] = mapped_column(default="")
    caller_number_hash: Mapped[Word] = mapped_column(default="", index=True)
    address_enc: Mapped[Sealed] = mapped_column(default="")
    id_number_enc: Mapped[Sealed] = mapped_column(default="")
    id_number_hash: Mapped[Word] = mapped_column(default="", index=True)
    opposing_party_enc: Mapped[Sealed] = mapped_column(default="")
    opposing_party_hash: Mapped[Word] = mapped_column(default="", index=True)
    texts_enc: Mapped[Sealed] = mapped_column(default="")
    fields: Mapped[Json] = mapped_column(default=dict)
    field_versions: Mapped[Json] = mapped_column(default=dict)
    saved_by: Mapped[Key] = mapped_column(default="")
    saved_at: Mapped[Time]
    submitted_by: Mapped[Key] = mapped_column(default="")
    submitted_at: Mapped[Time | None]
