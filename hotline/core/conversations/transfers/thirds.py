"""The third person: colleagues and other hotlines being dialled, and anybody's leaving. (Experts are dialled in `hunt`.)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from hotline.core.conversations import actions as act
from hotline.core.conversations.dialling import dial_status
from hotline.core.conversations.model import Dialled, Third
from hotline.core.conversations.turn import Turn
from hotline.core.headsets import headset_of


def await_routing(turn: Turn) -> None:
    """Nothing is under way: the next word is routing's, and it must come in time."""
    transfer = turn.state.transfer
    if transfer and transfer.stage == "seeking" and not transfer.tries and transfer.dialled is None:
        seconds = max(transfer.patience, turn.state.policy.routing_silent_seconds)
        turn.do(act.SetTimer("routing_silent", seconds))


def dial(turn: Turn, kind: Literal["agent", "party"], data: dict[str, Any]) -> None:
    """Routing names a colleague who accepted, or the hotline: dial them. An order that does not fit any more is answered, so
    that routing frees whom it reserved."""
    transfer = turn.state.transfer
    try_id, person_id = str(data["try_id"]), str(data[f"{kind}_id"])
    known = (transfer.dialled or transfer.third) if transfer else None
    if known and known.try_id == try_id:
        return  # a doubled command
    fits = transfer is not None and transfer.transfer_id == data["transfer_id"] and transfer.stage == "seeking"
    if not fits or transfer is None or transfer.dialled or transfer.tries or turn.state.ended:
        ids = {"transfer_id": data["transfer_id"], "try_id": try_id, "person_kind": kind, "person_id": person_id}
        turn.say("third_tried", **ids, outcome="cancelled", sip_code=0, seconds=0.0)
        return
    leg = f"agent:{try_id}" if kind == "agent" else f"party:{transfer.transfer_id}"
    headset = headset_of(str(data["uri"])) if kind == "agent" else ""
    dialled = Dialled(kind, try_id, person_id, leg, turn.now, headset=headset)
    turn.set(transfer=replace(transfer, dialled=dialled))
    turn.say("third_dialled", **_ids(turn, dialled))
    turn.add_leg(leg)
    policy = turn.state.policy
    if kind == "agent":
        turn.do(act.Dial(leg, uri=str(data["uri"])))
    else:
        number, trunk = str(data["number_enc"]), str(data["trunk"])
        turn.do(act.Dial(leg, number_enc=number, trunk=trunk, context={"party_id": person_id}))
    ring = policy.agent_ring_seconds if kind == "agent" else policy.party_ring_seconds
    turn.do(act.CancelTimer("routing_silent"), act.SetTimer("third_ring", ring))


def _ids(turn: Turn, who: Dialled | Third) -> dict[str, str]:
    assert turn.state.transfer is not None
    transfer_id = turn.state.transfer.transfer_id
    return {"transfer_id": transfer_id, "try_id": who.try_id, "person_kind": who.kind, "person_id": who.person_id}


def dialled_on(turn: Turn, leg: str) -> Dialled | None:
    """Who is being dialled on that leg."""
    transfer = turn.state.transfer
    return transfer.dialled if transfer and transfer.dialled and transfer.dialled.leg == leg else None


def third_on(turn: Turn, leg: str) -> Third | None:
    """The third person, if that is their leg."""
    transfer = turn.state.transfer
    return transfer.third if transfer and transfer.third and transfer.third.leg == leg else None


def ringing(turn: Turn, who: Dialled) -> None:
    transfer = turn.state.transfer
    if transfer and who.state == "dialling":
        turn.set(transfer=replace(transfer, dialled=replace(who, state="ringing")))
        turn.say("third_ringing", **_ids(turn, who))


def answered(turn: Turn, who: Dialled) -> Third:
    """They picked up. A colleague has accepted on the console before, and a hotline answers as it does: no key is asked for."""
    _tried(turn, who, "answered", 200)
    return Third(who.kind, who.try_id, who.person_id, who.leg, headset=who.headset)


def failed(turn: Turn, who: Dialled, outcome: str, sip_code: int, *, hang_up: bool) -> None:
    """They did not come; routing says whether there is somebody else."""
    _tried(turn, who, outcome, sip_code)
    if hang_up:
        turn.hang_up(who.leg)
    await_routing(turn)


def leg_ended(turn: Turn, who: Dialled, sip_code: int) -> None:
    failed(turn, who, dial_status(sip_code), sip_code, hang_up=False)


def _tried(turn: Turn, who: Dialled, outcome: str, sip_code: int) -> None:
    transfer = turn.state.transfer
    assert transfer is not None
    turn.do(act.CancelTimer("third_ring"))
    seconds = round(turn.now - who.started_at, 2)
    turn.say("third_tried", **_ids(turn, who), outcome=outcome, sip_code=sip_code, seconds=seconds)
    turn.set(transfer=replace(transfer, dialled=None))


def stop_dialling(turn: Turn, sip_code: int = 0) -> None:
    """Whoever is being dialled is not wanted any more."""
    who = turn.state.transfer.dialled if turn.state.transfer else None
    if who:
        _tried(turn, who, "cancelled", sip_code)
        turn.hang_up(who.leg)


def end_talk(turn: Turn) -> None:
    """The consultation or conference under way is over (its people may still be there)."""
    transfer = turn.state.transfer
    if transfer and transfer.third and transfer.third.talk:
        turn.end_side_talk(transfer.third.talk)
        turn.set(transfer=replace(transfer, third=replace(transfer.third, talk=None)))


def leave(turn: Turn, ended_by: str, *, hang_up: bool) -> None:
    """The third person is out of it. `ended_by`: themselves (`agent`, `expert`, `party`), `transfer` (the agent let them go),
    `caller` or `system`."""
    transfer = turn.state.transfer
    if transfer is None or transfer.third is None:
        return
    end_talk(turn)
    third = transfer.third
    turn.do(act.Music(third.leg, on=False))
    if hang_up:
        turn.hang_up(third.leg)
    turn.say("third_left", **_ids(turn, third), ended_by=ended_by)
    turn.set(transfer=replace(transfer, third=None))
