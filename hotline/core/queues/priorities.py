"""How urgent a caller is: P0 danger to life, P1 a risk flag, P2 green channel, P3 ordinary (rules, section 3).

Priority is the one declared way past the line. It comes from the flow, from the caller's earlier forms (a green-channel
group), or from an agent or supervisor who raises it; it never falls by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ORDINARY: Final = 0
_CLASSES: Final = {"P0": 9, "P1": 6, "P2": 3, "P3": ORDINARY}
CLASSES: Final = tuple(_CLASSES)
GREEN: Final = "P2"
"""The class of a green-channel group."""


def priority_of(value: object) -> int:
    """0 (ordinary) to 9 (most urgent) from a number or its text, or from a class of the rules (`P0` … `P3`); anything
    else is ordinary, so that a strange value never jumps the queue."""
    text = str(value).strip().upper()
    if text in _CLASSES:
        return _CLASSES[text]
    return int(text) if text.isdecimal() and int(text) <= 9 else ORDINARY


def class_of(priority: int) -> str:
    """The class that holds `priority`: the inverse of :func:`priority_of`, rounding towards the ordinary."""
    return next((name for name, value in _CLASSES.items() if priority >= value), "P3")


def raises(new: object, old: object) -> bool:
    """Whether `new` goes ahead of `old`: a priority is raised, never lowered."""
    return priority_of(new) > priority_of(old)


def green_class(groups: Iterable[str], green: Iterable[str]) -> str:
    """The class that a caller of these groups is given, `green` being the codes of the green channel; `` for none."""
    return GREEN if set(groups) & set(green) else ""
