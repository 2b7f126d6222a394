"""The part of a call that is played with an expert."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from hotline.simulate import demo_people
from hotline.simulate.outcome import HEAR_SECONDS, Unexpected
from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.expert import Character, SimExpert, Visit
from hotline.simulate.people.phone import Ring
from hotline.simulate.stage import Stage

if TYPE_CHECKING:
    from hotline.simulate.play import Play

AROUND_SECONDS = 25.0
"""Added to each try's ringing and accepting: dialling, the brief, routing, prompts."""
FREE_EXPERT_SECONDS = 180.0


async def transfer(play: Play, agent: SimAgent, ring: Ring, character: Character) -> bool:
    """Ask for an expert of that character and follow the transfer to its end: True when an expert talks with the caller,
    False when the caller is back with the agent. Raises Unexpected, NotInTime, ApiError."""
    turns = play.stage.transfers
    async with turns.shared() if character == "accepts" else turns.alone():
        return await _transfer(play, agent, ring, character)


async def _transfer(play: Play, agent: SimAgent, ring: Ring, character: Character) -> bool:
    stage, played = play.stage, play.played
    expert_id = await _wish(play, character)
    played.wished_expert = expert_id
    started = time.time()
    kind = play.scenario.kind
    await agent.transfer(play.result.call_id, play.form["category"], play.form["matter_region"], expert_id, kind=kind)
    ear = ring.call.ear
    if kind != "auto":
        await _handed_over(play, agent, ring, started)
        stage.reserved_experts.discard(expert_id)
        return True
    if not await ear.until(lambda heard: play.caller.voice not in heard.recent(3), 5.0) and ring.call.is_up:
        raise Unexpected("the agent still hears the caller 5 s after asking for the transfer")
    rules = stage.settings.transfer
    limit = rules.max_tries * (rules.ring_seconds + rules.accept_seconds + AROUND_SECONDS)
    back = asyncio.ensure_future(ear.until_hears(play.caller.voice, limit))
    gone = asyncio.ensure_future(ring.call.ended(limit))
    over = asyncio.ensure_future(play.caller.ended(limit))
    done, waiting = await asyncio.wait({back, gone, over}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    if over in done and over.result():
        raise Unexpected(f"the caller's leg ended during the transfer: {play.caller.call.leg.end}")
    if gone in done and gone.result():
        stage.reserved_experts.discard(expert_id)
        await _connected(play, started)
        play.result.timings["transfer"] = time.time() - started
        return True
    stage.reserved_experts.discard(expert_id)
    if not (back in done and back.result()):
        raise Unexpected(f"the transfer came to no end within {limit:g} s")
    if character == "accepts":
        raise Unexpected("the expert accepts, but the caller came back to the agent")
    played.returned = True
    await play.hear_each_other(agent.name, ring, agent.voice)
    return False


async def _handed_over(play: Play, agent: SimAgent, ring: Ring, started: float) -> None:
    """The other kinds, to an expert who accepts: the agent sees on the board that the expert is there, and then leaves (of a
    blind transfer the agent has left already). Raises Unexpected."""
    rules = play.stage.settings.transfer
    limit = rules.ring_seconds + rules.accept_seconds + AROUND_SECONDS
    if play.scenario.kind != "blind":
        await _stage(play, {"attended": "consult", "three_way": "three"}[play.scenario.kind], limit)
        await agent.order(play.result.call_id, "complete-transfer")
    if not await ring.call.ended(limit):
        raise Unexpected("the agent's leg did not end after handing over")
    await _connected(play, started, limit)
    play.result.timings["transfer"] = time.time() - started


async def _stage(play: Play, wanted: str, limit: float) -> None:
    """Wait until the board shows the transfer at that stage. Raises Unexpected."""
    key = f"calls/{play.result.call_id}"

    def there(state: Any) -> bool:
        return bool(((state.get(key) or {}).get("transfer") or {}).get("stage") == wanted)

    if not await play.stage.records.until(there, limit):
        raise Unexpected(f"the transfer did not reach {wanted} within {limit:g} s")


async def other_hotline(play: Play, agent: SimAgent, ring: Ring) -> None:
    """Another hotline joins; all three talk; then it is let go, and the agent goes on with the caller. Raises Unexpected."""
    await agent.call_hotline(play.result.call_id, play.scenario.hotline)
    await _stage(play, "three", play.stage.settings.transfer.party_ring_seconds)
    play.played.party_id = play.scenario.hotline
    await asyncio.sleep(1.0)
    await agent.order(play.result.call_id, "drop-party")
    await play.hear_each_other(agent.name, ring, agent.voice)


async def _wish(play: Play, character: Character) -> str:
    """A free expert of that character, kept for this call. Raises NotInTime."""
    stage = play.stage
    deadline = time.time() + FREE_EXPERT_SECONDS
    while True:
        expert_id = _free_expert(stage, character)
        if expert_id:
            stage.reserved_experts.add(expert_id)
            return expert_id
        left = deadline - time.time()
        # An expert comes free on the feed or on the wire: look again when the feed moves, at the latest in half a second.
        known = dict(stage.records.state)
        if left <= 0:
            raise NotInTime(f"no expert who {character} was free within {FREE_EXPERT_SECONDS:g} s")
        await stage.records.until(lambda state, known=known: dict(state) != known, min(0.5, left))  # type: ignore[misc]


async def _connected(play: Play, started: float, limit: float = HEAR_SECONDS) -> None:
    """Find out on the wire which expert talks with this caller, and that both hear each other. Raises Unexpected."""

    def talking() -> tuple[SimExpert, Visit] | None:
        for expert in play.stage.carrier.experts.values():
            for visit in expert.visits:
                if visit.at >= started - 0.5 and visit.call.is_up and visit.call.ear.hears(play.caller.voice):
                    return expert, visit
        return None

    if not await play.caller.ear.until(lambda ear: talking() is not None, limit):
        raise Unexpected("the agent's leg ended, but no expert hears the caller")
    found = talking()
    assert found is not None
    expert, visit = found
    play.played.expert_id = next(i for i, number, _ in demo_people.experts() if number == expert.number)
    play.played.voices.append(expert.voice)
    await play.hear_each_other(f"expert {play.played.expert_id}", visit, expert.voice)
    play.played.expert_call = visit.call


async def talk_with_expert(play: Play) -> None:
    """Talk, then the expert hangs up. Raises Unexpected."""
    call: Any = play.played.expert_call
    if await play.caller.ended(play.stage.talk_seconds):
        raise Unexpected(f"the caller's leg ended in the talk with the expert: {play.caller.call.leg.end}")
    if not call.is_up:
        raise Unexpected(f"the expert's leg ended in the talk: {call.leg.end}")
    call.hang_up()
    play.played.ended_by = "expert"


def _free_expert(stage: Stage, character: Character) -> str:
    """Id of a free expert of that character; `` when none is free now."""
    for expert_id, number, its in demo_people.experts():
        if its != character or expert_id in stage.reserved_experts:
            continue
        known = stage.records.state.get(f"experts/{expert_id}", {})
        if stage.carrier.experts[number].talking is None and known.get("state", "available") == "available":
            return expert_id
    return ""
