"""When lines are open: calendars, the days off that years bring, days set by hand, and the lines themselves."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Key, Name, Time, Word, one_of

HOLIDAY_RULES: Final = ("closed", "open", "own")
Hours = list[list[int]]
"""[[from, to], …] in minutes after local midnight; a `to` at or below `from` lies on the next day."""


class Calendar(Base):
    """Opening hours. `weekly`: seven lists of hours, Monday first. `tier`: the preset it began as (`5x8`, `7x12`, `7x24`),
    or empty. `holidays`: `closed`, `open` (as the weekday is) or `own` (`holiday_hours`). `region_code`: whose extra
    holidays it keeps besides the national ones. All in the time of Asia/Shanghai."""

    __tablename__ = "calendars"
    __table_args__ = (one_of("holidays", HOLIDAY_RULES),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[Name]
    tier: Mapped[Word] = mapped_column(default="")
    weekly: Mapped[list[Any]] = mapped_column(JSON)
    holidays: Mapped[Word] = mapped_column(default="closed")
    holiday_hours: Mapped[list[Any]] = mapped_column(JSON, default=list)
    region_code: Mapped[Word] = mapped_column(default="")
    updated_at: Mapped[Time]


class CalendarDay(Base):
    """A day off, or a weekend day worked, from an imported year table. `region_code` empty: nationwide. A year imported
    here replaces the one that ships with the program."""

    __tablename__ = "calendar_days"
    __table_args__ = (one_of("kind", ("off", "work")),)

    region_code: Mapped[Word] = mapped_column(primary_key=True, default="")
    date: Mapped[Word] = mapped_column(primary_key=True)
    """`2027-01-01`."""
    kind: Mapped[Word]
    name: Mapped[Name] = mapped_column(default="")
    source: Mapped[Name] = mapped_column(default="")
    imported_at: Mapped[Time]


class SpecialDay(Base):
    """One date of one calendar, set by hand: its hours (none: closed all day) and why."""

    __tablename__ = "special_days"

    calendar_id: Mapped[Key] = mapped_column(ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True)
    date: Mapped[Word] = mapped_column(primary_key=True)
    hours: Mapped[list[Any]] = mapped_column(JSON, default=list)
    reason: Mapped[Name]
    actor: Mapped[Key]
    at: Mapped[Time]


class Line(Base):
    """A called number and what stands behind it. Without a row the settings decide (`flows.entry`), and it never closes.
    `flow`, `language`, `queue` empty: as the settings and the flow say."""

    __tablename__ = "lines"
    __table_args__ = (CheckConstraint("length(number) > 0", name="number"),)

    number: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[Name]
    calendar_id: Mapped[Key] = mapped_column(ForeignKey("calendars.id"), index=True)
    flow: Mapped[Word] = mapped_column(default="")
    language: Mapped[Word] = mapped_column(default="")
    queue: Mapped[Word] = mapped_column(default="")
    region_code: Mapped[Word] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)
    """Order in lists; the first is the house's main line."""
    updated_at: Mapped[Time]
