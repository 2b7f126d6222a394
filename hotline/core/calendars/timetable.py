"""The next days of every line, laid out as plain data: for conversation workers, which have no database.

Routing writes it from the calendars; it travels through Redis, with a copy in a file for when Redis is away. Whoever
finds none, or one whose days are over, takes the line for open: a caller must reach a human.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal

from hotline.core.calendars.days import local_date, midnight
from hotline.core.calendars.hours import Calendar, openings

DAYS_AHEAD: Final = 14
"""Long enough for the longest holiday with the database away all the time."""

State = Literal["open", "closed", "holiday", "unknown"]


@dataclass(frozen=True, slots=True)
class Line:
    """One called number. `open` are the (from, to) in which it is open, in order; `holidays` the days off as (from, to);
    `provisional` the days that a year table to come may change. Unix seconds."""

    number: str
    name: str = ""
    calendar: str = ""
    flow: str = ""
    language: str = ""
    queue: str = ""
    region: str = ""
    open: tuple[tuple[float, float], ...] = ()
    holidays: tuple[tuple[float, float], ...] = ()
    provisional: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Timetable:
    """`made_at`: when it was laid out; `until`: the end of its days."""

    made_at: float = 0.0
    until: float = 0.0
    lines: Mapping[str, Line] = field(default_factory=dict)
    years: tuple[int, ...] = ()
    """Those with a table of holidays."""

    def state(self, number: str, at: float) -> State:
        """How the line stands at `at`; `unknown` when this timetable does not know the line, or that time."""
        line = self.lines.get(number)
        if line is None or not self.covers(at):
            return "unknown"
        if _within(line.open, at) is not None:
            return "open"
        return "holiday" if _within(line.holidays, at) is not None else "closed"

    def covers(self, at: float) -> bool:
        """Whether it speaks of that time at all. Its first day counts from its beginning: clocks differ a little."""
        return self.made_at - 86_400 <= at < self.until

    def provisional(self, number: str, at: float) -> bool:
        """Whether that day may still change."""
        line = self.lines.get(number)
        return line is not None and _within(line.provisional, at) is not None

    def next_closing(self, number: str, at: float) -> float | None:
        """When the line closes; None while it is closed or unknown, and when it does not close within these days."""
        line = self.lines.get(number)
        found = _within(line.open, at) if line and self.covers(at) else None
        return found[1] if found and found[1] < self.until else None

    def next_opening(self, number: str, at: float) -> float | None:
        """The first opening after `at`; None when there is none within these days."""
        line = self.lines.get(number)
        return next((start for start, _ in line.open if start > at), None) if line and self.covers(at) else None

    def to_json(self) -> str:
        """One line of JSON."""
        raw = {
            "made_at": self.made_at,
            "until": self.until,
            "years": self.years,
            "lines": [
                {
                    "number": line.number,
                    "name": line.name,
                    "calendar": line.calendar,
                    "flow": line.flow,
                    "language": line.language,
                    "queue": line.queue,
                    "region": line.region,
                    "open": line.open,
                    "holidays": line.holidays,
                    "provisional": line.provisional,
                }
                for line in self.lines.values()
            ],
        }
        return json.dumps(raw, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Timetable:
        """Inverse of :meth:`to_json`. Raises ValueError on anything else."""
        try:
            raw = json.loads(text)
            lines = [Line(**{**item, **{key: _spans(item[key]) for key in _SPANS}}) for item in raw["lines"]]
            years = tuple(int(year) for year in raw["years"])
            return cls(float(raw["made_at"]), float(raw["until"]), {line.number: line for line in lines}, years)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise ValueError(f"not a timetable: {exc!r}") from exc


_SPANS: Final = ("open", "holidays", "provisional")


def lay_out(number: str, calendar: Calendar, now: float, **values: str) -> Line:
    """The timetable of one line from yesterday (hours may run past midnight) to :data:`DAYS_AHEAD` days on."""
    first = local_date(now) - timedelta(days=1)
    days = [first + timedelta(days=offset) for offset in range(DAYS_AHEAD + 1)]
    # One day more, so that hours that go on past the last midnight are not cut there.
    found = openings(calendar, first, DAYS_AHEAD + 2)
    spans = tuple((item.start, item.until) for item in found if item.until is not None)
    off = [calendar.plan(day)[1] == "holiday" for day in days]
    unsure = [calendar.provisional(day) for day in days]
    return Line(
        number=number,
        calendar=calendar.id,
        open=spans,
        holidays=_days([day for day, yes in zip(days, off, strict=True) if yes]),
        provisional=_days([day for day, yes in zip(days, unsure, strict=True) if yes]),
        **values,
    )


def make(lines: Sequence[Line], now: float, years: Iterable[int] = ()) -> Timetable:
    """Lines laid out at `now` together."""
    until = midnight(local_date(now) + timedelta(days=DAYS_AHEAD))
    return Timetable(now, until, {line.number: line for line in lines}, tuple(sorted(years)))


def _days(found: Sequence[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((midnight(day), midnight(day + timedelta(days=1))) for day in found)


def _within(spans: Sequence[tuple[float, float]], at: float) -> tuple[float, float] | None:
    place = bisect_right(spans, (at, float("inf"))) - 1
    return spans[place] if place >= 0 and spans[place][0] <= at < spans[place][1] else None


def _spans(raw: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(start), float(end)) for start, end in raw)
