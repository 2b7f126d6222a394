"""Which slots there are: a weekly plan, within the hours the centre keeps on that very date, less what is taken. Pure.

A closed day (weekend, holiday, closed by hand) has no hours and so no slot; a make-up day has those of a working day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta

from hotline.core.appointments.model import Plan, Rules, Slot
from hotline.core.calendars import ZONE

Hours = Callable[[date], Iterable[tuple[int, int]]]
"""The hours a centre keeps on a date, in minutes after midnight; nothing on a closed day."""


def slots(plans: Iterable[Plan], hours: Hours, taken: Mapping[tuple[str, float], int], now: float, rules: Rules) -> list[Slot]:
    """Everything that can be booked now, the earliest first. `taken`: (plan, start) → places gone."""
    plans, today = tuple(plans), datetime.fromtimestamp(now, ZONE).date()
    found = []
    for offset in range(rules.ahead_days + 1):
        when = today + timedelta(days=offset)
        open_hours = tuple(hours(when))
        for plan in plans:
            for start, end in _of_day(plan, when, open_hours):
                left = plan.places - taken.get((plan.id, start), 0)
                if left > 0 and start >= now + rules.notice_seconds:
                    found.append(Slot(plan.id, start, end, left))
    return sorted(found, key=lambda slot: (slot.starts_at, slot.plan_id))


def _of_day(plan: Plan, when: date, open_hours: tuple[tuple[int, int], ...]) -> Iterable[tuple[float, float]]:
    """A weekday of the plan counts by its own name; on a make-up day (a weekend that is worked) any weekday's plan holds."""
    worked_weekend = when.weekday() >= 5 and bool(open_hours) and not plan.weekdays & {5, 6}
    if when.weekday() not in plan.weekdays and not worked_weekend:
        return
    midnight = datetime(when.year, when.month, when.day, tzinfo=ZONE).timestamp()
    minute = plan.from_minute
    while minute + plan.slot_minutes <= plan.to_minute:
        end = minute + plan.slot_minutes
        if any(first <= minute and end <= (last if last > first else 1440) for first, last in open_hours):
            yield midnight + minute * 60, midnight + end * 60
        minute = end


def holds(plan: Plan, hours: Hours, starts_at: float, now: float, rules: Rules) -> Slot | None:
    """The slot of this plan that begins exactly then, whatever is taken; None when there is none to be booked now."""
    return next((slot for slot in slots([plan], hours, {}, now, rules) if slot.starts_at == starts_at), None)
