"""The limits that the settings give to each kind of task."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from hotline.core.calendars import ZONE, DayTable, next_working_day
from hotline.core.callbacks.hours import both, daily, of_calendar
from hotline.core.callbacks.model import Hours, Policy
from hotline.settings import Settings
from hotline.store.repositories import calendars

DAY: float = 86_400.0


def policy_of(settings: Settings, kind: str) -> Policy:
    """What a task of this kind lives under."""
    if kind == "village":
        village = settings.village
        return Policy(
            first_after_seconds=0.0,
            max_tries=village.max_tries,
            spacing_seconds=tuple(village.spacing_seconds),
            expire_seconds=village.expire_days * DAY,
        )
    rules = settings.callbacks
    first, expire = {
        "call_back": (rules.first_after_seconds, rules.expire_days),
        "follow_up": (settings.follow_up.after_seconds, settings.follow_up.expire_days),
        "rating": (settings.rating_call.after_seconds, 1.0),
    }[kind]
    return Policy(
        first_after_seconds=first,
        first_within_seconds=max(rules.first_within_seconds, first),
        max_tries=rules.max_tries,
        spacing_seconds=tuple(rules.spacing_seconds),
        expire_seconds=expire * DAY,
    )


def hours_of(session: Session, settings: Settings, kind: str, called: str) -> Hours:
    """When people may be called for this: within the daily window of the settings and, unless `by_calendar` is off, while the
    line is open whose number they had `called`. A number without a line has the window only. The calendar is read when it is
    first asked for."""
    if kind == "village":
        window = daily(settings.village.hours)
        return both(window, working(session)) if settings.village.working_days else window
    rules = settings.rating_call if kind == "rating" else settings.callbacks
    window = daily(rules.hours)
    if not settings.callbacks.by_calendar:
        return window

    @cache
    def found() -> Hours:
        calendar = calendars.of_line(session, called)
        return window if calendar is None else both(window, of_calendar(calendar))

    return lambda at: found()(at)


def working(session: Session) -> Hours:
    """Working days of the national table, from midnight: nobody of a centre is called on a holiday."""
    table = DayTable.of(calendars.day_rows(session))

    def opening(at: float) -> float:
        today = datetime.fromtimestamp(at, ZONE)
        day = next_working_day(table, today.date()).date
        if day == today.date():
            return at
        return (today.replace(hour=0, minute=0, second=0, microsecond=0) + (day - today.date())).timestamp()

    return opening
