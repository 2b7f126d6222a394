"""What the tables share: a talk, a try or a transfer changed; values of odd types. Journals survive versions of the program: a
value of an odd type must not stop the archiver.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from hotline.core.facts import Fact
from hotline.core.records import CallRecord, RecordingRecord, TalkRecord, ThirdRecord, TryRecord

Handlers = Mapping[str, Callable[[CallRecord, Fact], CallRecord]]
NOT_RECORDED: Final = "not_recorded"
"""Reason of a talk that ended with neither a recording nor a word about one."""


def talk_started(record: CallRecord, fact: Fact, kind: str, key: str) -> CallRecord:
    """A new main talk; whoever talked before has handed the caller on."""
    talk = TalkRecord(text(fact.data["talk_id"]), kind, text(fact.data[key]), fact.at)
    if any(item.talk_id == talk.talk_id for item in record.talks):
        return record
    before = tuple(
        replace(item, ended_at=fact.at, ended_by="transfer" if item.role == "main" else "") if item.ended_at is None else item
        for item in record.talks
    )
    return replace(record, talks=(*before, talk))


def talk_ended(record: CallRecord, fact: Fact) -> CallRecord:
    """The talk that the fact names is over, and with it the hold."""
    ended = talk_row_ended(record, text(fact.data["talk_id"]), fact.at, text(fact.data["ended_by"]))
    return hold_over(ended, fact.at)


def talk_row_ended(record: CallRecord, talk_id: str, at: float, ended_by: str) -> CallRecord:
    """The same talk with its end, where it has none yet. `at`: Unix seconds."""
    talks = tuple(
        replace(item, ended_at=at, ended_by=ended_by) if item.talk_id == talk_id and item.ended_at is None else item
        for item in record.talks
    )
    return replace(record, talks=talks)


def transfer_changed(record: CallRecord, fact: Fact, **changes: Any) -> CallRecord:
    """Change what is known of the transfer that the fact names."""
    wanted = text(fact.data["transfer_id"])
    transfers = tuple(replace(item, **changes) if item.transfer_id == wanted else item for item in record.transfers)
    return replace(record, transfers=transfers)


def third_changed(record: CallRecord, fact: Fact, **changes: Any) -> CallRecord:
    """Change what is known of a dialled colleague or hotline, making it when an earlier fact about it was lost."""
    data = fact.data
    try_id = text(data["try_id"])
    known = next((item for item in record.thirds if item.try_id == try_id), None)
    if known is None:
        kind, person = text(data["person_kind"]), text(data["person_id"])
        known = ThirdRecord(try_id, text(data["transfer_id"]), kind, person, fact.at)
    return replace(record, thirds=put(record.thirds, replace(known, **changes), "try_id"))


def try_changed(record: CallRecord, fact: Fact, **changes: Any) -> CallRecord:
    """Change one try, making it when an earlier fact about it was lost."""
    try_id = text(fact.data["try_id"])
    known = next((item for item in record.tries if item.try_id == try_id), None)
    if known is None:
        known = TryRecord(try_id, text(fact.data["transfer_id"]), text(fact.data["expert_id"]), fact.at)
    return replace(record, tries=put(record.tries, replace(known, **changes), "try_id"))


def hold_over(record: CallRecord, at: float) -> CallRecord:
    """The caller is not on hold any more; `at`: Unix seconds."""
    if record.hold_since is None:
        return record
    return replace(record, hold_since=None, hold_seconds=record.hold_seconds + at - record.hold_since)


def none_recorded(record: CallRecord, talk_id: str, at: float) -> RecordingRecord:
    """Stands for the recording of a talk that has none."""
    talk = next((item for item in record.talks if item.talk_id == talk_id), None)
    kind, person = (talk.person_kind, talk.person_id) if talk else ("", "")
    return RecordingRecord(f"none_{talk_id}", talk_id, kind, person, at, reason=NOT_RECORDED)


def put(items: tuple[Any, ...], item: Any, key: str) -> tuple[Any, ...]:
    """Replace the item with the same key in its place, or add it at the end."""
    wanted = getattr(item, key)
    if any(getattr(other, key) == wanted for other in items):
        return tuple(item if getattr(other, key) == wanted else other for other in items)
    return (*items, item)


def text(value: object) -> str:
    """A text whatever it was; `` for nothing."""
    return "" if value is None else str(value)


def number(value: object) -> float:
    """A number; 0 for what is none."""
    return float(value) if isinstance(value, int | float) else 0.0


def whole(value: object, otherwise: int = 0) -> int:
    """A whole number; `otherwise` for what is none."""
    return int(value) if isinstance(value, int | float) else otherwise
