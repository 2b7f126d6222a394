"""What the doctor found, invariant by invariant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hotline.core.audits import Broken
from hotline.jobs.doctor.texts import INVARIANTS, sentence

SHOWN: int = 20
"""How many broken rows of one invariant the machine-readable report lists (the count is always whole)."""


@dataclass(slots=True)
class Report:
    """`checked` counts the rows or files looked at for each invariant; `skipped` says why one was not looked at."""

    now: float
    checked: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[Broken]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    live: int = 0
    """Calls that still ran."""

    def looked(self, *invariants: str, rows: int = 1) -> None:
        """Note that these invariants were checked on so many rows."""
        for invariant in invariants:
            self.checked[invariant] += rows

    def add(self, found: Iterable[Broken]) -> None:
        """Note what is broken, in the order found."""
        for item in found:
            self.broken.setdefault(item.invariant, []).append(item)

    def say(self, invariant: str, problem: str, subject: str, call_id: str = "", **details: Any) -> None:
        """Note one broken row."""
        self.add([Broken(invariant, subject, problem, call_id, details)])

    @property
    def clean(self) -> bool:
        return not self.broken

    def to_json(self) -> dict[str, Any]:
        """For `--json`: `clean`, and one entry an invariant with its first broken row and all of them up to 20."""
        return {
            "clean": self.clean,
            "checked_at": self.now,
            "live_calls": self.live,
            "invariants": [self._entry(key) for key in INVARIANTS],
        }

    def _entry(self, key: str) -> dict[str, Any]:
        found = self.broken.get(key, [])
        zh, en = INVARIANTS[key]
        rows = [_row(item) for item in found[:SHOWN]]
        return {
            "id": key,
            "zh": zh,
            "en": en,
            "state": self.state(key),
            "checked": self.checked[key],
            "broken": len(found),
            "skipped": self.skipped.get(key, ""),
            "first": rows[0] if rows else None,
            "rows": rows,
        }

    def state(self, key: str) -> str:
        """`broken`, `skipped` (could not be looked at here) or `holds`."""
        if key in self.broken:
            return "broken"
        return "skipped" if key in self.skipped and not self.checked[key] else "holds"


def _row(item: Broken) -> dict[str, Any]:
    zh, en = sentence(item)
    return {
        "subject": item.subject,
        "call_id": item.call_id,
        "problem": item.problem,
        "details": dict(item.details),
        "zh": zh,
        "en": en,
    }
