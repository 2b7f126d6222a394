"""The village advisers' log: its lines, who advises which village, and who is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from hotline.core.calendars.days import ZONE, read_day
from hotline.core.errors import Invalid, Missing
from hotline.core.ids import new_id
from hotline.core.ledgers.advisers import Adviser, Entry, Owed, Standing, check_entry, is_late, month_of, quarter_of, standing
from hotline.secrecy import Secrecy
from hotline.store.ledgers import scope, typed
from hotline.store.ledgers.line import Asked, Line
from hotline.store.ledgers.reading import newest_first
from hotline.store.ledgers.scope import Viewer
from hotline.store.models import AdviserEntry, Centre, Expert, VillageAdviser


def today(now: float) -> date:
    """The local date."""
    return datetime.fromtimestamp(now, ZONE).date()


class Log:
    """Lines of the log, the latest day first; those struck out stay, with the reason."""

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        query = select(func.count()).select_from(AdviserEntry).where(*self._where(session, viewer, asked))
        return session.scalar(query) or 0

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        minutes = AdviserEntry.to_minute - AdviserEntry.from_minute
        query = (
            select(AdviserEntry.kind, func.count(), func.sum(minutes), func.sum(AdviserEntry.people))
            .where(*self._where(session, viewer, asked), AdviserEntry.voided_at.is_(None))
            .group_by(AdviserEntry.kind)
        )
        found: dict[str, float] = {"lines": self.count(session, viewer, asked), "hours": 0.0, "people": 0}
        for kind, count, total, people in session.execute(query):
            found["hours"] = round(found["hours"] + (total or 0) / 60, 1)
            found["people"] += people or 0
            found[f"adviser_work.{kind}"] = count
        return found

    def page(self, session: Session, secrecy: Secrecy, viewer: Viewer, asked: Asked, limit: int, before: str) -> Sequence[Line]:
        query = (
            select(AdviserEntry, VillageAdviser, Centre.name)
            .join(VillageAdviser, VillageAdviser.id == AdviserEntry.adviser_id)
            .join(Centre, Centre.id == AdviserEntry.centre_id)
            .where(*self._where(session, viewer, asked))
        )
        query = newest_first(session, query, AdviserEntry, (AdviserEntry.date, AdviserEntry.id), before)
        return [
            Line(
                row.id,
                {
                    "date": row.date, "adviser": adviser.name, "firm": adviser.firm, "centre": centre, "kind": row.kind,
                    "from_to": f"{_clock(row.from_minute)}-{_clock(row.to_minute)}",
                    "hours": round((row.to_minute - row.from_minute) / 60, 1), "topic": row.topic, "people": row.people,
                    "late": int(row.late), "voided": row.void_reason or None,
                },
            )
            for row, adviser, centre in session.execute(query.limit(limit))
        ]  # fmt: skip

    def _where(self, session: Session, viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
        return [
            AdviserEntry.date >= asked.first.isoformat(),
            AdviserEntry.date <= asked.last.isoformat(),
            scope.in_branch(AdviserEntry.centre_id, session, viewer, asked.of("centre_id")),
        ]


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def advisers(session: Session, viewer: Viewer) -> Sequence[tuple[VillageAdviser, str]]:
    """Advisers of the villages this person may see, with the village's name; those who still advise first."""
    query = (
        select(VillageAdviser, Centre.name)
        .join(Centre, Centre.id == VillageAdviser.centre_id)
        .where(scope.in_branch(VillageAdviser.centre_id, session, viewer))
        .order_by(VillageAdviser.until, Centre.region_code, VillageAdviser.id)
    )
    return [(adviser, village) for adviser, village in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Row:
    """An adviser and how they stand."""

    adviser: VillageAdviser
    village: str
    standing: Standing


def standings(session: Session, viewer: Viewer, day: date, now: float, owed: Owed) -> list[Row]:
    """How every adviser stands in the month of `day`: those who are behind first."""
    first, last = min(month_of(day)[0], quarter_of(day)[0]), max(month_of(day)[1], quarter_of(day)[1])
    everyone = [pair for pair in advisers(session, viewer) if not pair[0].until or pair[0].until >= first.isoformat()]
    query = select(AdviserEntry).where(
        AdviserEntry.date >= first.isoformat(),
        AdviserEntry.date <= last.isoformat(),
        AdviserEntry.voided_at.is_(None),
        AdviserEntry.adviser_id.in_([adviser.id for adviser, _ in everyone]),
    )
    entries: dict[str, list[Entry]] = {}
    for row in session.scalars(query):
        entries.setdefault(row.adviser_id, []).append(_entry(row))
    found = [
        Row(adviser, village, standing(_adviser(adviser), entries.get(adviser.id, []), day, today(now), owed))
        for adviser, village in everyone
    ]
    return sorted(found, key=lambda row: (not row.standing.behind, -row.standing.missing_minutes, row.village))


def put_adviser(
    session: Session, viewer: Viewer, adviser_id: str | None, given: Mapping[str, Any], now: float
) -> VillageAdviser:
    """Name an adviser for a village, or change them. Raises Missing `centre.missing`, `expert.missing`,
    `ledger.missing`, Forbidden `ledger.not_yours`, Invalid `ledger.date`."""
    row = session.get(VillageAdviser, adviser_id, with_for_update=True) if adviser_id else None
    if adviser_id and row is None:
        raise Missing("ledger.missing")
    centre_id = row.centre_id if row is not None else str(given["centre_id"])
    if session.get(Centre, centre_id) is None:
        raise Missing("centre.missing")
    typed.check_branch(session, viewer, centre_id)
    since, until = _day(given["since"]), _day(given["until"]) if given.get("until") else None
    if until is not None and until < since:
        raise Invalid("ledger.date", field="until")
    expert_id = given.get("expert_id") or None
    if expert_id and session.get(Expert, expert_id) is None:
        raise Missing("expert.missing")
    if row is None:
        row = VillageAdviser(id=new_id("vadv", now), centre_id=centre_id, name="", since="")
        session.add(row)
    row.name, row.firm, row.expert_id = str(given["name"]).strip(), str(given.get("firm") or "").strip(), expert_id
    row.since, row.until = since.isoformat(), until.isoformat() if until else ""
    session.flush()
    return row


def write(session: Session, viewer: Viewer, given: Mapping[str, Any], *, now: float, key: str = "") -> AdviserEntry:
    """Write a line down. The same `key` of the same person twice is written once.

    Raises what :func:`hotline.core.ledgers.advisers.check_entry` raises, Missing `ledger.missing`, Forbidden
    `ledger.not_yours`.
    """
    whose = typed.key_of(viewer, key)
    if (before := typed.written(session, AdviserEntry, whose)) is not None:
        return before
    # The adviser's row is the lock: two lines of one time cannot be written at once.
    adviser = session.get(VillageAdviser, str(given["adviser_id"]), with_for_update=True)
    if adviser is None:
        raise Missing("ledger.missing")
    typed.check_branch(session, viewer, adviser.centre_id)
    day = _day(given["date"])
    entry = Entry(adviser.id, day, given["kind"], int(given["from_minute"]), int(given["to_minute"]))
    query = select(AdviserEntry).where(
        AdviserEntry.adviser_id == adviser.id, AdviserEntry.date == day.isoformat(), AdviserEntry.voided_at.is_(None)
    )
    check_entry(entry, _adviser(adviser), [_entry(row) for row in session.scalars(query)], today(now))
    row = AdviserEntry(
        id=new_id("alog", now),
        adviser_id=adviser.id,
        centre_id=adviser.centre_id,
        date=day.isoformat(),
        kind=entry.work,
        from_minute=entry.from_minute,
        to_minute=entry.to_minute,
        topic=str(given.get("topic") or "").strip(),
        people=int(given.get("people") or 0),
        late=is_late(day, today(now)),
        by=viewer.user_id,
        created_at=now,
        key=whose,
    )
    session.add(row)
    session.flush()
    return row


def void(session: Session, viewer: Viewer, entry_id: str, reason: str, now: float) -> AdviserEntry:
    """Strike a line out, with the reason; it stays to be read. Raises Missing `ledger.missing`, Rejected `ledger.voided`."""
    return typed.strike(session, viewer, AdviserEntry, entry_id, reason, now)


def _day(text: object) -> date:
    try:
        return read_day(str(text))
    except ValueError:
        raise Invalid("ledger.date", field="date") from None


def _adviser(row: VillageAdviser) -> Adviser:
    return Adviser(row.id, _day(row.since), _day(row.until) if row.until else None)


def _entry(row: AdviserEntry) -> Entry:
    work: Any = row.kind
    return Entry(row.adviser_id, date.fromisoformat(row.date), work, row.from_minute, row.to_minute)
