"""Recordings of talks, and voice messages."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.cdr.pieces import Handlers, none_recorded, number, put, text
from hotline.core.facts import Fact
from hotline.core.records import CallRecord, MessageRecord, RecordingRecord


def _recording_started(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    recording = RecordingRecord(
        text(data["recording_id"]),
        text(data["talk_id"]),
        text(data["person_kind"]),
        text(data["person_id"]),
        fact.at,
    )
    return replace(record, recordings=put(record.recordings, recording, "talk_id"))


def _recording_ended(record: CallRecord, fact: Fact) -> CallRecord:
    talk_id, seconds = text(fact.data["talk_id"]), number(fact.data["seconds"])
    recordings = tuple(
        replace(item, ended_at=fact.at, seconds=seconds, state="captured")
        if item.talk_id == talk_id and item.state == "capturing"
        else item
        for item in record.recordings
    )
    return replace(record, recordings=recordings)


def _recording_failed(record: CallRecord, fact: Fact) -> CallRecord:
    talk_id, reason = text(fact.data["talk_id"]), text(fact.data["reason"])
    known = next((item for item in record.recordings if item.talk_id == talk_id), None)
    failed = known if known is not None else none_recorded(record, talk_id, fact.at)
    failed = replace(failed, ended_at=fact.at, state="failed", reason=reason)
    return replace(record, recordings=put(record.recordings, failed, "talk_id"))


def _message_started(record: CallRecord, fact: Fact) -> CallRecord:
    message = MessageRecord(text(fact.data["message_id"]), text(fact.data["recording_id"]), fact.at)
    return replace(record, messages=put(record.messages, message, "message_id"), phase="message")


def _message_ended(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    wanted = text(data["message_id"])
    changes: dict[str, Any] = {
        "ended_at": fact.at,
        "outcome": text(data["outcome"]),
        "ended_by": text(data["ended_by"]),
        "seconds": number(data["seconds"]),
    }
    messages = tuple(replace(item, **changes) if item.message_id == wanted else item for item in record.messages)
    return replace(record, messages=messages, phase="goodbye")


HANDLERS: Final[Handlers] = MappingProxyType(
    {
        "recording_started": _recording_started,
        "recording_ended": _recording_ended,
        "recording_failed": _recording_failed,
        "message_started": _message_started,
        "message_ended": _message_ended,
    }
)
"""Fact → what it does to the record."""
