"""Looking for an expert: experts are tried until one presses 1 (peers: "hand-off contract").

Routing names whom to try, one at a time or two at once; the conversation dials, plays the brief, and waits for the key. The
first to press 1 has the caller (or the agent's ear: what follows is the business of `transfers`), and the others are told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hotline.core.conversations import actions as act
from hotline.core.conversations import parting
from hotline.core.conversations.brief import brief_prompts
from hotline.core.conversations.dialling import dial_status
from hotline.core.conversations.model import LEGS, Third, Try
from hotline.core.conversations.transfers.thirds import await_routing
from hotline.core.conversations.turn import Turn

ACCEPT_KEY = "1"
REFUSE_KEY = "2"
ROOM_SECONDS = 5.0
"""How long an order waits for a leg to be over; a CANCEL is answered at once by any phone that is there."""


def try_expert(turn: Turn, data: dict[str, Any]) -> None:
    """Routing names an expert: dial them, or keep the order until there is room for a leg."""
    transfer = turn.state.transfer
    try_id, expert_id = str(data["try_id"]), str(data["expert_id"])
    if transfer and transfer.find(try_id):
        return  # a doubled command
    if transfer is None or transfer.transfer_id != data["transfer_id"] or transfer.stage != "seeking":
        turn.say(
            "expert_tried",
            transfer_id=data["transfer_id"],
            try_id=try_id,
            expert_id=expert_id,
            outcome="cancelled",
            sip_code=0,
            seconds=0.0,
        )
        return
    item = Try(
        try_id,
        expert_id,
        f"expert:{try_id}",
        turn.now,
        number_enc=str(data["number_enc"]),
        trunk=str(data["trunk"]),
        state="held",
        brief=brief_prompts(dict(data["brief"])),
    )
    turn.set(transfer=replace(transfer, tries=(*transfer.tries, item), tried=transfer.tried + 1))
    turn.do(act.CancelTimer("routing_silent"), act.SetTimer(f"expert_ring:{try_id}", ROOM_SECONDS))
    if len(turn.state.legs) >= LEGS:
        parting.make_room(turn)
    room(turn)


def room(turn: Turn) -> None:
    """Dial what is held, as far as there are legs."""
    while turn.state.transfer and len(turn.state.legs) < LEGS:
        item = next((one for one in turn.state.transfer.tries if one.state == "held"), None)
        if item is None:
            return
        turn.say("expert_dialled", **_ids(turn, item))
        _update(turn, item, state="dialling", started_at=turn.now)
        turn.add_leg(item.leg)
        turn.do(
            act.Dial(item.leg, number_enc=item.number_enc, trunk=item.trunk, context={"expert_id": item.expert_id}),
            act.SetTimer(f"expert_ring:{item.try_id}", turn.state.policy.expert_ring_seconds),
        )


def _ids(turn: Turn, item: Try) -> dict[str, str]:
    assert turn.state.transfer is not None
    return {"transfer_id": turn.state.transfer.transfer_id, "try_id": item.try_id, "expert_id": item.expert_id}


def _update(turn: Turn, item: Try, **changes: Any) -> None:
    transfer = turn.state.transfer
    assert transfer is not None
    tries = tuple(replace(one, **changes) if one.try_id == item.try_id else one for one in transfer.tries)
    turn.set(transfer=replace(transfer, tries=tries))


def on_leg(turn: Turn, leg: str) -> Try | None:
    """The expert being tried on that leg."""
    return turn.state.transfer.on_leg(leg) if turn.state.transfer else None


def ringing(turn: Turn, item: Try) -> None:
    if item.state == "dialling":
        _update(turn, item, state="ringing")
        turn.say("expert_ringing", **_ids(turn, item))


def answered(turn: Turn, item: Try) -> None:
    """Someone, or a voicemail, picked up: speak the brief. Only key 1 makes it an expert."""
    if item.picked_up:
        return
    turn.say("expert_answered", **_ids(turn, item))
    number = turn.state.playbacks + 1
    turn.set(playbacks=number)
    _update(turn, item, state="brief", playback=number)
    turn.do(
        act.CancelTimer(f"expert_ring:{item.try_id}"),
        act.Listen(item.leg, on=True),
        act.Play(item.leg, item.brief, turn.state.policy.language, number),
        # Also counts while the brief plays, should its end never be reported.
        act.SetTimer(f"expert_accept:{item.try_id}", turn.state.policy.accept_seconds + 30.0),
    )


def brief_over(turn: Turn, item: Try, playback: int) -> None:
    if item.state == "brief" and item.playback == playback:
        _update(turn, item, state="deciding", playback=0)
        turn.do(act.SetTimer(f"expert_accept:{item.try_id}", turn.state.policy.accept_seconds))


def digit(turn: Turn, item: Try, key: str) -> Third | None:
    """A key from the expert's phone. Returns whom the transfer has reached, when it was the one that accepts."""
    if item.picked_up and key == ACCEPT_KEY:
        return _accepted(turn, item)
    if item.picked_up and key == REFUSE_KEY:
        refused(turn, item)
    return None


def refused(turn: Turn, item: Try) -> None:
    """Key 2: the next one is tried at once, and meanwhile a key may say why."""
    transfer_id = _ids(turn, item)["transfer_id"]
    _close(turn, item, "refused", 0)
    parting.ask_reason(turn, item, transfer_id)
    await_routing(turn)


def _accepted(turn: Turn, item: Try) -> Third:
    transfer = turn.state.transfer
    assert transfer is not None
    turn.do(act.StopPlay(item.leg))
    _close(turn, item, "accepted", 200)
    for other in turn.state.transfer.tries if turn.state.transfer else ():
        _close(turn, other, "cancelled", 0)
        parting.tell_taken(turn, other, transfer.transfer_id)
    return Third("expert", item.try_id, item.expert_id, item.leg)


def _close(turn: Turn, item: Try, outcome: str, sip_code: int) -> None:
    """Take a try out and report it; its leg is somebody else's business."""
    transfer = turn.state.transfer
    assert transfer is not None
    turn.do(act.CancelTimer(f"expert_ring:{item.try_id}"), act.CancelTimer(f"expert_accept:{item.try_id}"))
    if item.state != "held":
        turn.do(act.Listen(item.leg, on=False))
    seconds = round(turn.now - item.started_at, 2)
    turn.say("expert_tried", **_ids(turn, item), outcome=outcome, sip_code=sip_code, seconds=seconds)
    turn.set(transfer=replace(transfer, tries=tuple(one for one in transfer.tries if one.try_id != item.try_id)))


def over(turn: Turn, item: Try, outcome: str, sip_code: int, *, hang_up: bool) -> None:
    """This expert will not take the call; routing names the next."""
    _close(turn, item, outcome, sip_code)
    if hang_up and item.state != "held":
        turn.hang_up(item.leg)
    await_routing(turn)


def leg_ended(turn: Turn, item: Try, sip_code: int) -> None:
    """The dialled leg ended by itself, before anyone pressed 1."""
    over(turn, item, "refused" if item.picked_up else dial_status(sip_code), sip_code, hang_up=False)


def accept_timeout(turn: Turn, try_id: str) -> None:
    item = turn.state.transfer.find(try_id) if turn.state.transfer else None
    if item:
        over(turn, item, "no_key", 200, hang_up=True)


def ring_timeout(turn: Turn, try_id: str) -> None:
    """It rang long enough; an order that found no free leg was nobody's refusal."""
    item = turn.state.transfer.find(try_id) if turn.state.transfer else None
    if item:
        over(turn, item, "cancelled" if item.state == "held" else "no_answer", 0, hang_up=True)


def stop_all(turn: Turn, sip_code: int = 0) -> None:
    """Nobody is tried any more."""
    for item in turn.state.transfer.tries if turn.state.transfer else ():
        _close(turn, item, "cancelled", sip_code)
        if item.state != "held":
            turn.hang_up(item.leg)
