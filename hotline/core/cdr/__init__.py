"""A call's record, folded from its facts by a table of small pure functions.

`fold(facts)` may be called with the facts in any order, doubled, and at any moment of the call: they are sorted
first, and the same facts always give the same record. Facts of a higher epoch (written by the pool supervisor after
the death of the conversation) come after those of a lower one. Times never run backwards within a record, even when
the clock did.

Attribution (invariant I13): each second belongs to one person, that of the main talk; consultations and conferences with a
third person are talks of their own beside it. When an expert is heard, the
agent's talk is over, whatever the order in which the two facts were written.

* `caller.py`, `desk.py`, `transfers.py`, `recordings.py`: what each fact does, a table each; `pieces.py`: what they share
* here: the order of the facts, and what a closed record leaves
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.cdr import caller, desk, recordings, transfers
from hotline.core.cdr.pieces import NOT_RECORDED, Handlers, hold_over, none_recorded
from hotline.core.facts import Fact
from hotline.core.records import CallRecord

__all__ = ["HANDLERS", "NOT_RECORDED", "ROUTING", "fold", "step"]

ROUTING: Final = "routing"
"""The source whose facts are not the conversation's: they count by themselves and never move a call."""
HANDLERS: Final[Handlers] = MappingProxyType({**caller.HANDLERS, **desk.HANDLERS, **transfers.HANDLERS, **recordings.HANDLERS})
"""What each fact does to the record. Facts without a row (prompts, positions, offers) are kept, and change nothing
here."""
_FROM_ROUTING: Final = frozenset({"transfer_refused"})


def fold(facts: Iterable[Fact]) -> CallRecord:
    """The record that these facts of one call make. Raises ValueError when there are none, or of two calls."""
    unique = {(fact.call_id, fact.source, fact.epoch, fact.seq): fact for fact in facts}
    # Routing's facts last: what it says of a transfer adds to what the conversation knows, never the other way round.
    ordered = sorted(unique.values(), key=lambda fact: (fact.source == ROUTING, fact.epoch, fact.seq, fact.source))
    if len({fact.call_id for fact in ordered}) != 1:
        raise ValueError("fold wants the facts of exactly one call")
    record = CallRecord(call_id=ordered[0].call_id)
    for fact in ordered:
        record = step(record, fact)
    return _closing(record) if record.closed else record


def step(record: CallRecord, fact: Fact) -> CallRecord:
    """One fact added. A name without a row in the table changes nothing; after the end only recordings may still
    move."""
    handler = HANDLERS.get(fact.name)
    if fact.source == ROUTING:
        return handler(record, fact) if handler is not None and fact.name in _FROM_ROUTING else record
    if not record.known:
        record = replace(record, known=True, arrived_at=fact.at, last_at=fact.at)
    at = max(fact.at, record.last_at)
    record = replace(record, last_at=at)
    if handler is None or (record.closed and not fact.name.startswith("recording_")):
        return record
    return handler(record, replace(fact, at=at))


def _closing(record: CallRecord) -> CallRecord:
    """A closed record leaves nothing open: what nobody reported as ended, ended with the call."""
    at = record.ended_at if record.ended_at is not None else record.last_at
    by = "system" if record.cause == "system_failure" else record.ended_by
    record = hold_over(record, at)
    talks = tuple(
        replace(talk, ended_at=at, ended_by=by if talk.role == "main" else "") if talk.ended_at is None else talk
        for talk in record.talks
    )
    record = replace(
        record,
        talks=talks,
        transfers=tuple(
            replace(item, ended_at=at, outcome="cancelled") if item.ended_at is None else item for item in record.transfers
        ),
        tries=tuple(
            replace(item, ended_at=at, outcome=item.outcome or "cancelled") if item.ended_at is None else item
            for item in record.tries
        ),
        thirds=tuple(
            replace(item, ended_at=at, outcome=item.outcome or "cancelled") if item.ended_at is None else item
            for item in record.thirds
        ),
        messages=tuple(
            replace(item, ended_at=at, outcome="recorded", ended_by=by) if item.ended_at is None else item
            for item in record.messages
        ),
        # Its length is taken from the file when it is sealed.
        recordings=tuple(
            replace(item, ended_at=at, state="captured") if item.state == "capturing" else item for item in record.recordings
        ),
    )
    recorded = {item.talk_id for item in record.recordings}
    silent = tuple(
        replace(none_recorded(record, talk.talk_id, talk.started_at), ended_at=talk.ended_at, state="failed")
        for talk in talks
        if talk.talk_id not in recorded
    )
    asked = record.rating_outcome or ("not_offered" if talks else "")
    return replace(record, recordings=(*record.recordings, *silent), rating_outcome=asked)
