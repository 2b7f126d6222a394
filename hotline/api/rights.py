"""Who may do what: one table of rights and the roles that have them. What is not in the table nobody may do.

Each route names its right with `Depends(need("…"))`, or says that it is open to all with `Depends(open_to_all)`; a test
walks all routes and fails on one that says neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

AGENT: Final = "agent"
SUPERVISOR: Final = "supervisor"
ADMIN: Final = "admin"

_ANYONE: Final = frozenset({AGENT, SUPERVISOR, ADMIN, "expert", "centre", "statistician", "auditor"})
_ALL: Final = frozenset({AGENT, SUPERVISOR, ADMIN})
_OFFICE: Final = frozenset({SUPERVISOR, ADMIN})
_CENTRES: Final = frozenset({AGENT, SUPERVISOR, ADMIN, "centre"})
"""The desk, and the people of the physical centres."""
_DESK: Final = frozenset({AGENT, SUPERVISOR})

RIGHTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "me.read": _ANYONE,
        "me.logout": _ANYONE,
        "me.password": _ANYONE,
        # the people of the centres see nothing of the board: their feed says that there are notices
        "feed.open": _CENTRES,
        "catalogue.read": _CENTRES | {"statistician"},
        "status.read": _ALL,
        # a seat at the desk
        "agents.set_own_state": _DESK,
        "offers.answer": _DESK,
        "headset.use": _DESK,
        "calls.control": _DESK,
        "experts.read": _ALL,
        "external_hotlines.read": _ALL,
        "external_hotlines.write": frozenset({ADMIN}),
        # the pool of experts and its roster; experts themselves may ask for changes of their own duties
        "experts.read_all": _OFFICE,
        "experts.manage": frozenset({ADMIN}),
        "experts.cards": _OFFICE,
        "experts.interests": _OFFICE,
        "experts.reveal": _OFFICE,
        "roster.read": _ALL,
        "roster.manage": _OFFICE,
        "roster.request": frozenset({"expert", SUPERVISOR, ADMIN}),
        # records; agents see their own, `*.read_all` sees everybody's
        "staff_phones.write": frozenset({ADMIN}),
        "calls.read": _ALL,
        "calls.read_all": frozenset({SUPERVISOR, ADMIN}),
        "callers.history": frozenset({SUPERVISOR, ADMIN}),
        "forms.read": _ALL,
        "forms.write": _DESK,
        "forms.write_all": frozenset({SUPERVISOR}),
        "numbers.reveal": _DESK,
        "tickets.read": _CENTRES,
        "tickets.act": frozenset({AGENT, SUPERVISOR, "centre"}),
        "tickets.reveal": frozenset({AGENT, SUPERVISOR, "centre"}),
        "appointments.read": _CENTRES,
        "appointments.write": frozenset({AGENT, SUPERVISOR, "centre"}),
        "appointments.plan": frozenset({SUPERVISOR, ADMIN, "centre"}),
        "centres.read": _CENTRES | {"statistician"},
        "centres.write": frozenset({ADMIN}),
        # ledgers: which of them, and which columns, the table of ledgers says
        "ledgers.read": frozenset({SUPERVISOR, ADMIN, "centre", "statistician"}),
        "ledgers.write": frozenset({SUPERVISOR, "centre"}),
        "ledgers.export": frozenset({SUPERVISOR, ADMIN, "centre", "statistician"}),
        "bounces.read": frozenset({SUPERVISOR, ADMIN, "centre"}),
        "tickets.read_all": frozenset({SUPERVISOR, ADMIN}),
        "tickets.call_back": _CENTRES,
        "letters.read": _OFFICE,
        "letters.handle": _OFFICE,
        "notices.read": _ANYONE,
        "tasks.read": _ALL,
        "tasks.call": _DESK,
        "outbound.read": _ALL,
        "outbound.switch": frozenset({SUPERVISOR, ADMIN}),
        "recordings.read": _CENTRES,
        "recordings.play": _CENTRES,
        "recordings.share": _ALL,
        # the catalogue at hand
        "knowledge.read": _ANYONE,
        "knowledge.write": _OFFICE,
        "restrictions.propose": _DESK,
        "restrictions.read": frozenset({SUPERVISOR, ADMIN}),
        "restrictions.decide": frozenset({SUPERVISOR}),
        "hours.read": _ALL,
        "hours.write": frozenset({ADMIN}),
        # supervision
        "calls.monitor": frozenset({SUPERVISOR}),
        "calls.pull_forward": frozenset({SUPERVISOR}),
        "agents.force_state": frozenset({SUPERVISOR, ADMIN}),
        "help.ask": _DESK,
        "emergencies.raise": _DESK,
        "emergencies.handle": _DESK,
        "emergencies.read_all": frozenset({SUPERVISOR}),
        # the bureau's administrator
        "people.manage": frozenset({ADMIN}),
        "flows.manage": frozenset({ADMIN}),
        "prompts.manage": frozenset({ADMIN}),
        "trunks.read": frozenset({ADMIN}),
        "changes.read": frozenset({ADMIN}),
        "demo.call_me": _DESK,
    }
)


def allowed(role: str, right: str) -> bool:
    """Whether `role` has `right`; an unknown right is nobody's."""
    return role in RIGHTS.get(right, frozenset())
