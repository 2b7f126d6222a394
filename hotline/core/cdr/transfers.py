"""Transfers: experts who are tried, and the third person (a colleague, another hotline) who joins."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.cdr.pieces import (
    Handlers,
    hold_over,
    number,
    put,
    talk_ended,
    talk_row_ended,
    talk_started,
    text,
    third_changed,
    transfer_changed,
    try_changed,
    whole,
)
from hotline.core.facts import Fact
from hotline.core.records import CallRecord, TalkRecord, TransferRecord


def _transfer_started(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    transfer = TransferRecord(
        text(data["transfer_id"]),
        text(data["agent_id"]),
        fact.at,
        kind=text(data.get("kind") or "auto"),
        target=text(data.get("target") or "expert"),
    )
    return replace(record, transfers=put(record.transfers, transfer, "transfer_id"), phase="transfer")


def _transfer_moved(record: CallRecord, fact: Fact) -> CallRecord:
    stage = text(fact.data["stage"])
    moved = transfer_changed(record, fact, stage=stage)
    return replace(moved, phase="conference" if stage == "three" else "transfer")


def _transfer_ended(record: CallRecord, fact: Fact) -> CallRecord:
    wanted = text(fact.data["transfer_id"])
    transfers = tuple(
        replace(item, ended_at=fact.at, outcome=text(fact.data["outcome"])) if item.transfer_id == wanted else item
        for item in record.transfers
    )
    talking = any(talk.ended_at is None and talk.person_kind == "agent" for talk in record.main_talks)
    return replace(record, transfers=transfers, phase="agent_talk" if talking else record.phase)


def _transfer_refused(record: CallRecord, fact: Fact) -> CallRecord:
    wanted, reason = text(fact.data["transfer_id"]), text(fact.data["reason"])
    if any(item.transfer_id == wanted for item in record.transfers):
        transfers = tuple(replace(item, reason=reason) if item.transfer_id == wanted else item for item in record.transfers)
    else:
        # Refused before it began: the conversation never heard of it.
        refused = TransferRecord(wanted, text(fact.data["agent_id"]), fact.at, fact.at, "refused", reason)
        transfers = (*record.transfers, refused)
    return replace(record, transfers=transfers)


def _expert_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return try_changed(record, fact)


def _expert_ringing(record: CallRecord, fact: Fact) -> CallRecord:
    return try_changed(record, fact, ringing_at=fact.at)


def _expert_answered(record: CallRecord, fact: Fact) -> CallRecord:
    return try_changed(record, fact, answered_at=fact.at)


def _expert_tried(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    return try_changed(
        record,
        fact,
        ended_at=fact.at,
        outcome=text(data["outcome"]),
        sip_code=whole(data["sip_code"]),
        seconds=number(data["seconds"]),
    )


def _expert_refusal_reason(record: CallRecord, fact: Fact) -> CallRecord:
    return try_changed(record, fact, refusal=text(fact.data["reason"]))


def _expert_connected(record: CallRecord, fact: Fact) -> CallRecord:
    record = hold_over(try_changed(record, fact, talk_id=text(fact.data["talk_id"])), fact.at)
    record = transfer_changed(record, fact, third_kind="expert", third_id=text(fact.data["expert_id"]))
    return replace(talk_started(record, fact, "expert", "expert_id"), phase="expert_talk")


def _expert_left(record: CallRecord, fact: Fact) -> CallRecord:
    return talk_ended(record, fact)


def _third_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return third_changed(record, fact)


def _third_ringing(record: CallRecord, fact: Fact) -> CallRecord:
    return third_changed(record, fact, ringing_at=fact.at)


def _third_tried(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    outcome = text(data["outcome"])
    changes = {"outcome": outcome, "sip_code": whole(data["sip_code"]), "seconds": number(data["seconds"])}
    if outcome != "answered":
        return third_changed(record, fact, ended_at=fact.at, **changes)
    record = transfer_changed(record, fact, third_kind=text(data["person_kind"]), third_id=text(data["person_id"]))
    return third_changed(record, fact, answered_at=fact.at, **changes)


def _third_left(record: CallRecord, fact: Fact) -> CallRecord:
    if fact.data["person_kind"] == "expert":  # whose record is the try
        return record
    return third_changed(record, fact, left_at=fact.at, ended_at=fact.at)


def _side_talk_started(record: CallRecord, fact: Fact) -> CallRecord:
    data = fact.data
    talk = TalkRecord(
        text(data["talk_id"]), text(data["person_kind"]), text(data["person_id"]), fact.at, role=text(data["role"])
    )
    record = transfer_changed(record, fact, third_kind=talk.person_kind, third_id=talk.person_id)
    return replace(record, talks=put(record.talks, talk, "talk_id"))


def _side_talk_ended(record: CallRecord, fact: Fact) -> CallRecord:
    return talk_row_ended(record, text(fact.data["talk_id"]), fact.at, "")


def _party_connected(record: CallRecord, fact: Fact) -> CallRecord:
    record = hold_over(transfer_changed(record, fact, third_kind="party", third_id=text(fact.data["party_id"])), fact.at)
    return replace(talk_started(record, fact, "party", "party_id"), phase="party_talk")


def _party_left(record: CallRecord, fact: Fact) -> CallRecord:
    thirds = tuple(
        replace(item, left_at=fact.at, ended_at=fact.at)
        if item.person_kind == "party" and item.person_id == fact.data["party_id"] and item.ended_at is None
        else item
        for item in record.thirds
    )
    return replace(talk_ended(record, fact), thirds=thirds)


HANDLERS: Final[Handlers] = MappingProxyType(
    {
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
    }
)
"""Fact → what it does to the record."""
