"""The hard rule of the duty desk: who advised on the telephone does not get the paid case from the system (rules C.30)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hotline.core.conflicts.book import Book, Parties, barred

NOBODY: Final = Parties()


@dataclass(frozen=True, slots=True)
class PaidCase:
    """A case that would be given to somebody for a fee. `advised` are the experts who talked with the caller on the calls
    the case comes from; `parties` as for a transfer."""

    advised: tuple[str, ...]
    parties: Parties = NOBODY


def may_take_paid_case(
    case: PaidCase, expert_id: str, firm_of: Mapping[str, str], book: Book | None = None, *, firm_of_then: Iterable[str] = ()
) -> str:
    """`` when the system may assign the case to this expert, else why not: `duty_expert` (they answered themselves),
    `duty_firm` (somebody of their firm did; `firm_of_then` names the firms at the time of the calls), or the reason of a
    conflict.

    Source: the Ministry's rule on the 148 line: a duty lawyer may not use the line to find cases. It binds the system's own
    assignment; whom the caller engages by themselves is theirs to choose.
    """
    if expert_id in case.advised:
        return "duty_expert"
    firm = firm_of.get(expert_id, "")
    if firm and firm in {*firm_of_then, *(firm_of.get(other, "") for other in case.advised)}:
        return "duty_firm"
    if book is not None:
        found = barred(book, case.parties, firm_of, (expert_id,)).get(expert_id)
        if found is not None:
            return found.reason
    return ""
