"""Transfers as routing drives them: reserve an expert, order the try, take the outcome, try the next or give up.

An expert is reserved from the order until the report, so two callers never ring the same phone (invariant: at most one
live offer or call a person).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hotline.core.errors import Rejected
from hotline.core.experts import FALLBACK_SKILL, Use, local_day, pick
from hotline.core.hunts import Hunt, Try, try_seconds
from hotline.core.routing_state import Call, State

GIVE_UP_SECONDS: Final = 10.0
"""How long a conversation may take to bring the caller back before routing forgets the transfer by itself."""


def begin(state: State, call: Call, category: str, region: str, wish: str, now: float) -> str:
    """Start a hunt for this call; returns the transfer id. Raises `transfer.in_progress`, `transfer.no_expert`."""
    if call.hunt is not None and call.hunt.state == "trying":
        raise Rejected("transfer.in_progress")
    transfer_id = state.new_id("trf", now)
    hunt = Hunt(transfer_id, call.agent_id, category, region, wish, started_at=now)
    if _pick(state, hunt, now) is None:
        state.fact("transfer_refused", call.call_id, now, transfer_id=transfer_id, agent_id=call.agent_id, reason="no_expert")
        raise Rejected("transfer.no_expert")
    call.hunt = hunt
    call.differs = None
    state.command("start_transfer", call.call_id, now, transfer_id=transfer_id, agent_id=call.agent_id)
    _try_next(state, call, hunt, now)
    return transfer_id


def cancel(state: State, call: Call, now: float) -> None:
    """The agent wants the caller back. Raises `transfer.none`."""
    hunt = call.hunt
    if hunt is None or hunt.state != "trying":
        raise Rejected("transfer.none")
    hunt.leaving = "cancel"
    hunt.deadline = now + GIVE_UP_SECONDS
    state.command("cancel_transfer", call.call_id, now, transfer_id=hunt.transfer_id, agent_id=call.agent_id)
    state.touch_call(call)


def _pick(state: State, hunt: Hunt, now: float) -> str | None:
    skill = state.people.skill_of.get(hunt.category) or FALLBACK_SKILL
    wish = "" if hunt.tries else hunt.wish
    expert = pick(state.people.experts.values(), state.uses, now, skill=skill, region=hunt.region, wish=wish, tried=hunt.tried)
    return expert.id if expert else None


def _try_next(state: State, call: Call, hunt: Hunt, now: float) -> None:
    expert_id = _pick(state, hunt, now) if len(hunt.tries) < state.rules.max_tries else None
    if expert_id is None:
        give_up(state, call, hunt, now)
        return
    expert = state.people.experts[expert_id]
    item = Try(state.new_id("try", now), expert.id, expert.name, "dialling", now)
    hunt.tries.append(item)
    hunt.deadline = now + try_seconds(state.rules.ring_seconds, state.rules.accept_seconds)
    use = state.uses.get(expert.id) or Use(expert.id)
    state.set_use(replace(use, state="reserved", call_id=call.call_id, since=now, last_used=now))
    trunk = expert.trunk or (call.trunk if call.trunk in state.rules.trunks else state.rules.trunks[0])
    brief = {
        "category": hunt.category,
        "region": state.people.region_names.get(hunt.region, hunt.region),
        "waited": round(now - hunt.started_at),
    }
    state.command(
        "try_expert",
        call.call_id,
        now,
        transfer_id=hunt.transfer_id,
        try_id=item.try_id,
        expert_id=expert.id,
        number_enc=expert.number_enc,
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
    if hunt is None or item is None or item is not hunt.tries[-1] or hunt.state != "trying" or hunt.leaving:
        return
    _try_next(state, call, hunt, now)


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
    """The transfer is over: `connected`, `returned` or `cancelled` (any other word counts as returned)."""
    hunt = call.hunt
    if hunt is None:
        return
    if hunt.state == "trying":
        hunt.state = outcome if outcome in ("connected", "cancelled") else "returned"
    hunt.deadline = 0.0
    if hunt.current is not None and hunt.state != "connected":
        hunt.tries[-1].state = "cancelled"
    if hunt.state != "connected":
        state.free_experts(call.call_id, now, but=call.expert_id)
    state.touch_call(call)


def overdue(state: State, call: Call, now: float) -> None:
    """The report of a try, or the end of a transfer, did not come in time."""
    hunt = call.hunt
    if hunt is None or not hunt.deadline or hunt.state != "trying" or now < hunt.deadline:
        return
    if hunt.leaving or (hunt.tries and hunt.tries[-1].state == "accepted"):
        finish(state, call, "connected" if call.expert_id else "returned", now)
    else:
        item = hunt.tries[-1]
        tried(state, call, hunt.transfer_id, item.try_id, item.expert_id, "failed", now)
