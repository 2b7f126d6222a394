"""The table of an emergency's states, and the words it uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from hotline.core.errors import IllegalTransition

STATES: Final = ("raised", "acknowledged", "dispatched", "closed")

TABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "raised": {"acknowledge": "acknowledged", "dispatch": "dispatched"},
        "acknowledged": {"acknowledge": "acknowledged", "dispatch": "dispatched", "close": "closed"},
        "dispatched": {"acknowledge": "dispatched", "dispatch": "dispatched", "close": "closed"},
        "closed": {},
    }
)
"""state → event → next state. Nothing closes an emergency that nobody has taken up; calling out a service takes it up.
Several services may be called out one after the other."""

EVENTS: Final = ("acknowledge", "dispatch", "close")
SOURCES: Final = ("button", "risk_flag", "supervisor")
RESULTS: Final = (
    "help_sent",  # 110, 120 … are with the person
    "calmed",  # the danger is over by talking
    "handed_over",  # another office took the matter on
    "lost_contact",  # nobody could be reached any more; reported to the police
    "false_alarm",
)
SERVICES: Final = ("110", "120", "119", "122", "12356", "12345", "other")
"""Who can be called out. 12356 is the mental-health line."""
DANGER_FLAGS: Final = frozenset({"R01", "R02"})
"""Suicide or self-harm; violence or crime in progress (priority 0 in the list of risk flags)."""

BASIS: Final = "pipl_13_1_4"
"""Personal Information Protection Law, article 13 (1) no. 4: in an emergency, to protect a natural person's life, health or
property, no consent is needed; article 18 (2): the person is told without delay once the emergency is over."""
TELL_SECONDS: Final = 86_400.0
"""The law says "without delay"; the task is due a day after the end. Our own figure."""


def next_state(state: str, event: str) -> str:
    """The state after `event`. Raises IllegalTransition (`emergency.transition`)."""
    target = TABLE[state].get(event)
    if target is None:
        raise IllegalTransition("emergency.transition", state=state, event=event)
    return target


def raised_by_flags(flags: Iterable[str]) -> bool:
    """Whether ticking these risk flags must lead to the question "raise an emergency?"."""
    return not DANGER_FLAGS.isdisjoint(flags)
