"""What the agent orders while a transfer is under way, checked against the table the conversation itself goes by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from hotline.core.conversations.model import Kind, Stage
from hotline.core.conversations.transfers.kinds import Event, step_for
from hotline.core.errors import Rejected
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State
from hotline.core.routing.transfers import GIVE_UP_SECONDS

ORDERS: Final[Mapping[str, tuple[str, Event]]] = MappingProxyType(
    {
        "complete_transfer": ("complete_transfer", "complete"),
        "leave": ("complete_transfer", "complete"),
        "cancel_transfer": ("cancel_transfer", "cancel"),
        "toggle": ("toggle_transfer", "toggle"),
        "conference": ("conference", "conference"),
        "drop_party": ("drop_party", "drop"),
    }
)
"""Request → command, and the event it is in the table of transfers."""


def called_in(call: Call, agent_id: str) -> bool:
    """Whether that agent is the third person of a transfer under way, and there."""
    hunt = call.hunt
    third = hunt.third if hunt is not None and hunt.state == "trying" and call.ended_at is None else None
    return third is not None and (third.kind, third.id, third.state) == ("agent", agent_id, "there")


def order(state: State, call: Call, name: str, now: float) -> None:
    """Pass it on. Raises `transfer.none`, `transfer.not_now` (it does not fit the stage)."""
    hunt = call.hunt
    if hunt is None or hunt.state != "trying":
        raise Rejected("transfer.none")
    command, event = ORDERS[name]
    if step_for(cast(Kind, hunt.kind), cast(Stage, hunt.stage), event) is None:
        raise Rejected("transfer.not_now")
    if event in ("cancel", "drop"):
        hunt.leaving = "cancel"
        hunt.deadline = now + GIVE_UP_SECONDS
    state.command(command, call.call_id, now, transfer_id=hunt.transfer_id, agent_id=call.agent_id)
    state.touch_call(call)
