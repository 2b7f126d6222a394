"""What must always hold of a call, proved from its facts alone. Pure: usable by `hotline doctor`, tests and simulators.

`check_call(facts, now)` looks at one call, `Across` at several together (one person, one queue). Both name what is
broken as :class:`Broken`; nothing found means that it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from hotline.core.audits import desk, ending, headsets, messages, recording, supervision, transfers, visit
from hotline.core.audits.across import Across
from hotline.core.audits.model import Broken, Limits, Visit, read
from hotline.core.facts import Fact

__all__ = ["CHECKS", "Across", "Broken", "Limits", "Visit", "check_call", "check_visit", "read"]

CHECKS: Final[tuple[Callable[[Visit], Iterator[Broken]], ...]] = (
    visit.numbered,
    visit.begun_and_ended,
    visit.answered,
    visit.causes,
    visit.not_too_long,
    desk.one_at_a_time,
    desk.offers_once,
    desk.dialled_legs_end,
    desk.not_too_often,
    desk.never_in_the_air,
    desk.seniority_kept,
    headsets.lost_and_found,
    transfers.transfers_end,
    transfers.side_talks,
    recording.talks_recorded,
    recording.lengths,
    messages.messages_end,
    ending.rated_once,
    ending.outcome_of_rating,
    supervision.monitors_end,
    supervision.taken_over_from_the_line,
    supervision.pinned_not_dropped,
)
"""Every check of a single call; each yields what it finds broken."""


def check_call(facts: Iterable[Fact], now: float, *, live: bool = False, limits: Limits | None = None) -> list[Broken]:
    """Everything broken in one call. `live`: it still runs, so that open things are in order. Order and doubles of
    `facts` do not matter. Raises ValueError for facts of two calls."""
    return check_visit(read(facts, now, live=live, limits=limits or Limits()))


def check_visit(call: Visit) -> list[Broken]:
    """The same for facts that were read already."""
    return [broken for check in CHECKS for broken in check(call)] if call.facts else []
