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
_DESK: Final = frozenset({AGENT, SUPERVISOR})

RIGHTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "me.read": _ANYONE,
        "me.logout": _ANYONE,
        "feed.open": _ALL,
        "catalogue.read": _ALL,
        "status.read": _ALL,
        # a seat at the desk
        "agents.set_own_state": _DESK,
        "offers.answer": _DESK,
        "calls.control": _DESK,
        "experts.read": _ALL,
        # records; agents see their own, `*.read_all` sees everybody's
        "calls.read": _ALL,
        "calls.read_all": frozenset({SUPERVISOR, ADMIN}),
        "forms.read": _ALL,
        "forms.write": _DESK,
        "forms.write_all": frozenset({SUPERVISOR}),
        "numbers.reveal": _DESK,
        "tickets.read": _ALL,
        "tickets.read_all": frozenset({SUPERVISOR, ADMIN}),
        "tasks.read": _ALL,
        "recordings.read": _ALL,
        "recordings.play": _ALL,
        "demo.call_me": _DESK,
    }
)


def allowed(role: str, right: str) -> bool:
    """Whether `role` has `right`; an unknown right is nobody's."""
    return role in RIGHTS.get(right, frozenset())
