"""The caller's visit: how it came, what it waited for, how it was rated, and how it ended."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.cdr.pieces import Handlers, text, whole
from hotline.core.facts import Fact
from hotline.core.queues import priority_of
from hotline.core.records import CallRecord, RatingRecord


def _arrived(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    return replace(
        record,
        arrived_at=fact.at,
        direction=text(data.get("direction")) or "inbound",
        task_id=text(data.get("task_id")) or None,
        task_kind=text(data.get("kind")),
        of_call=text(data.get("of_call")),
        trunk=text(data["trunk"]),
        called=text(data["called"]),
        caller_enc=text(data["caller_enc"]),
        caller_masked=text(data["caller_masked"]),
        caller_hash=text(data["caller_hash"]),
        region_hint=text(data["region_hint"]),
        flow=text(data["flow"]),
        flow_version=text(data["flow_version"]),
        worker=text(data["worker"]),
    )


def _answered(record: CallRecord, fact: Fact) -> CallRecord:
    return record if record.answered_at is not None else replace(record, answered_at=fact.at, answered=True, phase="ivr")


def _caller_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, dialled_at=fact.at)


def _caller_failed(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, dial_status=text(fact.data["dial_status"]), dial_code=whole(fact.data["sip_code"]))


def _hours_checked(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, hours=text(fact.data["state"]))


def _queue_entered(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(
        record,
        queue=text(fact.data["queue"]),
        priority=whole(fact.data["priority"], 3),
        language=text(fact.data["language"]),
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


def _rating_offered(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, phase="rating")


def _rated(record: CallRecord, fact: Fact) -> CallRecord:
    if record.rating is not None:  # one rating a call (I20): the first counts
        return record
    data = fact.data
    rating = RatingRecord(
        text(data["talk_id"]),
        text(data["person_kind"]),
        text(data["person_id"]),
        whole(data["score"]),
        text(data["method"]),
        fact.at,
    )
    return replace(record, rating=rating, rating_outcome="rated")


def _rating_ended(record: CallRecord, fact: Fact) -> CallRecord:
    if record.rating is not None:
        return replace(record, phase="goodbye")
    return replace(record, rating_outcome=text(fact.data["outcome"]), phase="goodbye")


def _ended(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    return replace(
        record,
        ended_at=fact.at,
        cause=text(data["cause"]),
        ended_by=text(data["ended_by"]),
        phase=text(data["phase"]),
        sip_code=whole(data["sip_code"]),
        answered=bool(data["answered"]),
    )


HANDLERS: Final[Handlers] = MappingProxyType(
    {
        "call_arrived": _arrived,
        "call_answered": _answered,
        "caller_dialled": _caller_dialled,
        "caller_failed": _caller_failed,
        "queue_entered": _queue_entered,
        "hours_checked": _hours_checked,
        "rating_offered": _rating_offered,
        "rated": _rated,
        "rating_ended": _rating_ended,
        "priority_changed": _priority_changed,
        "call_pinned": _pinned,
        "call_ended": _ended,
    }
)
"""Fact → what it does to the record."""
