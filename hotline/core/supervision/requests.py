"""What supervisors (and an agent who wants one) ask of routing. Each handler answers with data, or raises the code that
is the answer. What is ordered here becomes true when the conversation's fact says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hotline.core.agents import WITH_CALLER
from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.facts import MONITOR_MODES
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State
from hotline.core.supervision.facts import prefer, put_on_line
from hotline.core.supervision.model import LEGS, LIFE_DANGER, OnLine

Handler = Callable[[State, Mapping[str, Any], float], Mapping[str, Any]]


def _live(state: State, data: Mapping[str, Any]) -> Call:
    call = state.calls.get(str(data["call_id"]))
    if call is None or call.ended_at is not None:
        raise Missing("call.gone")
    return call


def legs(call: Call) -> int:
    """Legs this call is known to use. The conversation counts for itself once more."""
    agent = call.agent_state != "none" or call.connecting is not None
    hunt = call.hunt if call.hunt is not None and call.hunt.state == "trying" else None
    tries = len([item for item in hunt.tries if item.open]) if hunt else 0
    third = hunt is not None and hunt.third is not None
    return 1 + agent + bool(call.expert_id) + bool(call.party_id) + tries + third + (call.monitor is not None)


def _start(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """Call the supervisor's own phone into the call."""
    call, agent_id, mode = _live(state, data), str(data["agent_id"]), str(data["mode"])
    seat, agent = state.people.seats.get(agent_id), state.agents.get(agent_id)
    if seat is None or agent is None:
        raise Missing("monitor.no_phone")
    if mode not in MONITOR_MODES:
        raise Invalid("request.invalid", field="mode")
    if call.agent_id == agent_id and call.agent_state != "none":
        raise Rejected("monitor.own_call")
    if call.monitor is not None:
        if call.monitor.agent_id == agent_id:
            return {"monitor_id": call.monitor.monitor_id}  # pressed twice
        raise Rejected("monitor.taken")
    if agent.state in WITH_CALLER or agent_id in state.listening:
        raise Rejected("monitor.busy")
    if call.agent_state != "connected" and not call.expert_id:
        raise Rejected("monitor.no_talk")
    if legs(call) >= LEGS:
        raise Rejected("monitor.no_leg")
    monitor_id = state.new_id("mon", now)
    told = bool(state.rules.tell_agent)
    put_on_line(state, call, OnLine(monitor_id, agent_id, mode, "dialling", told, now))
    state.command(
        "start_monitor",
        call.call_id,
        now,
        monitor_id=monitor_id,
        agent_id=agent_id,
        uri=seat.uri,
        mode=mode,
        told=told,
    )
    return {"monitor_id": monitor_id}


def _own_monitor(state: State, data: Mapping[str, Any]) -> tuple[Call, OnLine]:
    call = _live(state, data)
    if call.monitor is None or call.monitor.agent_id != data["agent_id"]:
        raise Rejected("monitor.none")
    return call, call.monitor


def _change(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call, monitor = _own_monitor(state, data)
    mode = str(data["mode"])
    if mode not in MONITOR_MODES:
        raise Invalid("request.invalid", field="mode")
    state.command("set_monitor", call.call_id, now, monitor_id=monitor.monitor_id, mode=mode)
    return {"monitor_id": monitor.monitor_id}


def _stop(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call, monitor = _own_monitor(state, data)
    state.command("stop_monitor", call.call_id, now, monitor_id=monitor.monitor_id)
    return {"monitor_id": monitor.monitor_id}


def _take_over(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call, monitor = _own_monitor(state, data)
    if monitor.state != "on":
        raise Rejected("monitor.not_on_yet")
    stays = bool(data.get("agent_stays"))
    state.command("take_over", call.call_id, now, monitor_id=monitor.monitor_id, agent_stays=stays)
    return {"monitor_id": monitor.monitor_id}


def _pull_forward(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    """To the head of the line by a declared priority: one rank above everybody who waits, but never past life danger
    and never past somebody who was pulled to the highest rank before. The others keep their order (I7)."""
    call = _live(state, data)
    if not call.waiting:
        raise Rejected("call.not_waiting")
    reason = str(data["reason"]).strip()
    if not reason:
        raise Invalid("request.invalid", field="reason")
    others = [state.calls[item].priority for item in state.line if item != call.call_id]
    top = max((item for item in others if item < LIFE_DANGER), default=-1)
    priority = max(call.priority, min(LIFE_DANGER - 1, top + 1))
    if priority != call.priority:
        prefer(state, call, priority)
        by = str(data["by"])
        state.command("set_priority", call.call_id, now, priority=str(priority), reason=reason, by=by)
    return {"priority": priority, "position": list(state.line).index(call.call_id) + 1}


def _ask_help(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call, agent_id = _live(state, data), str(data["agent_id"])
    if call.agent_id != agent_id or call.agent_state != "connected":
        raise Rejected("call.not_yours")
    if call.help is not None:
        return {"help_id": call.help.help_id}
    help_id = state.new_id("hlp", now)
    state.command("ask_help", call.call_id, now, help_id=help_id, agent_id=agent_id)
    return {"help_id": help_id}


def _clear_help(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call = _live(state, data)
    if call.help is None:
        raise Rejected("help.none")
    state.command("clear_help", call.call_id, now, help_id=call.help.help_id, by=str(data["by"]))
    return {}


def _pin(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call = _live(state, data)
    state.command("pin", call.call_id, now, emergency_id=str(data["emergency_id"]), by=str(data["by"]))
    return {}


def _unpin(state: State, data: Mapping[str, Any], now: float) -> Mapping[str, Any]:
    call = _live(state, data)
    state.command("unpin", call.call_id, now, emergency_id=str(data["emergency_id"]), by=str(data["by"]))
    return {}


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "start_monitor": _start,
        "set_monitor": _change,
        "stop_monitor": _stop,
        "take_over": _take_over,
        "pull_forward": _pull_forward,
        "ask_help": _ask_help,
        "clear_help": _clear_help,
        "pin_call": _pin,
        "unpin_call": _unpin,
    }
)
