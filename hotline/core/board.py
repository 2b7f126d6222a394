"""Who may see what of the board. Pure: the feed asks for every entity and every connection.

The board is a map from entity key (`agents/…`, `calls/…`, `offers/…`, `queues/…`, `experts/…`) to a JSON object.
Supervisors and admins see all of it. Agents see every colleague's name and state, the queues and the experts, but only
the offers made to themselves and the calls they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

Entity = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person at the other end of a feed. `agent_id` is empty for people without a seat."""

    role: str
    agent_id: str = ""


SEES_ALL: Final = frozenset({"supervisor", "admin"})

COLLEAGUE_FIELDS: Final = frozenset({"id", "name", "extension", "state", "reason", "since", "skills"})
"""What an agent sees of another agent: not which call or offer they have."""


def _everyone(_: Entity, __: Viewer) -> bool:
    return True


def _own_offer(entity: Entity, viewer: Viewer) -> bool:
    return bool(viewer.agent_id) and viewer.agent_id in (entity.get("agent_ids") or ())


def _own_call(entity: Entity, viewer: Viewer) -> bool:
    third = (entity.get("transfer") or {}).get("third") or {}
    joins = third.get("kind") == "agent" and third.get("id") == viewer.agent_id
    return bool(viewer.agent_id) and (entity.get("agent_id") == viewer.agent_id or joins)


def _on_form(entity: Entity, viewer: Viewer) -> bool:
    """Forms: those that this seat has open itself."""
    return bool(viewer.agent_id) and viewer.agent_id in (entity.get("agent_ids") or ())


def _concerned(entity: Entity, viewer: Viewer) -> bool:
    """Emergencies: those raised from this seat, those the agent was asked to help with, and those that are everybody's."""
    if entity.get("audience") == "everyone":
        return True
    return bool(viewer.agent_id) and viewer.agent_id in (entity.get("raised_by_agent"), *(entity.get("helpers") or ()))


_AGENT_SEES: Final[Mapping[str, Callable[[Entity, Viewer], bool]]] = MappingProxyType(
    {
        "agents": _everyone,
        "queues": _everyone,
        "experts": _everyone,
        "outbound": _everyone,
        "offers": _own_offer,
        "calls": _own_call,
        "emergencies": _concerned,
        "forms": _on_form,
    }
)


def visible(key: str, entity: Entity, viewer: Viewer) -> bool:
    """Whether `viewer` may know that `entity` exists. Unknown roles and unknown kinds of entity: no."""
    if viewer.role in SEES_ALL:
        return True
    if viewer.role != "agent":
        return False
    rule = _AGENT_SEES.get(key.partition("/")[0])
    return rule is not None and rule(entity, viewer)


def shown(key: str, entity: Entity, viewer: Viewer) -> dict[str, Any] | None:
    """`entity` as `viewer` may see it, or None when it is not :func:`visible`."""
    if not visible(key, entity, viewer):
        return None
    kind, _, name = key.partition("/")
    if kind == "agents" and viewer.role not in SEES_ALL and name != viewer.agent_id:
        return {field: value for field, value in entity.items() if field in COLLEAGUE_FIELDS}
    if kind != "calls":
        return dict(entity)
    made = dict(entity)
    if viewer.role not in SEES_ALL and made.get("monitor"):
        # Whether agents are told that a supervisor is on the line is the bureau's choice (`supervision.tell_agent`).
        made["monitor"] = made["monitor"] if made["monitor"].get("told") else None
    if isinstance(transfer := entity.get("transfer"), Mapping):
        # Hashes of the parties are routing's own notes, for after a restart.
        made["transfer"] = {field: value for field, value in transfer.items() if field != "parties"}
    return made


@dataclass(slots=True)
class Difference:
    """What one connection must be told: entities to set and keys to delete."""

    set: dict[str, dict[str, Any]]
    gone: list[str]

    def __bool__(self) -> bool:
        return bool(self.set or self.gone)


def difference(
    known: dict[str, dict[str, Any]], changed: Mapping[str, Entity], removed: list[str], viewer: Viewer
) -> Difference:
    """Filter one board change for one connection and bring `known` (what that connection has been told) up to date.

    An entity that leaves the viewer's sight is a deletion to him; one that looks the same as before is not mentioned.
    """
    result = Difference({}, [])
    for key, entity in changed.items():
        view = shown(key, entity, viewer)
        if view is None:
            if known.pop(key, None) is not None:
                result.gone.append(key)
        elif known.get(key) != view:
            known[key] = view
            result.set[key] = view
    for key in removed:
        if known.pop(key, None) is not None:
            result.gone.append(key)
    return result
