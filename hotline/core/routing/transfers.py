"""Transfers as routing drives them: reserve experts, order the tries, take the outcomes, try the next or give up.

An expert is reserved from the order until the report, so two callers never ring the same phone (invariant: at most one
live offer or call a person).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hotline.core.agents import WITH_CALLER
from hotline.core.callbacks.caps import never_capped
from hotline.core.conflicts import Parties, barred
from hotline.core.conflicts.paid import NOBODY
from hotline.core.duty import DUTY, pick_duty
from hotline.core.errors import Rejected
from hotline.core.experts import FALLBACK_SKILL, Use, candidates, local_day, pick
from hotline.core.handovers import asking
from hotline.core.hunts import FINISHED, Hunt, Try, try_seconds
from hotline.core.routing.agents import move
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State

GIVE_UP_SECONDS: Final = 10.0
"""How long a conversation may take to bring the caller back before routing forgets the transfer by itself."""


def begin(
    state: State,
    call: Call,
    category: str,
    region: str,
    wish: str,
    now: float,
    parties: Parties = NOBODY,
    kind: str = "auto",
) -> str:
    """Start a hunt for this call; returns the transfer id. Raises `transfer.in_progress`, `transfer.no_expert`, and
    `transfer.only_conflicts` when everybody who could be called is in a conflict of interest."""
    if call.hunt is not None and call.hunt.state == "trying":
        raise Rejected("transfer.in_progress")
    transfer_id = state.new_id("trf", now)
    if call.caller_hash:
        parties = replace(parties, caller=tuple(dict.fromkeys((call.caller_hash, *parties.caller))))
    hunt = Hunt(transfer_id, call.agent_id, category, region, wish, started_at=now, parties=parties, kind=kind)
    hunt.complete = state.people.book.complete
    state.fact(
        "conflict_checked",
        call.call_id,
        now,
        transfer_id=transfer_id,
        caller_hashes=list(parties.caller),
        opposing_hashes=list(parties.opposing),
        complete=hunt.complete,
    )
    if _pick(state, call, hunt, now) is None:
        reason = "only_conflicts" if hunt.skipped else "no_expert"
        state.fact("transfer_refused", call.call_id, now, transfer_id=transfer_id, agent_id=call.agent_id, reason=reason)
        raise Rejected(f"transfer.{reason}")
    call.hunt = hunt
    call.differs = None
    state.command("start_transfer", call.call_id, now, transfer_id=transfer_id, agent_id=call.agent_id, kind=kind)
    _fill(state, call, hunt, now)
    return transfer_id


def begin_duty(state: State, call: Call, transfer_id: str, region: str, now: float) -> None:
    """A conversation out of hours looks for somebody of the duty roster. Told twice, it is begun once."""
    if call.hunt is not None and call.hunt.transfer_id == transfer_id:
        return
    call.hunt = Hunt(transfer_id, "", "", region, started_at=call.arrived_at, kind=DUTY)
    call.differs = None
    _fill(state, call, call.hunt, now)


def _skill(state: State, hunt: Hunt) -> str:
    return state.people.skill_of.get(hunt.category) or FALLBACK_SKILL


def _pick(state: State, call: Call, hunt: Hunt, now: float) -> str | None:
    """The next expert: the conflict check comes before any offer, and everyone it takes out is written down."""
    if hunt.kind == DUTY:
        # The bureau's own staff take a call in, they do not advise a party: there is no conflict to check.
        return pick_duty(state.people.experts.values(), state.uses, now, region=hunt.region, tried=hunt.tried)
    if hunt.parties is None:
        return None  # lost with an earlier routing: without a check nobody new is called
    people = state.people.experts
    skill, wish = _skill(state, hunt), "" if hunt.tries else hunt.wish
    possible = {item.id for item, _ in candidates(people.values(), state.uses, now, skill=skill, wish=wish, tried=hunt.tried)}
    firm_of = {key: expert.firm for key, expert in people.items()}
    out = barred(state.people.book, hunt.parties, firm_of, possible)
    for expert_id, found in out.items():
        if expert_id not in hunt.skipped:
            hunt.skipped[expert_id] = found.reason
            state.fact(
                "conflict_found",
                call.call_id,
                now,
                transfer_id=hunt.transfer_id,
                expert_id=expert_id,
                reason=found.reason,
                party_hash=found.party_hash,
            )
    expert = pick(people.values(), state.uses, now, skill=skill, region=hunt.region, wish=wish, tried=hunt.tried, barred=out)
    return expert.id if expert else None


def _fill(state: State, call: Call, hunt: Hunt, now: float) -> None:
    """Call as many experts as may ring at once (`transfer.parallel`); with nobody left to call, give up."""
    at_once = 1 if hunt.narrow or hunt.kind == DUTY else state.rules.parallel
    # The one who found no free leg was never called, and does not count. With danger to life there is no limit.
    most = len(state.people.experts) if call.pinned else state.rules.max_tries
    while len(hunt.open) < at_once and len(hunt.tries) < most + hunt.narrow:
        expert_id = _pick(state, call, hunt, now)
        if expert_id is None or _refused(state, call, expert_id, now):
            break
        _order(state, call, hunt, expert_id, now)
    if not hunt.open:
        give_up(state, call, hunt, now)


def _refused(state: State, call: Call, expert_id: str, now: float) -> bool:
    """A cap, or the switch over everything dialled out: the caller goes back to the agent, and it is said why."""
    if never_capped(pinned=call.pinned):
        return False
    found = state.ledger.refusal("expert", expert_id, now)
    state.dirty.add("outbound/state")
    if found:
        state.fact("outbound_refused", call.call_id, now, kind="expert", reason=found, expert_id=expert_id)
    return bool(found)


def _other_phone(state: State, call: Call, hunt: Hunt, item: Try, now: float) -> bool:
    """The number was out of order: the same expert's next one is dialled, if there is one."""
    expert = state.people.experts.get(item.expert_id)
    numbers = (expert.number_enc, *expert.more_numbers) if expert else ()
    dialled = sum(1 for other in hunt.tries if other.expert_id == item.expert_id)
    if dialled >= len(numbers) or len(hunt.tries) >= state.rules.max_tries:
        return False
    if _refused(state, call, item.expert_id, now):
        return False
    _order(state, call, hunt, item.expert_id, now, numbers[dialled])
    return True


def _order(state: State, call: Call, hunt: Hunt, expert_id: str, now: float, number_enc: str = "") -> None:
    """Reserve one expert and have them called."""
    expert = state.people.experts[expert_id]
    deadline = now + try_seconds(state.rules.ring_seconds, state.rules.accept_seconds)
    item = Try(state.new_id("try", now), expert.id, expert.name, "dialling", now, deadline)
    hunt.tries.append(item)
    use = state.uses.get(expert.id) or Use(expert.id)
    offered = {**use.offered, _skill(state, hunt): now}
    state.set_use(replace(use, state="reserved", call_id=call.call_id, since=now, last_used=now, offered=offered))
    trunk = expert.trunk or (call.trunk if call.trunk in state.rules.trunks else state.rules.trunks[0])
    brief = {
        "category": hunt.category,
        "region": state.people.region_names.get(hunt.region, hunt.region),
        "region_code": hunt.region[:6],
        "waited": round(now - hunt.started_at),
    }
    if hunt.kind == DUTY:
        brief["kind"] = DUTY
    state.command(
        "try_expert",
        call.call_id,
        now,
        transfer_id=hunt.transfer_id,
        try_id=item.try_id,
        expert_id=expert.id,
        number_enc=number_enc or expert.number_enc,
        trunk=trunk,
        brief=brief,
    )
    state.touch_call(call)


def give_up(state: State, call: Call, hunt: Hunt, now: float) -> None:
    """Nobody is left: the caller goes back to the agent."""
    hunt.leaving = "give_up"
    hunt.deadline = now + GIVE_UP_SECONDS
    state.free_experts(call.call_id, now, but=call.expert_id)
    state.command("give_up_transfer", call.call_id, now, transfer_id=hunt.transfer_id)
    state.touch_call(call)


def noted(state: State, call: Call, try_id: str, what: str) -> None:
    """The expert's phone rings, or was picked up."""
    item = call.hunt.find(try_id) if call.hunt else None
    if item is not None and item.open:
        item.state = what
        state.touch_call(call)


def tried(state: State, call: Call, transfer_id: str, try_id: str, expert_id: str, outcome: str, now: float) -> None:
    """A try is over. Accepted: the talk follows. Anything else: the next expert, unless the transfer is being left."""
    hunt = call.hunt
    item = hunt.find(try_id) if hunt and hunt.transfer_id == transfer_id else None
    if item is not None:
        if not item.open:
            return  # told twice
        item.state = outcome
    if outcome == "accepted":
        if hunt is not None and item is not None:
            hunt.deadline = now + GIVE_UP_SECONDS
        state.touch_call(call)
        return
    use = state.uses.get(expert_id)
    if use is not None and use.call_id == call.call_id and use.state == "reserved":
        state.set_use(replace(use, state="free", call_id="", since=now, last_used=now))
    state.touch_call(call)
    if hunt is None or item is None or hunt.state != "trying" or hunt.leaving or hunt.accepted:
        return
    if outcome == "cancelled" and hunt.open:
        hunt.narrow = True
    if outcome == "failed" and _other_phone(state, call, hunt, item, now):
        return
    _fill(state, call, hunt, now)


def connected(state: State, call: Call, expert_id: str, transfer_id: str, now: float) -> None:
    """Caller and expert hear each other."""
    call.expert_id = expert_id
    call.phase = "expert_talk"
    use = state.uses.get(expert_id) or Use(expert_id)
    if (use.state, use.call_id) != ("on_call", call.call_id):
        count = use.today(now) + 1
        state.set_use(
            replace(use, state="on_call", call_id=call.call_id, since=now, last_used=now, day=local_day(now), count=count)
        )
    state.free_experts(call.call_id, now, but=expert_id)
    if call.hunt is not None and call.hunt.transfer_id == transfer_id:
        finish(state, call, "connected", now)
    state.touch_call(call)


def left(state: State, call: Call, expert_id: str, now: float) -> None:
    """The expert's talk is over."""
    if call.expert_id == expert_id:
        call.expert_id = ""
    use = state.uses.get(expert_id)
    if use is not None and use.call_id == call.call_id and use.state != "free":
        state.set_use(replace(use, state="free", call_id="", since=now, last_used=now))
    state.touch_call(call)


def finish(state: State, call: Call, outcome: str, now: float) -> None:
    """The transfer is over: one of `hunts.FINISHED` (any other word counts as returned)."""
    hunt = call.hunt
    if hunt is None:
        return
    if hunt.state == "trying":
        hunt.state = outcome if outcome in FINISHED else "returned"
    hunt.deadline = 0.0
    for item in hunt.open:
        item.state = "cancelled"
    asking.drop_all(state, hunt.transfer_id, now)
    hunt.third = None
    if hunt.state != "connected":
        state.free_experts(call.call_id, now, but=call.expert_id)
    state.touch_call(call)


def overdue(state: State, call: Call, now: float) -> None:
    """The report of a try, or the end of a transfer, did not come in time."""
    hunt = call.hunt
    if hunt is None or hunt.state != "trying":
        return
    if hunt.deadline and now >= hunt.deadline:
        _free_colleague(state, call, hunt, now)
        finish(state, call, "connected" if call.expert_id or call.party_id else "returned", now)
        return
    for item in hunt.open:
        if item.deadline and now >= item.deadline:
            tried(state, call, hunt.transfer_id, item.try_id, item.expert_id, "failed", now)


def _free_colleague(state: State, call: Call, hunt: Hunt, now: float) -> None:
    """A colleague on whose way the word was lost is not kept for ever."""
    third = hunt.third
    agent = state.agents.get(third.id) if third and third.kind == "agent" else None
    if agent is not None and agent.call_id == call.call_id and agent.id != call.agent_id and agent.state in WITH_CALLER:
        move(state, agent.id, "finish" if agent.state == "on_call" else "release", now)
