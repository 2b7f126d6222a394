"""Routing's and the agent's orders, as events of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from hotline.core.conversations import actions as act
from hotline.core.conversations import flow, reminders
from hotline.core.conversations.model import Kind, Transfer
from hotline.core.conversations.transfers import thirds
from hotline.core.conversations.transfers.kinds import KINDS, Event
from hotline.core.conversations.transfers.steps import happen
from hotline.core.conversations.turn import Turn
from hotline.core.conversations.wiring import caller_stays_with_agent

TARGETS = ("expert", "agent", "queue", "hotline")


def start(turn: Turn, data: dict[str, Any]) -> None:
    """The agent wants to hand the caller on. `kind` and `target` say how and to whom; `patience` how long routing may be silent
    (a colleague has to accept first)."""
    state = turn.state
    agent = state.agent
    transfer_id = str(data["transfer_id"])
    kind, target = str(data.get("kind") or "auto"), str(data.get("target") or "expert")
    if state.transfer and state.transfer.transfer_id == transfer_id:
        return
    fits = state.phase in ("agent_talk", "hold") and agent is not None and agent.agent_id == data["agent_id"]
    if not fits or agent is None or kind not in KINDS or kind == "duty" or target not in TARGETS:
        turn.say("transfer_ended", transfer_id=transfer_id, outcome="refused")
        return
    if state.phase == "hold":
        turn.say("hold_ended", by="transfer")
    turn.say("transfer_started", transfer_id=transfer_id, agent_id=agent.agent_id, kind=kind, target=target)
    transfer = Transfer(
        transfer_id,
        agent.agent_id,
        kind=cast(Kind, kind),
        target=target,  # type: ignore[arg-type]
        patience=float(data.get("patience") or 0.0),
    )
    turn.set(transfer=transfer, phase="transfer", held=False)
    turn.do(act.Music("caller", on=False))
    if kind == "blind" and agent.talk:
        turn.hang_up(agent.leg)
        turn.end_talk(agent.talk, "transfer")
        turn.set(agent=None)
    if kind == "blind" and target in ("agent", "queue"):
        _to_the_queue(turn, transfer, data)
        return
    reminders.waiting(turn)
    if not caller_stays_with_agent(turn.state):
        turn.play_caller("transferring" if target == "expert" else "transferring_on")
    thirds.await_routing(turn)


def _to_the_queue(turn: Turn, transfer: Transfer, data: dict[str, Any]) -> None:
    """Blind to a colleague or a group: the queue at the old place, with a wish. No hunt is needed for that."""
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome="queued")
    turn.set(transfer=None)
    reminders.stop_waiting(turn)
    flow.requeue(turn, queue=str(data.get("queue") or ""), wish=str(data.get("wish") or ""), prompt="transferring_on")


def give_up(turn: Turn, data: dict[str, Any]) -> None:
    """Routing has nobody left."""
    if turn.state.transfer and turn.state.transfer.transfer_id == data["transfer_id"]:
        happen(turn, "nobody")


def by_agent(event: Event) -> Callable[[Turn, dict[str, Any]], None]:
    """An order of the agent who hands on; anybody else's is ignored."""

    def handler(turn: Turn, data: dict[str, Any]) -> None:
        transfer = turn.state.transfer
        if transfer and transfer.agent_id == data["agent_id"] and turn.state.agent is not None:
            happen(turn, event)

    return handler
