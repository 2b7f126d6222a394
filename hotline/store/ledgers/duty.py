"""The ledger of duty: who of the desk signed in when, and was ready and paused for how long; who of the experts stood on
the roster, and how that was changed; and what each answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from hotline.core.calendars.days import ZONE
from hotline.core.errors import Invalid
from hotline.core.ledgers.desk_duty import Said, attendances
from hotline.core.rosters import minutes_on
from hotline.secrecy import Secrecy
from hotline.store.ledgers.line import Asked, Cell, Line
from hotline.store.ledgers.scope import BUREAU, Viewer
from hotline.store.models import Agent, Call, Expert, RosterRequest, Talk
from hotline.store.repositories import facts
from hotline.store.repositories.experts import day_spans

DAY: Final = 1440
DAY_SECONDS: Final = 86_400.0
BLOCK: Final = 31
"""Days whose shifts are laid out at once."""
MOST_DAYS: Final = 366
"""The days are laid out one by one: no more at once."""
_CHANGES: Final = {"swap": "对调", "substitute": "代班", "absence": "请假"}
Talks = Mapping[tuple[str, str], tuple[int, float]]
"""(kind, id) of a person → how many talks began on a day, and how long they lasted (seconds)."""


class Duty:
    """A line for each person and day: agents of the desk who were there, experts with duty or a change of it. The latest day
    first; of a day the agents first. `clock` gives Unix time: whoever is there now has been there until now."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        return sum(1 for _ in self._lines(session, viewer, asked, ""))

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        lines = list(self._lines(session, viewer, asked, ""))
        hours = {"desk": 0.0, "expert": 0.0}
        for line in lines:
            hours[str(line.cells["post"])] += float(line.cells["hours"] or 0)
        changes = sum(1 for line in lines if line.cells.get("change"))
        talks = sum(int(line.cells["talks"] or 0) for line in lines)
        return {
            "lines": len(lines), "hours": round(hours["expert"], 1), "desk_hours": round(hours["desk"], 1), "changes": changes,
            "talks": talks,
        }  # fmt: skip

    def page(self, session: Session, secrecy: Secrecy, viewer: Viewer, asked: Asked, limit: int, before: str) -> Sequence[Line]:
        found = []
        for line in self._lines(session, viewer, asked, before):
            found.append(line)
            if len(found) == limit:
                break
        return found

    def _lines(self, session: Session, viewer: Viewer, asked: Asked, before: str) -> Iterator[Line]:
        if viewer.role not in BUREAU:
            return
        first = max(asked.first, asked.last - timedelta(days=MOST_DAYS - 1))
        begin, _, after = before.partition("_")
        try:
            last = min(asked.last, date.fromisoformat(begin)) if begin else asked.last
        except ValueError:
            raise Invalid("request.invalid", fields={"query.before": "unknown"}) from None
        desk, roster = _Desk(session, self._clock()), _Roster(session, first, last)
        for back in range((last - first).days + 1):
            day = last - timedelta(days=back)
            talks = _talks(session, day)
            for key, cells in (*desk.of_day(day, talks), *roster.of_day(day, talks)):
                if day.isoformat() != begin or key > after:
                    yield Line(f"{day.isoformat()}_{key}", {"date": day.isoformat(), **cells})


class _Desk:
    """The agents, by what routing said of their states. Days are asked for one after the other, the latest first: each is
    read once, for itself and for the one after it."""

    def __init__(self, session: Session, now: float) -> None:
        self._session = session
        self._now = now
        self._names = {row.id: row.name for row in session.execute(select(Agent.id, Agent.name))}
        self._read: dict[date, list[Said]] = {}

    def of_day(self, day: date, talks: Talks) -> Iterator[tuple[str, dict[str, Cell]]]:
        since = _midnight(day)
        before = day - timedelta(days=1)
        self._read = {one: self._read[one] if one in self._read else self._said(one) for one in (before, day)}
        last = {word.agent_id: word for word in self._read[before]}
        found = attendances([*last.values(), *self._read[day]], since, min(since + DAY_SECONDS, self._now))
        for agent_id in sorted({*found, *(one for kind, one in talks if kind == "agent")}):
            there = found.get(agent_id)
            count, seconds = talks.get(("agent", agent_id), (0, 0.0))
            cells: dict[str, Cell] = {
                "post": "desk", "person": self._names.get(agent_id, agent_id), "talks": count, "talk_seconds": round(seconds),
                "hours": 0.0,
            }  # fmt: skip
            if there is not None:
                cells |= {
                    "signed_in": there.signed_in, "signed_out": there.signed_out, "hours": round(there.present / 3600, 1),
                    "ready_seconds": round(there.ready), "paused_seconds": round(there.paused),
                }  # fmt: skip
            yield f"a_{agent_id}", cells

    def _said(self, day: date) -> list[Said]:
        since = _midnight(day)
        return facts.said_of_agents(self._session, since, since + DAY_SECONDS)


class _Roster:
    """The experts, by their shifts and what was changed of them. Shifts are laid out a block of days at a time, when the first
    of its days is asked for: a page needs few days of a year."""

    def __init__(self, session: Session, first: date, last: date) -> None:
        loads = (selectinload(Expert.shifts), selectinload(Expert.exceptions))
        self._first = first
        self._experts = session.scalars(select(Expert).options(*loads).order_by(Expert.id)).all()
        self._block, self._spans = -1, dict[str, list[tuple[int, int]]]()
        self._changed: dict[tuple[str, str], list[str]] = {}
        in_force = select(RosterRequest).where(
            RosterRequest.state == "in_force",
            RosterRequest.date >= first.isoformat(),
            RosterRequest.date <= last.isoformat(),
        )
        for one in session.scalars(in_force):
            name = _CHANGES.get(one.kind, one.kind)
            self._changed.setdefault((one.date, one.expert_id), []).append(name)
            if one.other_id:
                self._changed.setdefault((one.other_date or one.date, one.other_id), []).append(name)

    def of_day(self, day: date, talks: Talks) -> Iterator[tuple[str, dict[str, Cell]]]:
        block, within = divmod((day - self._first).days, BLOCK)
        if block != self._block:
            start = self._first + timedelta(days=block * BLOCK)
            self._block, self._spans = block, {row.id: day_spans(row, start, BLOCK) for row in self._experts}
        offset = within * DAY
        for row in self._experts:
            own = minutes_on(self._spans[row.id], (offset, offset + DAY))
            change = self._changed.get((day.isoformat(), row.id), [])
            count, seconds = talks.get(("expert", row.id), (0, 0.0))
            if not own and not change and not count:
                continue
            planned = "、".join(f"{_clock(start - offset)}-{_clock(end - offset)}" for start, end in own)
            yield f"e_{row.id}", {
                "post": "expert", "person": row.name, "firm": row.firm, "planned": planned,
                "hours": round(sum(end - start for start, end in own) / 60, 1), "change": "、".join(change),
                "talks": count, "talk_seconds": round(seconds),
            }  # fmt: skip


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()


def _talks(session: Session, day: date) -> Talks:
    # By the time of arrival, which the calls are ordered by: no call lasts for a day.
    begin = _midnight(day)
    query = (
        select(
            Talk.person_kind, Talk.person_id, func.count(),
            func.sum(func.coalesce(Talk.ended_at, Talk.started_at) - Talk.started_at),
        )
        .join(Call, Call.call_id == Talk.call_id)
        .where(
            Call.arrived_at >= begin - DAY_SECONDS, Call.arrived_at < begin + DAY_SECONDS,
            Talk.started_at >= begin, Talk.started_at < begin + DAY_SECONDS,
        )
        .group_by(Talk.person_kind, Talk.person_id)
    )  # fmt: skip
    return {(kind, one): (count, max(0.0, seconds)) for kind, one, count, seconds in session.execute(query)}
