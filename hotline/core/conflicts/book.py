"""Whom experts and their firms have to do with, and who is therefore barred from a caller."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Side = Literal["client", "opponent", "avoid"]
Reason = Literal["advised_opponent", "opposes_client", "declared", "caller_wish"]

BINDS_FIRM: Final = frozenset({"client", "opponent"})
"""What one lawyer has advised binds the house; a declared wish to avoid is personal."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One party of one expert, as in the table `conflict_marks`. `at` is Unix seconds."""

    expert_id: str
    firm_id: str
    side: str
    call_id: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Parties:
    """Who calls and whom against, as hashes; `avoid` are experts the caller does not want (any more)."""

    caller: tuple[str, ...] = ()
    opposing: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Why an expert is barred; `party_hash` is the one that matched (`` for the caller's wish)."""

    reason: Reason
    party_hash: str = ""


@dataclass(slots=True)
class Book:
    """All marks by hash. `complete` is False while they could not be read (the database has been away since the start)."""

    by_hash: dict[str, tuple[Mark, ...]] = field(default_factory=dict)
    complete: bool = True

    def add(self, party_hash: str, mark: Mark) -> None:
        """Note one more; twice the same changes nothing."""
        known = self.by_hash.get(party_hash, ())
        if mark not in known:
            self.by_hash[party_hash] = (*known, mark)

    def at(self, party_hash: str) -> tuple[Mark, ...]:
        return self.by_hash.get(party_hash, ())


def barred(
    book: Book,
    parties: Parties,
    firm_of: Mapping[str, str],
    experts: Collection[str],
    *,
    before: float | None = None,
    but_call: str = "",
) -> dict[str, Found]:
    """Which of `experts` must not be offered this caller, and why; `firm_of` is expert → firm (`` or absent: none).

    * They, or their firm, advised or represent the opposing party: `advised_opponent`.
    * The caller is the opposing party of somebody they, or their firm, advised: `opposes_client`.
    * They declared that they must avoid one of the two: `declared`.
    * The caller wants somebody else: `caller_wish`.

    `before`: only what was known then (Unix seconds). Marks of the call `but_call` itself do not count.
    """
    result: dict[str, Found] = {}
    for expert_id in parties.avoid:
        if expert_id in experts:
            result.setdefault(expert_id, Found("caller_wish"))
    for party_hash, mark, reason in _hits(book, parties):
        if (before is not None and mark.at > before) or (but_call and mark.call_id == but_call):
            continue
        if mark.expert_id in experts:
            result.setdefault(mark.expert_id, Found(reason, party_hash))
        if mark.firm_id and mark.side in BINDS_FIRM:
            for expert_id in experts:
                if firm_of.get(expert_id) == mark.firm_id:
                    result.setdefault(expert_id, Found(reason, party_hash))
    return result


def _hits(book: Book, parties: Parties) -> Iterable[tuple[str, Mark, Reason]]:
    own = set(parties.caller)
    for party_hash in parties.opposing:
        if party_hash in own:
            continue  # the caller's own name typed as the opposing party says nothing
        for mark in book.at(party_hash):
            if mark.side == "client":
                yield party_hash, mark, "advised_opponent"
            elif mark.side == "avoid":
                yield party_hash, mark, "declared"
    for party_hash in parties.caller:
        for mark in book.at(party_hash):
            if mark.side == "opponent":
                yield party_hash, mark, "opposes_client"
            elif mark.side == "avoid":
                yield party_hash, mark, "declared"
