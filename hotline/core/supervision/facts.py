"""Facts of supervision, taken into routing's memory: one small function a fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from hotline.core.facts import Fact
from hotline.core.queues import priority_of
from hotline.core.routing.calls import Call
from hotline.core.routing.state import State
from hotline.core.supervision.model import LIFE_DANGER, Help, OnLine

Handler = Callable[[State, Call, Fact, float], None]


def put_on_line(state: State, call: Call, item: OnLine | None) -> None:
    """Note who is on the line of this call; nobody who listens is offered callers."""
    if call.monitor is not None:
        state.listening.pop(call.monitor.agent_id, None)
        state.dirty.add(f"agents/{call.monitor.agent_id}")
    call.monitor = item
    if item is not None:
        state.listening[item.agent_id] = call.call_id
        state.clear_console(item.agent_id)
    state.match_needed = True
    state.touch_call(call)


def _dialled(state: State, call: Call, fact: Fact, now: float) -> None:
    data = fact.data
    if call.monitor is None or call.monitor.monitor_id != data["monitor_id"]:
        put_on_line(state, call, OnLine(data["monitor_id"], data["agent_id"], data["mode"], "dialling", True, fact.at))


def _started(state: State, call: Call, fact: Fact, now: float) -> None:
    data = fact.data
    put_on_line(state, call, OnLine(data["monitor_id"], data["agent_id"], data["mode"], "on", bool(data["told"]), fact.at))


def _changed(state: State, call: Call, fact: Fact, now: float) -> None:
    if call.monitor is not None and call.monitor.monitor_id == fact.data["monitor_id"]:
        put_on_line(state, call, replace(call.monitor, mode=str(fact.data["mode"])))


def _over(state: State, call: Call, fact: Fact, now: float) -> None:
    if call.monitor is not None and call.monitor.monitor_id == fact.data["monitor_id"]:
        put_on_line(state, call, None)


def _help_asked(state: State, call: Call, fact: Fact, now: float) -> None:
    call.help = Help(str(fact.data["help_id"]), str(fact.data["agent_id"]), fact.at)


def _help_ended(state: State, call: Call, fact: Fact, now: float) -> None:
    if call.help is not None and call.help.help_id == fact.data["help_id"]:
        call.help = None


def _pinned(state: State, call: Call, fact: Fact, now: float) -> None:
    call.pinned = str(fact.data["emergency_id"])
    prefer(state, call, LIFE_DANGER)


def _unpinned(state: State, call: Call, fact: Fact, now: float) -> None:
    call.pinned = ""


def _priority(state: State, call: Call, fact: Fact, now: float) -> None:
    prefer(state, call, priority_of(fact.data["priority"]))


def prefer(state: State, call: Call, priority: int) -> None:
    """Give the call that rank; the others keep theirs."""
    if call.priority == priority:
        return
    call.priority = priority
    state.line.remove(call.call_id)
    state.stand_in_line(call)
    state.match_needed = True


def ended(state: State, call: Call) -> None:
    """Nothing of this stays with a call that is over."""
    if call.monitor is not None:
        put_on_line(state, call, None)
    call.help = None
    call.recording_alarm = ""


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "monitor_dialled": _dialled,
        "monitor_started": _started,
        "monitor_changed": _changed,
        "monitor_failed": _over,
        "monitor_ended": _over,
        "help_asked": _help_asked,
        "help_ended": _help_ended,
        "call_pinned": _pinned,
        "call_unpinned": _unpinned,
        "priority_changed": _priority,
    }
)
