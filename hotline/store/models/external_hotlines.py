"""Other hotlines a caller may be handed to: 110, 12345 and the like."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Name, Sealed, Time, Word


class ExternalHotline(Base):
    """One key of the list. `number` is public; `number_enc` is the same sealed under `external_hotlines.number:<id>`, which is
    all a conversation accepts to dial: so a number is dialled only if it stands here. `region_code` empty: everywhere."""

    __tablename__ = "external_hotlines"

    id: Mapped[Key] = mapped_column(primary_key=True)
    number: Mapped[Word]
    number_enc: Mapped[Sealed]
    name_zh: Mapped[Name]
    name_en: Mapped[Name]
    description_zh: Mapped[Name] = mapped_column(default="")
    description_en: Mapped[Name] = mapped_column(default="")
    category: Mapped[Word] = mapped_column(default="service")
    region_code: Mapped[Word] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    """Order on the console; the first ten have a digit key."""
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[Time] = mapped_column(default=0.0)
