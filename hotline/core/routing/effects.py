"""What routing orders, besides commands and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotline.core.commands import Command
from hotline.core.conversations.orders import Order
from hotline.core.facts import Fact


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to a request."""

    request_id: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RememberWish:
    """Write the agent's desired state to the database."""

    agent_id: str
    state: str


@dataclass(frozen=True, slots=True)
class LookUpCaller:
    """Find out in the database who calls; the answer is `CallerKnown`, or nothing."""

    call_id: str
    caller_hash: str
    arrived_at: float


@dataclass(frozen=True, slots=True)
class BeginTry:
    """Claim a task in the database for one call; the answer is `TryBegun`."""

    task_id: str
    call_id: str
    way: str
    agent_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class DropTry:
    """A try that was begun and of which nothing came: the task is due again."""

    call_id: str


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Order a worker to call."""

    order: Order


Effect = Command | Fact | Reply | RememberWish | LookUpCaller | BeginTry | DropTry | PlaceCall
