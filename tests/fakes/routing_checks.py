"""What must hold after every decision of routing, whatever has happened (the numbers are those of the invariants)."""

from __future__ import annotations

from collections import Counter

from hotline.core import board_entities
from hotline.core.routing_match import _Choice, _offerable
from hotline.core.routing_state import State
from tests.fakes.desk_world import Desk


def check_state(state: State, now: float) -> None:
    """Safety, from routing's memory alone (once it has looked at the world)."""
    if not state.seen_world:
        return
    taken: Counter[str] = Counter()
    for call in state.calls.values():
        if call.ended_at is None and (call.connecting is not None or call.agent_state == "connected"):
            taken[call.agent_id] += 1
        assert call.offer_id == "" or call.waiting, f"I3: {call.call_id} has an offer but does not wait"
        assert call.offer_id == "" or call.offer_id in state.offers
        assert (call.call_id in state.line) == (call.waiting and call.queued_at is not None), call
        if call.ended_at is None:
            recent = [at for at in call.offered if now - at < 60]
            assert len(recent) <= 20, f"I9: {len(recent)} offers a minute for {call.call_id}"
    assert all(count == 1 for count in taken.values()), f"I4: {taken}"
    free = [agent for agent in state.agents.values() if agent.state == "available"]
    for offer in state.offers.values():
        assert offer.shown, f"offer {offer.offer_id} on no console"
        assert offer.nominee in offer.shown
        for agent_id in offer.shown:
            agent = state.agents[agent_id]
            assert agent.state == "available", f"I14: offer on the console of {agent}"
            assert agent.present, f"I19: offer to {agent} without a lease"
            assert offer.offer_id in state.on_console[agent_id]
    assert len(state.offers) <= len(free), "I4: more offers than free agents"
    assert len({offer.nominee for offer in state.offers.values()}) == len(state.offers)
    for agent_id, offers in state.on_console.items():
        assert all(agent_id in state.offers[offer_id].shown for offer_id in offers)
    busy = Counter(use.call_id for use in state.uses.values() if use.state == "on_call")
    assert all(count == 1 for count in busy.values()), f"I3: {busy}"
    ranks = [(-state.calls[c].priority, state.calls[c].queued_at or 0.0) for c in state.line]
    assert ranks == sorted(ranks), "I7: the line is not in order of urgency and seniority"
    check_order(state, now)


def check_order(state: State, now: float) -> None:
    """I6 and I7: nobody waits beside a free agent of their own, and nobody is offered before an older equal."""
    if state.match_needed:
        return  # held back on purpose: the world is not known yet
    free = sorted((a for a in state.agents.values() if a.state == "available"), key=lambda a: (a.idle_since, a.id))
    # What the clock alone changes (a declined caller may be shown again) is taken up within a second.
    choice, present = _Choice(state, free, now - 1.1), _Choice(state, free, now)
    passed_over: set[object] = set()
    nominees = {offer.nominee for offer in state.offers.values()}
    for call_id in state.line:
        call = state.calls[call_id]
        if not _offerable(call, now - 1.1):
            continue
        if call.offer_id:
            assert present.profile(call_id) not in passed_over, f"I7: {call_id} overtakes an older caller"
        else:
            if present.profile(call_id) == choice.profile(call_id):
                passed_over.add(present.profile(call_id))
            idle = [agent for agent in choice.eligible(call_id) if agent not in nominees]
            assert not idle, f"I6: {call_id} waits while {idle} are free"


def check_desk(desk: Desk) -> None:
    """Safety, against what really goes on in the conversations."""
    assert desk.state is not None
    check_state(desk.state, desk.now)
    engaged: Counter[str] = Counter()
    experts: Counter[str] = Counter()
    for call in desk.calls.values():
        if call.ended:
            continue
        if call.agent_state != "none":
            engaged[call.agent_id] += 1
        if call.expert_id:
            experts[call.expert_id] += 1
        if call.transfer is not None and call.transfer["expert_id"]:
            experts[call.transfer["expert_id"]] += 1
    assert all(count <= 1 for count in engaged.values()), f"I4: an agent with two callers: {engaged}"
    assert all(count <= 1 for count in experts.values()), f"I4: an expert with two callers: {experts}"
    for call in desk.calls.values():
        assert not any(command.name == "end_call" for command in call.commands), "I11: routing ended a call"
        known = desk.state.calls.get(call.call_id)
        if known is not None and known.in_queue and known.queued_at is not None and call.queued_at is not None:
            assert abs(known.queued_at - call.queued_at) < 1e-6, "I11: seniority lost"


def check_board(desk: Desk) -> None:
    """I24: the differences add up to the state."""
    assert desk.state is not None
    if not desk.epoch_key:
        return
    shown = dict(desk.saved["board"])
    before = dict(desk.state.board)
    whole = board_entities.everything(desk.state, desk.now)
    desk.state.board = before
    assert shown == whole


def check_answers(desk: Desk) -> None:
    """Every request is answered at most once, and each accepted offer went to one agent."""
    assert all(len(answers) == 1 for answers in desk.replies.values())
    accepted = Counter(fact.data["offer_id"] for fact in desk.facts if fact.name == "offer_accepted")
    assert all(count == 1 for count in accepted.values()), f"I4: {accepted}"


def check_rest(desk: Desk) -> None:
    """I5, I12: when everybody has gone home nothing is left hanging."""
    state = desk.state
    assert state is not None
    assert not state.offers
    assert not len(state.line)
    for agent in state.agents.values():
        assert agent.state in ("available", "paused", "offline"), f"I5: {agent}"
    for use in state.uses.values():
        assert use.state == "free", f"I5: {use}"
    for call in state.calls.values():
        assert call.ended_at is not None
        assert call.hunt is None or call.hunt.state != "trying", f"I12: {call.hunt}"
