"""What a live snapshot says of monitors, help and pins, and how memory is put right by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotline.core.routing.calls import Call
from hotline.core.routing.state import State
from hotline.core.supervision.facts import prefer, put_on_line
from hotline.core.supervision.model import LIFE_DANGER, Help, OnLine

View = tuple[str, str, str, str, str]


def view(snapshot: Mapping[str, Any]) -> View:
    """Monitor, its mode and state, help and pin as the conversation has them."""
    monitor = snapshot.get("monitor") or {}
    return (
        str(monitor.get("monitor_id", "")),
        str(monitor.get("mode", "")),
        str(monitor.get("state", "")),
        str(snapshot.get("help_id") or ""),
        str(snapshot.get("pinned") or ""),
    )


def own_view(call: Call) -> View:
    """The same as routing has them."""
    monitor = call.monitor
    seen = (monitor.monitor_id, monitor.mode, monitor.state) if monitor else ("", "", "")
    return (*seen, call.help.help_id if call.help else "", call.pinned)


def heal(state: State, call: Call, snapshot: Mapping[str, Any], now: float) -> None:
    """Make memory say what the snapshot says."""
    if view(snapshot) == own_view(call):
        return
    raw = snapshot.get("monitor")
    put_on_line(state, call, OnLine.from_entity(raw, call.monitor.since if call.monitor else now) if raw else None)
    help_id = str(snapshot.get("help_id") or "")
    if help_id and (call.help is None or call.help.help_id != help_id):
        call.help = Help(help_id, str(snapshot.get("agent_id") or ""), now)
    elif not help_id:
        call.help = None
    call.pinned = str(snapshot.get("pinned") or "")
    if call.pinned:
        prefer(state, call, LIFE_DANGER)


def restore(state: State, call: Call, raw: Mapping[str, Any]) -> None:
    """From the board an earlier routing left. Raises KeyError, TypeError, ValueError for another shape."""
    if raw.get("monitor"):
        put_on_line(state, call, OnLine.from_entity(raw["monitor"]))
    if raw.get("help"):
        call.help = Help(str(raw["help"]["help_id"]), str(raw["help"]["agent_id"]), float(raw["help"]["since"]))
    call.pinned = str(raw.get("pinned") or "")
    call.recording_alarm = str(raw.get("recording_alarm") or "")
