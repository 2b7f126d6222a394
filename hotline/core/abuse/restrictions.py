"""The life of a restriction of one number.

An agent proposes, with the call as evidence; a supervisor decides, for at most a day at a time; every renewal is a decision
of its own with a reason (review); anything else raises. While it is active the caller hears what is the matter and until
when, and still reaches help in an emergency by one key.

==========  =========================================
state       event → next state
==========  =========================================
proposed    approve → active, refuse → refused
active      renew → active, lift → lifted, expire → expired
refused     –
lifted      –
expired     renew → active
==========  =========================================
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hotline.core.errors import IllegalTransition, Invalid

STATES: Final = ("proposed", "active", "refused", "lifted", "expired")
ACTIVE: Final = "active"
EVENTS: Final = ("approve", "refuse", "renew", "lift", "expire")
LEAST_HOURS: Final = 1.0

TABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "proposed": {"approve": "active", "refuse": "refused"},
        "active": {"renew": "active", "lift": "lifted", "expire": "expired"},
        "refused": {},
        "lifted": {},
        "expired": {"renew": "active"},
    }
)


def step(state: str, event: str) -> str:
    """The next state. Raises :class:`IllegalTransition` (`restriction.transition`)."""
    target = TABLE[state].get(event)
    if target is None:
        raise IllegalTransition("restriction.transition", state=state, event=event)
    return target


def until(now: float, hours: float, most_hours: float) -> float:
    """When a restriction decided at `now` (Unix seconds) ends. Raises :class:`Invalid` (`restriction.hours`) unless
    `hours` lies between 1 and `most_hours` (24 by the rules: a restriction is never quietly for ever)."""
    if not LEAST_HOURS <= hours <= most_hours:
        raise Invalid("restriction.hours", least=LEAST_HOURS, most=most_hours)
    return now + 3600.0 * hours
