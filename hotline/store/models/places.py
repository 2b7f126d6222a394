"""Regions, physical centres, and the rules that send a ticket to one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Name, Word, Words, one_of

LEVELS: Final = ("province", "city", "county", "town", "village")
"""From the top down."""


class Region(Base):
    """An administrative division; `code` is GB/T 2260-like: 6 digits to the county, 9 to the town, 12 to the
    village."""

    __tablename__ = "regions"
    __table_args__ = (one_of("level", LEVELS),)

    code: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[Name]
    name_en: Mapped[Name] = mapped_column(default="")
    parent_code: Mapped[Word | None] = mapped_column(ForeignKey("regions.code"), index=True)
    level: Mapped[Word]


class Centre(Base):
    """A physical public legal-service centre, station or room. `phone` is its public counter, not a person's."""

    __tablename__ = "centres"
    __table_args__ = (one_of("level", LEVELS),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name]
    level: Mapped[Word]
    parent_id: Mapped[Key | None] = mapped_column(ForeignKey("centres.id"), index=True)
    region_code: Mapped[Word] = mapped_column(ForeignKey("regions.code"), index=True)
    phone: Mapped[Word] = mapped_column(default="")
    phones: Mapped[Words] = mapped_column(default=list)
    """Further numbers of the house, in the order in which they are tried."""
    hours: Mapped[Name] = mapped_column(default="")
    """For people."""
    calendar_id: Mapped[Key | None] = mapped_column(ForeignKey("calendars.id"))
    """When its days end: the close of business is the end of a limit's last day."""
    services: Mapped[Words] = mapped_column(default=list)
    """Service types it offers; none named: all of its level."""
    active: Mapped[bool] = mapped_column(default=True)
    by_phone: Mapped[bool] = mapped_column(default=False)
    """It has no computer: its tickets are read out to its clerk by telephone."""


class DispatchRule(Base):
    """Tickets of `service_type` go to the centre of `level` over the matter's region. A rule with a `region_code`
    holds for that region and all below it and wins over one without; the longer code wins."""

    __tablename__ = "dispatch_rules"
    __table_args__ = (one_of("level", LEVELS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service_type: Mapped[Word]
    region_code: Mapped[Word | None] = mapped_column(ForeignKey("regions.code"))
    level: Mapped[Word]
    reason: Mapped[Name] = mapped_column(default="")
