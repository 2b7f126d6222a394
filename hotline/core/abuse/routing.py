"""Abusive callers as routing sees them: which warnings were given on a call, and when the agent may end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hotline.core.abuse import NEEDED, standing
from hotline.core.abuse.warnings import METHODS
from hotline.core.errors import Invalid, Rejected
from hotline.core.facts import Fact
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State

CLOCK_SLACK: Final = 0.05
"""Seconds by which two processes' clocks may differ: a button that has unlocked on the console must not be refused here."""


def warned(state: State, call: Call, fact: Fact, now: float) -> None:
    """The caller was warned."""
    if len(call.warned) < int(fact.data["number"]):
        call.warned = (*call.warned, fact.at)
    state.touch_call(call)


def heal(call: Call, snapshot: Mapping[str, Any]) -> None:
    """Warnings that a restarted routing has not heard of."""
    known = tuple(float(at) for at in snapshot.get("warned") or ())
    if len(known) > len(call.warned):
        call.warned = known


def warn(state: State, call: Call, method: str, now: float) -> dict[str, Any]:
    """Order a warning. Raises `abuse.too_soon` (with `seconds` left), `abuse.all_given`, `request.invalid`."""
    if method not in METHODS:
        raise Invalid("request.invalid", field="method")
    stands = standing(call.warned, state.rules.abuse)
    if stands.next_at is None:
        raise Rejected("abuse.all_given")
    if not stands.may_warn(now + CLOCK_SLACK):
        raise Rejected("abuse.too_soon", seconds=round(stands.next_at - now, 1))
    state.command("warn_caller", call.call_id, now, agent_id=call.agent_id, method=method)
    return {"number": stands.warnings + 1}


def end(state: State, call: Call, now: float) -> dict[str, Any]:
    """Order the end of the call. Raises `abuse.not_warned` (with `missing`), `abuse.too_soon`."""
    stands = standing(call.warned, state.rules.abuse)
    if stands.hang_up_at is None:
        raise Rejected("abuse.not_warned", missing=NEEDED - stands.warnings)
    if not stands.may_hang_up(now + CLOCK_SLACK):
        raise Rejected("abuse.too_soon", seconds=round(stands.hang_up_at - now, 1))
    state.command("end_abusive_call", call.call_id, now, agent_id=call.agent_id)
    return {}


def entity(state: State, call: Call) -> dict[str, Any] | None:
    """For the board: how many warnings, when the next and the end are allowed; None while there was none."""
    if not call.warned:
        return None
    stands = standing(call.warned, state.rules.abuse)
    return {"warnings": stands.warnings, "next_at": stands.next_at, "hang_up_at": stands.hang_up_at}
