"""The states of a letter, and what an attempt to deliver it makes of it. Pure.

The gap that matters lies between the act (the letter is handed over) and the mark (the row says so): whoever dies in it leaves
the row `sending`. Where the same key twice is one letter (`once`: a file by its name, a gateway that keeps keys) it is simply
handed over again. Where that cannot be known the letter becomes `unsure` and a person decides: rather asked than sent twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

State = Literal["waiting", "sending", "sent", "unsure", "failed", "cancelled"]
STATES: Final[tuple[State, ...]] = ("waiting", "sending", "sent", "unsure", "failed", "cancelled")
FINAL: Final = frozenset({"sent", "cancelled"})
"""Nothing more happens to it. `unsure` and `failed` wait for a person."""
Handed = Literal["sent", "again", "refused", "unsure"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a way of sending says. `again`: surely not delivered, worth another try; `refused`: surely not, and never will be;
    `unsure`: nobody can know. `code`: why, a stable word without personal data; `reference`: the other side's name for it."""

    handed: Handed
    code: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of the letter. `wait`: seconds until the next attempt, when there is one."""

    state: State
    wait: float | None = None


def before(state: str, once: bool) -> State | None:
    """What a worker that takes the letter up makes of it first: `sending` (hand it over now), `unsure` (somebody died while
    handing it over, and twice would be twice), or None (nothing to do: it is settled, or waits for a person)."""
    if state == "waiting":
        return "sending"
    if state == "sending":
        return "sending" if once else "unsure"
    return None


def after(receipt: Receipt, tries: int, most: int, backoff: Sequence[float]) -> Next:
    """The state after attempt number `tries` (from 1) of at most `most`; `backoff`: seconds after the first, second, …
    attempt, the last one for all that follow."""
    if receipt.handed == "again":
        if tries >= most:
            return Next("failed")
        return Next("waiting", backoff[min(tries, len(backoff)) - 1])
    return Next({"sent": "sent", "refused": "failed", "unsure": "unsure"}[receipt.handed])  # type: ignore[arg-type]
