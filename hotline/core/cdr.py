"""A call's record, folded from its facts by a table of small pure functions.

`fold(facts)` may be called with the facts in any order, doubled, and at any moment of the call: they are sorted
first, and the same facts always give the same record. Facts of a higher epoch (written by the pool supervisor after
the death of the conversation) come after those of a lower one. Times never run backwards within a record, even when
the clock did.

Attribution (invariant I13): each second belongs to one person, that of the main talk; consultations and conferences with a
third person are talks of their own beside it. When an expert is heard, the
agent's talk is over, whatever the order in which the two facts were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.facts import Fact
from hotline.core.queues import priority_of
from hotline.core.records import (
    CallRecord,
    MessageRecord,
    RatingRecord,
    RecordingRecord,
    TalkRecord,
    ThirdRecord,
    TransferRecord,
    TryRecord,
)

ROUTING: Final = "routing"
"""The source whose facts are not the conversation's: they count by themselves and never move a call."""
NOT_RECORDED: Final = "not_recorded"
"""Reason of a talk that ended with neither a recording nor a word about one."""


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


# The caller's visit


def _arrived(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    return replace(
        record,
        arrived_at=fact.at,
        direction=_text(data.get("direction")) or "inbound",
        task_id=_text(data.get("task_id")) or None,
        task_kind=_text(data.get("kind")),
        of_call=_text(data.get("of_call")),
        trunk=_text(data["trunk"]),
        called=_text(data["called"]),
        caller_enc=_text(data["caller_enc"]),
        caller_masked=_text(data["caller_masked"]),
        caller_hash=_text(data["caller_hash"]),
        region_hint=_text(data["region_hint"]),
        flow=_text(data["flow"]),
        flow_version=_text(data["flow_version"]),
        worker=_text(data["worker"]),
    )


def _answered(record: CallRecord, fact: Fact) -> CallRecord:
    return record if record.answered_at is not None else replace(record, answered_at=fact.at, answered=True, phase="ivr")


def _caller_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, dialled_at=fact.at)


def _caller_failed(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, dial_status=_text(fact.data["dial_status"]), dial_code=_whole(fact.data["sip_code"]))


def _queue_entered(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(
        record,
        queue=_text(fact.data["queue"]),
        priority=_whole(fact.data["priority"], 3),
        language=_text(fact.data["language"]),
        queued_at=record.queued_at if record.queued_at is not None else fact.at,
        phase="queue",
    )


def _priority_changed(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, priority=_class_of(fact.data["priority"]))


def _pinned(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, priority=0)


def _class_of(value: object) -> int:
    """0 (`P0`, danger to life) to 3 (ordinary) from routing's rank 0-9 or a class of the rules."""
    rank = priority_of(value)
    return 0 if rank >= 9 else 1 if rank >= 6 else 2 if rank >= 3 else 3


def _ended(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    return replace(
        record,
        ended_at=fact.at,
        cause=_text(data["cause"]),
        ended_by=_text(data["ended_by"]),
        phase=_text(data["phase"]),
        sip_code=_whole(data["sip_code"]),
        answered=bool(data["answered"]),
    )


# The desk


def _agent_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, phase="agent_ringing")


def _agent_failed(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, phase="queue")


def _agent_connected(record: CallRecord, fact: Fact) -> CallRecord:
    first = record.agent_connected_at if record.agent_connected_at is not None else fact.at
    return replace(_talk_started(record, fact, "agent", "agent_id"), agent_connected_at=first, phase="agent_talk")


def _agent_left(record: CallRecord, fact: Fact) -> CallRecord:
    return _talk_ended(record, fact)


def _hold_started(record: CallRecord, fact: Fact) -> CallRecord:
    return record if record.hold_since is not None else replace(record, hold_since=fact.at, phase="hold")


def _hold_ended(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(_hold_over(record, fact.at), phase="agent_talk")


# Experts


def _transfer_started(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    transfer = TransferRecord(
        _text(data["transfer_id"]),
        _text(data["agent_id"]),
        fact.at,
        kind=_text(data.get("kind") or "auto"),
        target=_text(data.get("target") or "expert"),
    )
    return replace(record, transfers=_put(record.transfers, transfer, "transfer_id"), phase="transfer")


def _expert_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return _try(record, fact)


def _expert_ringing(record: CallRecord, fact: Fact) -> CallRecord:
    return _try(record, fact, ringing_at=fact.at)


def _expert_answered(record: CallRecord, fact: Fact) -> CallRecord:
    return _try(record, fact, answered_at=fact.at)


def _expert_tried(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    return _try(
        record,
        fact,
        ended_at=fact.at,
        outcome=_text(data["outcome"]),
        sip_code=_whole(data["sip_code"]),
        seconds=_number(data["seconds"]),
    )


def _expert_refusal_reason(record: CallRecord, fact: Fact) -> CallRecord:
    return _try(record, fact, refusal=_text(fact.data["reason"]))


def _expert_connected(record: CallRecord, fact: Fact) -> CallRecord:
    record = _hold_over(_try(record, fact, talk_id=_text(fact.data["talk_id"])), fact.at)
    record = _transfer(record, fact, third_kind="expert", third_id=_text(fact.data["expert_id"]))
    return replace(_talk_started(record, fact, "expert", "expert_id"), phase="expert_talk")


def _expert_left(record: CallRecord, fact: Fact) -> CallRecord:
    return _talk_ended(record, fact)


def _transfer_ended(record: CallRecord, fact: Fact) -> CallRecord:
    wanted = _text(fact.data["transfer_id"])
    transfers = tuple(
        replace(item, ended_at=fact.at, outcome=_text(fact.data["outcome"])) if item.transfer_id == wanted else item
        for item in record.transfers
    )
    talking = any(talk.ended_at is None and talk.person_kind == "agent" for talk in record.main_talks)
    return replace(record, transfers=transfers, phase="agent_talk" if talking else record.phase)


def _transfer_refused(record: CallRecord, fact: Fact) -> CallRecord:
    wanted, reason = _text(fact.data["transfer_id"]), _text(fact.data["reason"])
    if any(item.transfer_id == wanted for item in record.transfers):
        transfers = tuple(replace(item, reason=reason) if item.transfer_id == wanted else item for item in record.transfers)
    else:
        # Refused before it began: the conversation never heard of it.
        refused = TransferRecord(wanted, _text(fact.data["agent_id"]), fact.at, fact.at, "refused", reason)
        transfers = (*record.transfers, refused)
    return replace(record, transfers=transfers)


# The third person of a transfer


def _transfer_moved(record: CallRecord, fact: Fact) -> CallRecord:
    stage = _text(fact.data["stage"])
    moved = _transfer(record, fact, stage=stage)
    return replace(moved, phase="conference" if stage == "three" else "transfer")


def _third_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return _third(record, fact)


def _third_ringing(record: CallRecord, fact: Fact) -> CallRecord:
    return _third(record, fact, ringing_at=fact.at)


def _third_tried(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    outcome = _text(data["outcome"])
    changes = {"outcome": outcome, "sip_code": _whole(data["sip_code"]), "seconds": _number(data["seconds"])}
    if outcome != "answered":
        return _third(record, fact, ended_at=fact.at, **changes)
    record = _transfer(record, fact, third_kind=_text(data["person_kind"]), third_id=_text(data["person_id"]))
    return _third(record, fact, answered_at=fact.at, **changes)


def _third_left(record: CallRecord, fact: Fact) -> CallRecord:
    if fact.data["person_kind"] == "expert":  # whose record is the try
        return record
    return _third(record, fact, left_at=fact.at, ended_at=fact.at)


def _side_talk_started(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    talk = TalkRecord(
        _text(data["talk_id"]), _text(data["person_kind"]), _text(data["person_id"]), fact.at, role=_text(data["role"])
    )
    record = _transfer(record, fact, third_kind=talk.person_kind, third_id=talk.person_id)
    return replace(record, talks=_put(record.talks, talk, "talk_id"))


def _side_talk_ended(record: CallRecord, fact: Fact) -> CallRecord:
    return _talk_ended_row(record, _text(fact.data["talk_id"]), fact.at, "")


def _party_connected(record: CallRecord, fact: Fact) -> CallRecord:
    record = _hold_over(_transfer(record, fact, third_kind="party", third_id=_text(fact.data["party_id"])), fact.at)
    return replace(_talk_started(record, fact, "party", "party_id"), phase="party_talk")


def _party_left(record: CallRecord, fact: Fact) -> CallRecord:
    thirds = tuple(
        replace(item, left_at=fact.at, ended_at=fact.at)
        if item.person_kind == "party" and item.person_id == fact.data["party_id"] and item.ended_at is None
        else item
        for item in record.thirds
    )
    return replace(_talk_ended(record, fact), thirds=thirds)


# Recording


def _recording_started(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    recording = RecordingRecord(
        _text(data["recording_id"]),
        _text(data["talk_id"]),
        _text(data["person_kind"]),
        _text(data["person_id"]),
        fact.at,
    )
    return replace(record, recordings=_put(record.recordings, recording, "talk_id"))


def _recording_ended(record: CallRecord, fact: Fact) -> CallRecord:
    talk_id, seconds = _text(fact.data["talk_id"]), _number(fact.data["seconds"])
    recordings = tuple(
        replace(item, ended_at=fact.at, seconds=seconds, state="captured")
        if item.talk_id == talk_id and item.state == "capturing"
        else item
        for item in record.recordings
    )
    return replace(record, recordings=recordings)


def _recording_failed(record: CallRecord, fact: Fact) -> CallRecord:
    talk_id, reason = _text(fact.data["talk_id"]), _text(fact.data["reason"])
    known = next((item for item in record.recordings if item.talk_id == talk_id), None)
    failed = known if known is not None else _none_recorded(record, talk_id, fact.at)
    failed = replace(failed, ended_at=fact.at, state="failed", reason=reason)
    return replace(record, recordings=_put(record.recordings, failed, "talk_id"))


# Hours, and the voice message


def _hours_checked(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, hours=_text(fact.data["state"]))


def _message_started(record: CallRecord, fact: Fact) -> CallRecord:
    message = MessageRecord(_text(fact.data["message_id"]), _text(fact.data["recording_id"]), fact.at)
    return replace(record, messages=_put(record.messages, message, "message_id"), phase="message")


def _message_ended(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    wanted = _text(data["message_id"])
    changes: dict[str, Any] = {
        "ended_at": fact.at,
        "outcome": _text(data["outcome"]),
        "ended_by": _text(data["ended_by"]),
        "seconds": _number(data["seconds"]),
    }
    messages = tuple(replace(item, **changes) if item.message_id == wanted else item for item in record.messages)
    return replace(record, messages=messages, phase="goodbye")


# Rating


def _rating_offered(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, phase="rating")


def _rated(record: CallRecord, fact: Fact) -> CallRecord:
    if record.rating is not None:  # one rating a call (I20): the first counts
        return record
    data = fact.data
    rating = RatingRecord(
        _text(data["talk_id"]),
        _text(data["person_kind"]),
        _text(data["person_id"]),
        _whole(data["score"]),
        _text(data["method"]),
        fact.at,
    )
    return replace(record, rating=rating, rating_outcome="rated")


def _rating_ended(record: CallRecord, fact: Fact) -> CallRecord:
    if record.rating is not None:
        return replace(record, phase="goodbye")
    return replace(record, rating_outcome=_text(fact.data["outcome"]), phase="goodbye")


HANDLERS: Final[Mapping[str, Callable[[CallRecord, Fact], CallRecord]]] = MappingProxyType(
    {
        "call_arrived": _arrived,
        "call_answered": _answered,
        "caller_dialled": _caller_dialled,
        "caller_failed": _caller_failed,
        "queue_entered": _queue_entered,
        "agent_dialled": _agent_dialled,
        "agent_failed": _agent_failed,
        "agent_connected": _agent_connected,
        "agent_left": _agent_left,
        "hold_started": _hold_started,
        "hold_ended": _hold_ended,
        "transfer_started": _transfer_started,
        "expert_dialled": _expert_dialled,
        "expert_ringing": _expert_ringing,
        "expert_answered": _expert_answered,
        "expert_tried": _expert_tried,
        "expert_refusal_reason": _expert_refusal_reason,
        "expert_connected": _expert_connected,
        "expert_left": _expert_left,
        "transfer_ended": _transfer_ended,
        "transfer_refused": _transfer_refused,
        "transfer_moved": _transfer_moved,
        "third_dialled": _third_dialled,
        "third_ringing": _third_ringing,
        "third_tried": _third_tried,
        "third_left": _third_left,
        "side_talk_started": _side_talk_started,
        "side_talk_ended": _side_talk_ended,
        "party_connected": _party_connected,
        "party_left": _party_left,
        "recording_started": _recording_started,
        "recording_ended": _recording_ended,
        "recording_failed": _recording_failed,
        "hours_checked": _hours_checked,
        "message_started": _message_started,
        "message_ended": _message_ended,
        "rating_offered": _rating_offered,
        "rated": _rated,
        "rating_ended": _rating_ended,
        "priority_changed": _priority_changed,
        "call_pinned": _pinned,
        "call_ended": _ended,
    }
)
"""What each fact does to the record. Facts without a row (prompts, positions, offers) are kept, and change nothing
here."""

_FROM_ROUTING: Final = frozenset({"transfer_refused"})


# The pieces that several rows share


def _talk_started(record: CallRecord, fact: Fact, kind: str, key: str) -> CallRecord:
    talk = TalkRecord(_text(fact.data["talk_id"]), kind, _text(fact.data[key]), fact.at)
    if any(item.talk_id == talk.talk_id for item in record.talks):
        return record
    before = tuple(
        replace(item, ended_at=fact.at, ended_by="transfer" if item.role == "main" else "") if item.ended_at is None else item
        for item in record.talks
    )
    return replace(record, talks=(*before, talk))


def _talk_ended(record: CallRecord, fact: Fact) -> CallRecord:
    ended = _talk_ended_row(record, _text(fact.data["talk_id"]), fact.at, _text(fact.data["ended_by"]))
    return _hold_over(ended, fact.at)


def _talk_ended_row(record: CallRecord, talk_id: str, at: float, ended_by: str) -> CallRecord:
    talks = tuple(
        replace(item, ended_at=at, ended_by=ended_by) if item.talk_id == talk_id and item.ended_at is None else item
        for item in record.talks
    )
    return replace(record, talks=talks)


def _transfer(record: CallRecord, fact: Fact, **changes: Any) -> CallRecord:
    wanted = _text(fact.data["transfer_id"])
    transfers = tuple(replace(item, **changes) if item.transfer_id == wanted else item for item in record.transfers)
    return replace(record, transfers=transfers)


def _third(record: CallRecord, fact: Fact, **changes: Any) -> CallRecord:
    """Change what is known of a dialled colleague or hotline, making it when an earlier fact about it was lost."""
    data = fact.data
    try_id = _text(data["try_id"])
    known = next((item for item in record.thirds if item.try_id == try_id), None)
    if known is None:
        kind, person = _text(data["person_kind"]), _text(data["person_id"])
        known = ThirdRecord(try_id, _text(data["transfer_id"]), kind, person, fact.at)
    return replace(record, thirds=_put(record.thirds, replace(known, **changes), "try_id"))


def _hold_over(record: CallRecord, at: float) -> CallRecord:
    if record.hold_since is None:
        return record
    return replace(record, hold_since=None, hold_seconds=record.hold_seconds + at - record.hold_since)


def _try(record: CallRecord, fact: Fact, **changes: Any) -> CallRecord:
    """Change one try, making it when an earlier fact about it was lost."""
    try_id = _text(fact.data["try_id"])
    known = next((item for item in record.tries if item.try_id == try_id), None)
    if known is None:
        known = TryRecord(try_id, _text(fact.data["transfer_id"]), _text(fact.data["expert_id"]), fact.at)
    return replace(record, tries=_put(record.tries, replace(known, **changes), "try_id"))


def _closing(record: CallRecord) -> CallRecord:
    """A closed record leaves nothing open: what nobody reported as ended, ended with the call."""
    at = record.ended_at if record.ended_at is not None else record.last_at
    by = "system" if record.cause == "system_failure" else record.ended_by
    record = _hold_over(record, at)
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
        replace(_none_recorded(record, talk.talk_id, talk.started_at), ended_at=talk.ended_at, state="failed")
        for talk in talks
        if talk.talk_id not in recorded
    )
    asked = record.rating_outcome or ("not_offered" if talks else "")
    return replace(record, recordings=(*record.recordings, *silent), rating_outcome=asked)


def _none_recorded(record: CallRecord, talk_id: str, at: float) -> RecordingRecord:
    talk = next((item for item in record.talks if item.talk_id == talk_id), None)
    kind, person = (talk.person_kind, talk.person_id) if talk else ("", "")
    return RecordingRecord(f"none_{talk_id}", talk_id, kind, person, at, reason=NOT_RECORDED)


def _put(items: tuple[Any, ...], item: Any, key: str) -> tuple[Any, ...]:
    """Replace the item with the same key in its place, or add it at the end."""
    wanted = getattr(item, key)
    if any(getattr(other, key) == wanted for other in items):
        return tuple(item if getattr(other, key) == wanted else other for other in items)
    return (*items, item)


# Journals survive versions of the program: a value of an odd type must not stop the archiver.


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _whole(value: object, otherwise: int = 0) -> int:
    return int(value) if isinstance(value, int | float) else otherwise
