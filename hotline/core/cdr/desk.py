"""The desk: agents dialled and heard, the caller on hold."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.cdr.pieces import Handlers, hold_over, talk_ended, talk_started
from hotline.core.facts import Fact
from hotline.core.records import CallRecord


def _agent_dialled(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, phase="agent_ringing")


def _agent_failed(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(record, phase="queue")


def _agent_connected(record: CallRecord, fact: Fact) -> CallRecord:
    first = record.agent_connected_at if record.agent_connected_at is not None else fact.at
    return replace(talk_started(record, fact, "agent", "agent_id"), agent_connected_at=first, phase="agent_talk")


def _agent_left(record: CallRecord, fact: Fact) -> CallRecord:
    return talk_ended(record, fact)


def _hold_started(record: CallRecord, fact: Fact) -> CallRecord:
    return record if record.hold_since is not None else replace(record, hold_since=fact.at, phase="hold")


def _hold_ended(record: CallRecord, fact: Fact) -> CallRecord:
    return replace(hold_over(record, fact.at), phase="agent_talk")


HANDLERS: Final[Handlers] = MappingProxyType(
    {
        "agent_dialled": _agent_dialled,
        "agent_failed": _agent_failed,
        "agent_connected": _agent_connected,
        "agent_left": _agent_left,
        "hold_started": _hold_started,
        "hold_ended": _hold_ended,
    }
)
"""Fact → what it does to the record."""
