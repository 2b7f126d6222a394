"""What the facts of a transfer's third person mean for routing. Handlers of the table in `routing_facts`."""

from __future__ import annotations

from dataclasses import replace

from hotline.core.experts import Use
from hotline.core.facts import Fact
from hotline.core.handovers import asking
from hotline.core.hunts import Hunt, Third
from hotline.core.routing import transfers
from hotline.core.routing.agents import move
from hotline.core.routing.calls import Call
from hotline.core.routing.rules import CONNECT_GRACE_SECONDS
from hotline.core.routing.state import State

WISH_SECONDS = 20.0
"""How long a wished-for agent is asked before others see the caller too; the caller keeps the place all the while."""


def _hunt(call: Call, fact: Fact) -> Hunt | None:
    return call.hunt if call.hunt is not None and call.hunt.transfer_id == fact.data["transfer_id"] else None


def dialled(state: State, call: Call, fact: Fact, now: float) -> None:
    data, hunt = fact.data, _hunt(call, fact)
    if data["person_kind"] == "party":
        state.ledger.dialled(str(data["try_id"]), str(data["person_id"]), fact.at)
        state.dirty.add("outbound/state")
    if hunt is None:
        return
    kind, person = str(data["person_kind"]), str(data["person_id"])
    seats, hotlines = state.people.seats, state.people.hotlines
    name = seats[person].name if person in seats else hotlines[person].name_zh if person in hotlines else ""
    hunt.third = Third(kind, str(data["try_id"]), person, name, "dialling")
    ring = state.rules.agent_ring_seconds if kind == "agent" else state.rules.party_ring_seconds
    hunt.deadline = now + ring + CONNECT_GRACE_SECONDS + transfers.GIVE_UP_SECONDS


def ringing(state: State, call: Call, fact: Fact, now: float) -> None:
    hunt = _hunt(call, fact)
    if hunt is None or hunt.third is None:
        return
    hunt.third.state = "ringing"
    if hunt.third.kind == "agent":
        move(state, hunt.third.id, "ring", now, call_id=call.call_id)


def tried(state: State, call: Call, fact: Fact, now: float) -> None:
    data = fact.data
    kind, person, outcome = str(data["person_kind"]), str(data["person_id"]), str(data["outcome"])
    hunt = _hunt(call, fact)
    if outcome == "answered":
        if kind == "agent":
            move(state, person, "connect", now, call_id=call.call_id)
        if hunt is not None and hunt.third is not None:
            hunt.third.state = "there"
            hunt.deadline = now + transfers.GIVE_UP_SECONDS
        return
    if kind == "agent":
        release(state, call, person, outcome, now)
    if hunt is not None:
        hunt.third = None
        hunt.result = outcome
        asking.give_up(state, call, hunt, now)


def release(state: State, call: Call, agent_id: str, outcome: str, now: float) -> None:
    """A colleague did not come: free, or paused when their own phone did not take the call."""
    agent = state.agents.get(agent_id)
    if agent is None or agent.call_id != call.call_id or agent.state not in ("reserved", "ringing"):
        return
    if outcome in ("cancelled", "answered"):
        move(state, agent_id, "release", now)
    else:
        move(state, agent_id, "fail", now, reason="phone_unreachable")


def moved(state: State, call: Call, fact: Fact, now: float) -> None:
    """Another stage: nothing is awaited from the conversation now, the agent decides."""
    hunt = _hunt(call, fact)
    if hunt is None:
        return
    hunt.stage, hunt.deadline = str(fact.data["stage"]), 0.0
    call.phase = "conference" if hunt.stage == "three" else "transfer"
    accepted = next((item for item in hunt.tries if item.state == "accepted"), None)
    if accepted is not None and hunt.third is None:
        hunt.third = Third("expert", accepted.try_id, accepted.expert_id, accepted.expert_name, "there")
        use = state.uses.get(accepted.expert_id) or Use(accepted.expert_id)
        state.set_use(replace(use, state="on_call", call_id=call.call_id, since=now, last_used=now))


def left(state: State, call: Call, fact: Fact, now: float) -> None:
    """The third person is out of it."""
    kind, person = str(fact.data["person_kind"]), str(fact.data["person_id"])
    hunt = _hunt(call, fact)
    if hunt is not None:
        hunt.third = None
    if kind == "agent":
        agent = state.agents.get(person)
        if agent is not None and agent.call_id == call.call_id:
            move(state, person, "finish" if agent.state == "on_call" else "release", now)
    elif kind == "expert":
        use = state.uses.get(person)
        if use is not None and use.call_id == call.call_id and use.state != "free":
            state.set_use(replace(use, state="free", call_id="", since=now, last_used=now))


def party_connected(state: State, call: Call, fact: Fact, now: float) -> None:
    call.party_id, call.phase = str(fact.data["party_id"]), "party_talk"


def party_left(state: State, call: Call, fact: Fact, now: float) -> None:
    call.party_id = ""


def hold_reminded(state: State, call: Call, fact: Fact, now: float) -> None:
    call.waits_reminded = int(fact.data["seconds"])


def talk_reminded(state: State, call: Call, fact: Fact, now: float) -> None:
    call.talk_reminded = int(fact.data["minutes"])


def wished(state: State, call: Call, fact: Fact, now: float) -> None:
    """A caller put back in the queue may be somebody's in particular: that agent is asked first."""
    wish = str(fact.data.get("wish") or "")
    call.wish, call.wish_until = wish, fact.at + WISH_SECONDS if wish else 0.0
