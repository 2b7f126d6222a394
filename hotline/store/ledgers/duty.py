"""The ledger of duty: who stood on the roster on which day, how that was changed, and what they answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from hotline.core.calendars.days import ZONE
from hotline.core.rosters import minutes_on
from hotline.secrecy import Secrecy
from hotline.store.ledgers.line import Asked, Cell, Line
from hotline.store.ledgers.scope import BUREAU, Viewer
from hotline.store.models import Expert, RosterRequest, Talk
from hotline.store.repositories.experts import day_spans

DAY: Final = 1440
MOST_DAYS: Final = 366
"""The roster is laid out day by day: no more at once."""
_CHANGES: Final = {"swap": "对调", "substitute": "代班", "absence": "请假"}


class Duty:
    """A line for each person and day with duty or a change of it, the latest day first."""

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        return sum(1 for _ in self._lines(session, viewer, asked, ""))

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        lines = list(self._lines(session, viewer, asked, ""))
        hours = sum(float(line.cells["hours"] or 0) for line in lines)
        changes = sum(1 for line in lines if line.cells["change"])
        talks = sum(int(line.cells["talks"] or 0) for line in lines)
        return {"lines": len(lines), "hours": round(hours, 1), "changes": changes, "talks": talks}

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
        loads = (selectinload(Expert.shifts), selectinload(Expert.exceptions))
        experts = session.scalars(select(Expert).options(*loads).order_by(Expert.id)).all()
        changed: dict[tuple[str, str], list[str]] = {}
        in_force = select(RosterRequest).where(
            RosterRequest.state == "in_force",
            RosterRequest.date >= first.isoformat(),
            RosterRequest.date <= asked.last.isoformat(),
        )
        for one in session.scalars(in_force):
            name = _CHANGES.get(one.kind, one.kind)
            changed.setdefault((one.date, one.expert_id), []).append(name)
            if one.other_id:
                changed.setdefault((one.other_date or one.date, one.other_id), []).append(name)
        begin, _, after = before.partition("_")
        last = min(asked.last, date.fromisoformat(begin)) if begin else asked.last
        spans = {row.id: day_spans(row, first, (last - first).days + 1) for row in experts}
        for back in range((last - first).days + 1):
            day = last - timedelta(days=back)
            talks = _talks(session, day)
            offset = (day - first).days * DAY
            for row in experts:
                if begin and day.isoformat() == begin and row.id <= after:
                    continue
                own = minutes_on(spans[row.id], (offset, offset + DAY))
                change = changed.get((day.isoformat(), row.id), [])
                count, seconds = talks.get(row.id, (0, 0.0))
                if not own and not change and not count:
                    continue
                planned = "、".join(f"{_clock(start - offset)}-{_clock(end - offset)}" for start, end in own)
                cells: dict[str, Cell] = {
                    "date": day.isoformat(), "person": row.name, "firm": row.firm, "planned": planned,
                    "hours": round(sum(end - start for start, end in own) / 60, 1), "change": "、".join(change),
                    "talks": count, "talk_seconds": round(seconds),
                }  # fmt: skip
                yield Line(f"{day.isoformat()}_{row.id}", cells)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _talks(session: Session, day: date) -> dict[str, tuple[int, float]]:
    begin = datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()
    query = select(Talk.person_id, Talk.started_at, Talk.ended_at).where(
        Talk.person_kind == "expert", Talk.started_at >= begin, Talk.started_at < begin + 86_400
    )
    found: dict[str, tuple[int, float]] = {}
    for person_id, started, ended in session.execute(query):
        count, seconds = found.get(person_id, (0, 0.0))
        found[person_id] = count + 1, seconds + max(0.0, (ended or started) - started)
    return found
