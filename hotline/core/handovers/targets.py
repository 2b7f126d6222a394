"""To whom and how: the wish of an agent, checked against who is there; and how it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from hotline.core.callbacks.caps import never_capped
from hotline.core.conversations.model import Kind
from hotline.core.conversations.transfers.kinds import KINDS
from hotline.core.duty import DUTY
from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.external_hotlines import ExternalHotline
from hotline.core.handovers import asking
from hotline.core.hunts import Hunt
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State

TYPES: Final = ("expert", "agent", "queue", "hotline")
PARTY_GRACE_SECONDS: Final = 15.0
"""On top of its ringing time: how long another hotline's answer may be on its way."""


@dataclass(frozen=True, slots=True)
class Target:
    """`id`: expert (may be empty: anybody suitable), agent, skill group, or row of the list of hotlines."""

    type: str = "expert"
    id: str = ""


def parse(data: Mapping[str, Any]) -> tuple[Kind, Target]:
    """Kind and target of a request; today's short form (no `target`) means an expert. Three-way is the kind for another hotline
    when none is said: whoever is unsure stays on the line. Raises `request.invalid`."""
    raw = data.get("target") or {}
    target = Target(str(raw.get("type") or "expert"), str(raw.get("id") or ""))
    kind = str(data.get("kind") or ("three_way" if target.type == "hotline" else "auto"))
    if kind not in KINDS or kind == DUTY or target.type not in TYPES or (target.type != "expert" and not target.id):
        raise Invalid("request.invalid", field="target")
    return cast(Kind, kind), target


def begin(state: State, call: Call, kind: Kind, target: Target, now: float) -> str:
    """Start a transfer to a colleague, a group or another hotline; returns its id.

    Raises `transfer.in_progress`, `transfer.no_hotline`, `transfer.outbound_off`, `transfer.outbound_cap`,
    `transfer.colleague_busy`, `transfer.nobody_free`."""
    if call.hunt is not None and call.hunt.state == "trying":
        raise Rejected("transfer.in_progress")
    hunt = Hunt(state.new_id("trf", now), call.agent_id, "", "", started_at=now, kind=kind)
    hunt.target, hunt.target_id = target.type, target.id
    starters = {"agent": _to_agents, "queue": _to_agents, "hotline": _to_hotline}
    starters[target.type](state, call, hunt, now)
    call.differs = None
    state.touch_call(call)
    return hunt.transfer_id


def _start(state: State, call: Call, hunt: Hunt, now: float, **more: Any) -> None:
    call.hunt = hunt
    state.command(
        "start_transfer",
        call.call_id,
        now,
        transfer_id=hunt.transfer_id,
        agent_id=call.agent_id,
        kind=hunt.kind,
        target=hunt.target,
        **more,
    )


def _to_hotline(state: State, call: Call, hunt: Hunt, now: float) -> None:
    row = state.people.hotlines.get(hunt.target_id)
    if row is None:
        raise Missing("transfer.no_hotline")
    _may_dial(state, call, row, now)
    hunt.name = row.name_zh
    _start(state, call, hunt, now)
    hunt.deadline = now + state.rules.party_ring_seconds + PARTY_GRACE_SECONDS
    trunk = call.trunk if call.trunk in state.rules.trunks else state.rules.trunks[0]
    state.command(
        "try_party",
        call.call_id,
        now,
        transfer_id=hunt.transfer_id,
        try_id=state.new_id("try", now),
        party_id=row.id,
        number_enc=row.number_enc,
        trunk=trunk,
    )


def _may_dial(state: State, call: Call, row: ExternalHotline, now: float) -> None:
    """The caps and the switch over everything dialled out. Raises `transfer.outbound_off`, `transfer.outbound_cap`."""
    if never_capped(number=row.number, pinned=call.pinned):
        return
    found = state.ledger.refusal("hotline", row.id, now)
    state.dirty.add("outbound/state")
    if found:
        state.fact("outbound_refused", call.call_id, now, kind="hotline", reason=found, party_id=row.id)
        raise Rejected("transfer.outbound_off" if found == "switched_off" else "transfer.outbound_cap")


def _to_agents(state: State, call: Call, hunt: Hunt, now: float) -> None:
    if hunt.target == "agent":
        seat = state.people.seats.get(hunt.target_id)
        if seat is None or seat.id == call.agent_id:
            raise Missing("agent.missing")
        hunt.name = seat.name
    if hunt.kind == "blind":
        wish = {"wish": hunt.target_id} if hunt.target == "agent" else {"queue": hunt.target_id}
        _start(state, call, hunt, now, **wish)
        return
    free = asking.free_for(state, hunt.target, hunt.target_id, now, but=call.agent_id)
    if not free:
        raise Rejected("transfer.colleague_busy" if hunt.target == "agent" else "transfer.nobody_free")
    patience = state.rules.offer_seconds + asking.ACCEPT_GRACE_SECONDS
    _start(state, call, hunt, now, patience=patience)
    asking.ask(state, call, hunt, free, now)
