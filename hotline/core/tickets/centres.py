"""The tree of centres: province, city, county, town, village. Who sees whose tickets follows from it (rules F.51). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tree:
    """Every centre and the one above it (`` at the top). A centre that is not known stands alone; a circle in the data ends
    where it closes."""

    parents: Mapping[str, str] = field(default_factory=dict)

    def chain(self, centre_id: str) -> tuple[str, ...]:
        """The centre and all above it, the nearest first."""
        found: list[str] = []
        here = centre_id
        while here and here not in found:
            found.append(here)
            here = self.parents.get(here, "")
        return tuple(found)

    def above(self, centre_id: str) -> str:
        """The next centre up; `` at the top."""
        return next(iter(self.chain(centre_id)[1:]), "")

    def top(self, centre_id: str) -> str:
        """The topmost centre over this one: itself at the top, `` for none."""
        return next(reversed(self.chain(centre_id)), "")

    def covers(self, upper: str, lower: str) -> bool:
        """Whether `lower` is `upper` or lies below it."""
        return bool(upper) and upper in self.chain(lower)

    def below(self, centre_id: str) -> frozenset[str]:
        """The centre and all below it."""
        return frozenset({centre_id, *(found for found in self.parents if self.covers(centre_id, found))})
