"""Each call: its facts by the checks of the core, its journal, and its rows against its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.audits import Across, Broken, Limits, check_visit, read
from hotline.core.cdr import fold
from hotline.core.facts import Fact
from hotline.core.records import CallRecord
from hotline.jobs.doctor import tasks
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import (
    LAG_SECONDS,
    Journal,
    Journals,
    Live,
    call_ids,
    facts_of,
    portions,
    rows_of,
)
from hotline.store.models import Call, CallFact, Rating, Talk, Transfer, TransferThird, TransferTry
from hotline.store.repositories.calls import BY_CALL

BY_FACTS: Final = ("I1", "I2", "I3", "I4", "I8", "I9", "I10", "I11", "I12", "I13", "I15", "I16", "I20", "I24")
ACROSS: Final = ("I1", "I4", "I7", "I14")
LEG_SECONDS: Final = 40.0
"""A BYE that nobody answers is given up after 32 s (RFC 3261, timer F)."""


@dataclass(slots=True)
class Seen:
    """What later checks need of the calls."""

    live: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    """Recordings that a crash cut off."""
    recordings: set[str] = field(default_factory=set)
    """Every recording that any fact names."""
    promised: set[str] = field(default_factory=set)
    """Calls that we may make: routing speaks of them while nobody has dialled yet."""


def examine(session: Session, journals: Journals, live: Live, report: Report, limits: Limits, now: float) -> Seen:
    """Look at every call that the database or a journal knows."""
    seen, across = Seen(promised=tasks.expected_calls(session)), Across(limits)
    stored = call_ids(session)
    everything = sorted({*stored, *journals.call_ids(), ""})
    for ids in portions(everything):
        facts = facts_of(session, ids)
        rows = {call.call_id: call for call in session.scalars(select(Call).where(Call.call_id.in_(ids)))}
        parts = _Parts(session, ids)
        for call_id in ids:
            if call_id:
                _one(call_id, facts[call_id], rows.get(call_id), parts, journals, live, report, limits, now, seen, across)
            elif facts[""]:
                across.add(read(facts[""], now, limits=limits))
    for call_id in session.scalars(select(Call.call_id).where(Call.call_id.not_in(select(CallFact.call_id)))):
        report.say("I1", "row.without_facts", call_id, call_id)
    report.looked(*ACROSS, rows=len(everything))
    report.add(across.broken())
    for call_id, snapshot in live.snapshots.items():
        if call_id not in everything and now - float(snapshot.get("arrived_at") or now) > LAG_SECONDS:
            report.say("I8", "live.unrecorded", call_id, call_id)
    tasks.examine(session, live, report, now)
    report.live = len(seen.live)
    return seen


class _Parts:
    """The rows that belong to a portion of calls."""

    def __init__(self, session: Session, ids: Sequence[str]) -> None:
        self.talks = rows_of(session, Talk, ids)
        self.transfers = rows_of(session, Transfer, ids)
        self.tries = rows_of(session, TransferTry, ids)
        self.thirds = rows_of(session, TransferThird, ids)
        self.ratings = rows_of(session, Rating, ids)


def _one(
    call_id: str,
    stored: list[Fact],
    row: Call | None,
    parts: _Parts,
    journals: Journals,
    live: Live,
    report: Report,
    limits: Limits,
    now: float,
    seen: Seen,
    across: Across,
) -> None:
    opened = _journal(call_id, journals, report)
    facts = {(fact.source, fact.epoch, fact.seq): fact for fact in [*(opened.facts if opened else ()), *stored]}
    if not facts:
        return  # a journal without a whole line: the call never got its first word
    alive = live.alive(call_id, facts.values(), opened, now)
    visit = read(facts.values(), now, live=alive, limits=limits)
    if not visit.facts:
        # Only routing spoke of it: the conversation's own word must be on its way.
        if call_id not in seen.promised and not alive and now - max(fact.at for fact in facts.values()) > LAG_SECONDS:
            report.say("I8", "call.too_few_facts", call_id, call_id)
        return
    if not visit.closed and alive:
        seen.live.add(call_id)
    report.looked(*BY_FACTS)
    report.add(check_visit(visit))
    across.add(visit)
    for fact in visit.named("recording_started", "recording_ended"):
        seen.recordings.add(str(fact.data["recording_id"]))
        if fact.data.get("cut"):
            seen.cut.add(str(fact.data["recording_id"]))
    if opened is not None:
        report.looked("I21")
        report.add(_against_journal(opened, stored, visit.recovered_at is not None, now))
    if row is None:
        if stored and now - min(fact.at for fact in stored) > LAG_SECONDS and any(f.source != "routing" for f in stored):
            report.say("I1", "row.missing", call_id, call_id)
    elif stored:
        report.add(_against_rows(row, fold(stored), parts))


def _journal(call_id: str, journals: Journals, report: Report) -> Journal | None:
    try:
        return journals.read(call_id)
    except OSError:
        report.say("I21", "journal.unreadable", call_id, call_id)
        return None


def _against_journal(opened: Journal, stored: Sequence[Fact], recovered: bool, now: float) -> Iterator[Broken]:
    """I21: what was journalled is stored. I8: legs are over when the call is."""
    call_id = opened.call_id
    if opened.problem is not None and not opened.done and now - opened.changed_at > LAG_SECONDS:
        details = {"line": opened.problem.line, "kind": opened.problem.kind}
        yield Broken("I21", call_id, "journal.damaged", call_id, details)
    known = {(fact.source, fact.epoch, fact.seq) for fact in stored}
    late = [
        fact
        for fact in opened.facts
        if (fact.source, fact.epoch, fact.seq) not in known and (opened.done or now - fact.at > LAG_SECONDS)
    ]
    if late and now - opened.changed_at > LAG_SECONDS:
        yield Broken("I21", call_id, "facts.not_stored", call_id, {"missing": len(late), "first": late[0].name})
    ended = next((fact for fact in opened.facts if fact.name == "call_ended"), None)
    if ended is None or now - ended.at < LEG_SECONDS:
        return
    if not opened.done and not late and now - opened.changed_at > 2 * LAG_SECONDS:
        yield Broken("I21", call_id, "journal.stuck", call_id, {})
    if not recovered:  # of a dead conversation's legs the supervisor makes an end, and there is nobody to hear of it
        for leg, state in opened.legs.items():
            if state != "over":
                yield Broken("I8", call_id, "leg.not_over", call_id, {"leg": leg.partition(":")[0], "state": state})


_COMPARED: Final[tuple[tuple[str, str, Callable[[CallRecord], object]], ...]] = (
    ("I1", "state", lambda record: "closed" if record.closed else "live"),
    ("I2", "cause", lambda record: record.cause),
    ("I2", "ended_by", lambda record: record.ended_by),
    ("I2", "answered", lambda record: record.answered),
    ("I2", "arrived_at", lambda record: record.arrived_at),
    ("I2", "answered_at", lambda record: record.answered_at),
    ("I2", "ended_at", lambda record: record.ended_at),
    ("I11", "queued_at", lambda record: record.queued_at),
    ("I13", "agent_id", lambda record: record.agent_id),
    ("I13", "expert_id", lambda record: record.expert_id),
)


def _against_rows(row: Call, record: CallRecord, parts: _Parts) -> Iterator[Broken]:
    """I1, I2, I12, I13, I20: the rows are what the stored facts make."""
    call_id = row.call_id
    for invariant, name, wanted in _COMPARED:
        found, fact = getattr(row, name), wanted(record)
        if not _same(found, fact):
            yield Broken(invariant, call_id, "row.differs", call_id, {"field": name, "row": found, "fact": fact})
    talks = {talk.talk_id: talk for talk in parts.talks[call_id]}
    for talk in record.talks:
        its = talks.pop(talk.talk_id, None)
        for name in ("person_kind", "person_id", "started_at", "ended_at", "role"):
            found = getattr(its, name, None)
            if its is None or not _same(found, getattr(talk, name)):
                details = {"field": f"talks.{name}", "row": found, "fact": getattr(talk, name)}
                yield Broken("I13", talk.talk_id, "row.differs", call_id, details)
                break
    for talk_id in talks:
        yield Broken("I13", talk_id, "row.differs", call_id, {"field": "talks", "row": talk_id, "fact": None})
    main = [talk for talk in parts.talks[call_id] if talk.role == "main" and talk.ended_at is not None]
    lasted = sum((talk.ended_at or 0.0) - talk.started_at for talk in main)
    if abs(lasted - row.talk_seconds) > 0.01:
        yield Broken("I13", call_id, "talk.sum", call_id, {"row": row.talk_seconds, "sum": round(lasted, 3)})
    outcomes = {item.transfer_id: item.outcome for item in parts.transfers[call_id]}
    for transfer in record.transfers:
        if outcomes.get(transfer.transfer_id) != transfer.outcome:
            details = {
                "field": "transfers.outcome",
                "row": outcomes.get(transfer.transfer_id),
                "fact": transfer.outcome,
            }
            yield Broken("I12", transfer.transfer_id, "row.differs", call_id, details)
    tried = {item.try_id: item.outcome for item in parts.tries[call_id]}
    for one in record.tries:
        if tried.get(one.try_id) != one.outcome:
            details = {"field": "transfer_tries.outcome", "row": tried.get(one.try_id), "fact": one.outcome}
            yield Broken("I12", one.try_id, "row.differs", call_id, details)
    thirds = {item.try_id: (item.outcome, item.person_id) for item in parts.thirds[call_id]}
    for third in record.thirds:
        if thirds.get(third.try_id) != (third.outcome, third.person_id):
            details = {"field": "transfer_thirds", "row": str(thirds.get(third.try_id)), "fact": third.outcome}
            yield Broken("I12", third.try_id, "row.differs", call_id, details)
    given = next((item.score for item in parts.ratings[call_id]), None)
    if row.rating != given:
        yield Broken("I20", call_id, "row.differs", call_id, {"field": "rating", "row": row.rating, "fact": given})
    yield from _rating(row, record, parts)


def _rating(row: Call, record: CallRecord, parts: _Parts) -> Iterator[Broken]:
    """I20: what the caller was thanked for is stored, for the person of that talk, and nothing else is."""
    # One that came later, by telephone, is told by the facts of that call; of its person is looked to below.
    stored = [
        (item.talk_id, item.person_kind, item.person_id, item.score)
        for item in parts.ratings[row.call_id]
        if item.method != BY_CALL
    ]
    rating = None if record.of_call else record.rating
    wanted = [(rating.talk_id, rating.person_kind, rating.person_id, rating.score)] if rating else []
    if stored != wanted:
        yield Broken("I20", row.call_id, "rating.not_stored", row.call_id, {})
    for item in parts.ratings[row.call_id]:
        talk = next((talk for talk in parts.talks[row.call_id] if talk.talk_id == item.talk_id), None)
        if talk is None or (talk.person_kind, talk.person_id) != (item.person_kind, item.person_id):
            yield Broken("I20", item.talk_id, "rating.other_person", row.call_id, {})


def _same(found: object, wanted: object) -> bool:
    if isinstance(found, float) and isinstance(wanted, float):
        return abs(found - wanted) < 0.001
    return found == wanted
