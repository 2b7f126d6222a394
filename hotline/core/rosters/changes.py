"""Swaps, substitutes and absences: who must agree, and what they change (rules C.28, F12).

=============  ==========================================  ==========================================
kind           told in time                                told late
=============  ==========================================  ==========================================
`absence`      in force at once                            a supervisor approves
`substitute`   in force when the other agrees              the other agrees, then a supervisor approves
`swap`         in force when the other agrees              the other agrees, then a supervisor approves
=============  ==========================================  ==========================================

A supervisor may put any of them in force, or decline it, at any time before it is over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Protocol

from hotline.core.calendars import DayTable
from hotline.core.calendars.days import read_day
from hotline.core.errors import Invalid, Rejected
from hotline.core.rosters.spans import DAY, DayChange


class WorkingDays(Protocol):
    """What this module needs of the calendar: working days after `start`, up to and with `end`; whether the year's
    official table was missing."""

    def between(self, start: date, end: date) -> tuple[int, bool]: ...


class OfficialDays:
    """The calendar of :mod:`hotline.core.calendars`."""

    def __init__(self, table: DayTable) -> None:
        self._table = table

    def between(self, start: date, end: date) -> tuple[int, bool]:
        days = [self._table.day(date.fromordinal(number)) for number in range(start.toordinal() + 1, end.toordinal() + 1)]
        return sum(day.working for day in days), any(day.provisional for day in days)


class MondayToFriday:
    """The calendar when there is none: Monday to Friday, and always provisional."""

    def between(self, start: date, end: date) -> tuple[int, bool]:
        days = (end - start).days
        counted = sum(1 for offset in range(1, days + 1) if date.fromordinal(start.toordinal() + offset).weekday() < 5)
        return counted, True


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's duty on one day."""

    expert_id: str
    date: str
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for. `own` is given up; `other` is who takes it (substitute) or the duty taken in return (swap)."""

    kind: str
    own: Duty
    other: Duty | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """How far ahead it was told. `working_days` are the full working days between today and the duty."""

    working_days: int
    late: bool
    provisional: bool


def notice(day: str, today: date, needed: int, calendar: WorkingDays) -> Notice:
    """Whether a duty on `day` (ISO) was told `needed` working days ahead: today does not count, the day itself neither
    (rule G.54). Raises Invalid (`roster.date`) for no date, Rejected (`roster.past`) for a day that is over."""
    wanted = parse_day(day)
    if wanted < today:
        raise Rejected("roster.past", date=day)
    counted, provisional = calendar.between(today, date.fromordinal(wanted.toordinal() - 1)) if wanted > today else (0, False)
    return Notice(counted, counted < needed, provisional)


def parse_day(day: str) -> date:
    """An ISO date. Raises Invalid (`roster.date`)."""
    try:
        return read_day(day)
    except ValueError:
        raise Invalid("roster.date", field="date") from None


_AFTER: Final = MappingProxyType(
    {
        # (kind, state, what happened, late) → new state
        ("absence", "", "asked", False): "in_force",
        ("absence", "", "asked", True): "asked",
        ("substitute", "", "asked", False): "asked",
        ("substitute", "", "asked", True): "asked",
        ("swap", "", "asked", False): "asked",
        ("swap", "", "asked", True): "asked",
        ("substitute", "asked", "agreed", False): "in_force",
        ("substitute", "asked", "agreed", True): "agreed",
        ("swap", "asked", "agreed", False): "in_force",
        ("swap", "asked", "agreed", True): "agreed",
        **{
            (kind, state, "approved", late): "in_force"
            for kind in ("absence", "substitute", "swap")
            for state in ("asked", "agreed")
            for late in (False, True)
        },
        **{
            (kind, state, what, late): what
            for kind in ("absence", "substitute", "swap")
            for state in ("asked", "agreed")
            for what in ("declined", "cancelled")
            for late in (False, True)
        },
        **{
            (kind, "in_force", "cancelled", late): "cancelled"
            for kind in ("absence", "substitute", "swap")
            for late in (False, True)
        },
    }
)


def after(kind: str, state: str, what: str, *, late: bool) -> str:
    """The state after `what` (`asked`, `agreed`, `approved`, `declined`, `cancelled`); `` is before the asking. Raises
    Rejected (`roster.request_state`)."""
    new = _AFTER.get((kind, state, what, late))
    if new is None:
        raise Rejected("roster.request_state", state=state)
    return new


def changes_of(change: Change) -> list[tuple[str, DayChange]]:
    """What is written when it comes into force: (expert, exception) pairs. Raises Invalid (`roster.partner`)."""
    own, other = change.own, change.other
    result = [(own.expert_id, _exception(own, "off"))]
    if change.kind == "absence":
        return result
    if other is None or other.expert_id == own.expert_id:
        raise Invalid("roster.partner", field="other_id")
    result.append((other.expert_id, _exception(own, "on")))
    if change.kind == "swap":
        result.append((other.expert_id, _exception(other, "off")))
        result.append((own.expert_id, _exception(other, "on")))
    return result


def check_minutes(from_minute: int, to_minute: int) -> None:
    """Raises Invalid (`roster.minutes`)."""
    if not (0 <= from_minute <= DAY and 0 <= to_minute <= DAY):
        raise Invalid("roster.minutes", field="from_minute")


def _exception(duty: Duty, effect: str) -> DayChange:
    return DayChange(duty.date, duty.from_minute, duty.to_minute, effect)
