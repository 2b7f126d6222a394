"""What must hold after every decision of routing, whatever has happened (the numbers are those of the invariants)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from hotline.core import board_entities
from hotline.core.queues.choosing import Choice
from hotline.core.queues.strategies import everywhere
from hotline.core.routing.match import offerable
from hotline.core.routing.phones import by_phone
from hotline.core.routing.state import State
from tests.fakes.desk_world import Desk, Mood


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
        assert all(agent_id in (state.askings.get(offer_id) or state.offers[offer_id]).shown for offer_id in offers)
    busy = Counter(use.call_id for use in state.uses.values() if use.state == "on_call")
    assert all(count == 1 for count in busy.values()), f"I3: {busy}"
    ranks = [(-state.calls[c].priority, state.calls[c].queued_at or 0.0) for c in state.line]
    assert ranks == sorted(ranks), "I7: the line is not in order of urgency and seniority"
    check_order(state, now)


def held_back(state: State, call_id: str, agent_id: str, now: float) -> bool:
    """An agent by phone whom a cap, or the switch over everything dialled out, keeps from being called."""
    phone = by_phone(state.agents[agent_id], now) and not state.calls[call_id].pinned
    return phone and bool(state.ledger.refusal("agent", agent_id, now))


def check_order(state: State, now: float) -> None:
    """I6 and I7: nobody waits beside a free agent of their own, and nobody can be overtaken by any accept that is possible
    now. Worked out anew from who may serve whom, without what routing itself has matched."""
    if state.match_needed:
        return  # held back on purpose: the world is not known yet
    free = [agent for agent in state.agents.values() if agent.state == "available" and agent.id not in state.listening]
    offers = tuple((offer.call_id, offer.nominee, *offer.shown) for offer in state.offers.values())
    seen = (id(state), int(now), *state.line, *offers, *(agent.id for agent in free))
    if [seen] == _SEEN:
        return  # looked at already
    _SEEN[:] = [seen]
    # What the clock alone changes (a declined caller may be shown again, a ring widens) is taken up within a second.
    choice, present = Choice(state, free, now - 1.1), Choice(state, free, now)
    line = [call_id for call_id in state.line if offerable(state.calls[call_id], now - 1.1)]
    may = {call_id: choice.members(call_id) for call_id in line}
    nominees = {offer.nominee for offer in state.offers.values()}
    for call_id in line:
        if not state.calls[call_id].offer_id:
            idle = [agent for agent in may[call_id] if agent not in nominees and not held_back(state, call_id, agent, now)]
            assert not idle, f"I6: {call_id} waits while {idle} are free"
    if any(choice.profile(call_id) != present.profile(call_id) for call_id in line):
        return
    alone = fixed(state)
    for place, call_id in enumerate(line):
        offer = state.offers.get(state.calls[call_id].offer_id)
        for agent_id in offer.shown if offer else ():
            wanting = [older for older in line[:place] if agent_id in may[older]]
            if wanting:
                # Whose only console rings stays there, unless it is this one.
                bound = {key: {at} for key, at in alone.items() if at != agent_id}
                left = served(line[:place], {**may, **bound}, {agent.id for agent in free} - {agent_id})
                lost = [older for older in wanting if older not in left]
                assert not lost, f"I7: {agent_id} may take {call_id} over the head of {lost}"


_SEEN: list[object] = []


def fixed(state: State) -> dict[str, str]:
    """Callers whose offer shows on one console, and which."""
    queues = state.rules.queues
    return {
        offer.call_id: offer.nominee
        for offer in state.offers.values()
        if not everywhere(queues.of(state.calls[offer.call_id].queue).strategy)
    }


def served(line: Sequence[str], may: Mapping[str, Collection[str]], agents: Collection[str]) -> set[str]:
    """Who of `line` gets an agent of their own, in order (augmenting paths, written the slow and plain way)."""
    of: dict[str, str] = {}

    def find(call_id: str, tried: set[str]) -> bool:
        for agent_id in agents:
            if agent_id in may[call_id] and agent_id not in tried:
                tried.add(agent_id)
                if agent_id not in of or find(of[agent_id], tried):
                    of[agent_id] = call_id
                    return True
        return False

    return {call_id for call_id in line if find(call_id, set())}


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
        experts.update(call.tries.values())
    assert all(count <= 1 for count in engaged.values()), f"I4: an agent with two callers: {engaged}"
    assert all(count <= 1 for count in experts.values()), f"I4: an expert with two callers: {experts}"
    for call in desk.calls.values():
        if call.ended and call.looked_at == len(call.commands):
            continue
        assert not any(command.name == "end_call" for command in call.commands[call.looked_at :]), "I11: routing ended a call"
        call.looked_at = len(call.commands)
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


def finish_in_peace(desk: Desk) -> None:
    """After the trouble: everybody behaves, routing runs, the board is right, and all callers come to their end."""
    desk.mood = Mood(accept=1, decline=0, phone_fails=0, vanish=0, expert_accepts=1, double=0.1, late=0.1)
    desk.run(30)
    if desk.state is None:
        desk.start_routing()
    desk.back_to_work()
    check_board(desk)
    desk.run(60)
    for call in desk.calls.values():
        call.caller_hangs_up()
    desk.run(60)
