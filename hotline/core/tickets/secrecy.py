"""Confidential tickets, safe ways and times to reach a person, and avoidance of interest (回避). Pure.

Source: rules F.50 (violence, minors, informants: per-person grants, safe contact and safe time) and the city rule on avoidance,
at the official's own or the caller's request, decided by another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Forbidden, Invalid, Rejected
from hotline.core.tickets.model import MUST_REPORT, Actor, Limits, Standing, Ticket
from hotline.core.tickets.table import Act

SECRET_FLAGS: Final[Mapping[str, str]] = MappingProxyType({"R02": "violence", "R03": "violence", MUST_REPORT: "minor"})
"""Risk flags that make a ticket confidential by themselves, and the reason's code; a minor counts before violence."""
ZONE: Final = timezone(timedelta(hours=8))
_WINDOW: Final = re.compile(r"^(?:([1-7])(?:-([1-7]))? )?([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
MOST_WINDOWS: Final = 10


def reason_for(flags: Iterable[str]) -> str:
    """Why a ticket with these flags is confidential; `` where it is not."""
    found = {SECRET_FLAGS[flag] for flag in flags if flag in SECRET_FLAGS}
    return min(found, default="")


@dataclass(frozen=True, slots=True)
class Window:
    """From `first` to `last` weekday (1 Monday … 7 Sunday), from `start` to before `end` minutes after midnight."""

    first: int
    last: int
    start: int
    end: int

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether a moment lies in it."""
        return self.first <= weekday <= self.last and self.start <= minute < self.end


@dataclass(frozen=True, slots=True)
class Safety:
    """How a person may be reached without danger. `ways`: codes of the ways of telling, empty: any; `windows`: when to call or
    write, empty: at any time."""

    ways: frozenset[str] = frozenset()
    windows: tuple[Window, ...] = ()

    def refusal(self, way: str, at: float) -> str:
        """Why this contact must not be made: `unsafe_way`, `unsafe_time`, or ``."""
        if self.ways and way not in self.ways:
            return "unsafe_way"
        return "" if self.next(at) <= at else "unsafe_time"

    def next(self, at: float) -> float:
        """The first moment from `at` on at which contact is safe."""
        if not self.windows:
            return at
        local = datetime.fromtimestamp(at, ZONE)
        weekday, minute = local.isoweekday(), local.hour * 60 + local.minute
        if any(window.holds(weekday, minute) for window in self.windows):
            return at
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        opens = (
            (midnight + timedelta(days=ahead)).timestamp() + window.start * 60
            for ahead in range(8)
            for window in self.windows
            if window.first <= (midnight + timedelta(days=ahead)).isoweekday() <= window.last
        )
        return min(moment for moment in opens if moment > at)


def read_windows(texts: Iterable[str]) -> tuple[Window, ...]:
    """`1-5 18:00-20:30`, `6 09:00-12:00`, `19:00-21:00` (every day). Raises ValueError for one that is none."""
    found = []
    for text in texts:
        match = _WINDOW.match(text.strip())
        if match is None:
            raise ValueError(f"no window: {text[:20]}")
        first = int(match[1] or 1)
        last = int(match[2] or match[1] or 7)
        start, end = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
        if last < first or not start < end <= 1440:
            raise ValueError(f"no window: {text[:20]}")
        found.append(Window(first, last, start, end))
    if len(found) > MOST_WINDOWS:
        raise ValueError("no window: too many")
    return tuple(found)


def check_way(act: Act, values: Mapping[str, Any], standing: Standing) -> None:
    """What is told is told in a safe way. Raises Invalid `ticket.unsafe_way`."""
    tells = any(need.codes == "notice_ways" for need in act.needs)
    if tells and standing.ways and values.get("way") not in standing.ways:
        raise Invalid("ticket.unsafe_way", field="way", ways=sorted(standing.ways))


# avoidance

HANDS: Final = frozenset({"sign", "handle", "finish", "report_complaint", "give_opinion", "ask_extension", "tell"})
"""What whoever's avoidance is asked for must leave alone until it is decided."""

WAITS: Final = frozenset({"finish", "decide_complaint", "object", "suspend", "open_complaint"})
"""What everybody leaves alone while it is undecided: afterwards it could not be decided any more."""


def check_out(name: str, actor: Actor, standing: Standing) -> None:
    """Raises Forbidden `ticket.avoided`, Rejected `ticket.avoidance_pending`."""
    if actor.id in standing.avoidance.out:
        raise Forbidden("ticket.avoided")
    pending = standing.avoidance.person
    if pending and (name in WAITS or (actor.id == pending and name in HANDS)):
        raise Rejected("ticket.avoidance_pending")


def _ask(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if standing.avoidance.person:
        raise Rejected("ticket.avoidance_pending")


def _decide(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if not standing.avoidance.person:
        raise Rejected("ticket.no_avoidance")
    if actor.id in (standing.avoidance.person, standing.avoidance.asked_by):
        raise Forbidden("ticket.avoidance_own")


def who_avoids(ticket: Ticket, actor: Actor, side: str) -> str:
    """Whose avoidance is asked for: one's own, or (`caller`) the handler's. Raises Rejected `ticket.nobody_to_avoid`."""
    person = actor.id if side == "self" else ticket.handler_id
    if not person:
        raise Rejected("ticket.nobody_to_avoid")
    return person


# secrecy


def _keep(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if ticket.secret:
        raise Rejected("ticket.secret_already")


def _end(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if not ticket.secret:
        raise Rejected("ticket.not_secret")


def _minor(ticket: Ticket, actor: Actor, standing: Standing, now: float, limits: Limits) -> None:
    if MUST_REPORT in ticket.risk_flags:
        raise Rejected("ticket.flagged_already")


RULES: Final[Mapping[str, Callable[[Ticket, Actor, Standing, float, Limits], None]]] = MappingProxyType(
    {
        "ask_avoidance": _ask,
        "grant_avoidance": _decide,
        "refuse_avoidance": _decide,
        "keep_secret": _keep,
        "end_secrecy": _end,
        "find_minor": _minor,
    }
)
