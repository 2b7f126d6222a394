"""The code lists of the hotline, read once from the CSV files in `hotline/store/data/`, each with Chinese and English.

The codes are the hotline's own: no official open list was found. `raises` on a category names the risk flag that it
suggests; `green` on a caller group opens the green channel; `outcome` on a disposition says what the call becomes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

LISTS: Final = (
    "matter_categories",
    "service_types",
    "caller_groups",
    "dispositions",
    "handover_results",
    "risk_flags",
    "languages",
    "pause_reasons",
    "rating_keys",
    "skills",
    "sexes",
    "age_bands",
    "relations",
    "stages",
    "legal_aid_answers",
    "not_accepted",
    "notice_ways",
    "key_events",
)
FALLBACK_SKILL: Final = "GN"
"""The general group takes what no other group claims."""


@dataclass(frozen=True, slots=True)
class Item:
    """One code of a list; `extra` holds the list's own columns (empty ones left out)."""

    code: str
    zh: str
    en: str
    extra: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "zh": self.zh, "en": self.en, **self.extra}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All lists by name (:data:`LISTS`), in file order."""

    lists: Mapping[str, tuple[Item, ...]]

    def items(self, name: str) -> tuple[Item, ...]:
        """The items of a list. Raises KeyError."""
        return self.lists[name]

    def find(self, name: str, code: str) -> Item | None:
        """One item of a list, or None."""
        return next((item for item in self.lists[name] if item.code == code), None)

    def codes(self, name: str) -> frozenset[str]:
        """All codes of a list."""
        return frozenset(item.code for item in self.lists[name])

    def skill(self, category: str) -> str:
        """The skill group that takes a matter; unknown codes go to the general group."""
        for code in (category, category[:2]):
            item = self.find("matter_categories", code)
            if item is not None and item.extra.get("skill"):
                return item.extra["skill"]
        return FALLBACK_SKILL

    def to_json(self, regions: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """The body of `GET /api/catalogue`; `regions` come from the database."""
        names = {"matter_categories": "categories"}
        body: dict[str, Any] = {names.get(name, name): [item.to_json() for item in items] for name, items in self.lists.items()}
        body["regions"] = [dict(region) for region in regions]
        return body


@cache
def catalogue() -> Catalogue:
    """The lists that ship with the program."""
    return Catalogue({name: tuple(_item(row) for row in rows(f"{name}.csv")) for name in LISTS})


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one shipped file (`ticket_clocks.csv`, `workdays.csv` …); lines starting with # are comments."""
    text = (files("hotline.store") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


def _item(row: Mapping[str, str]) -> Item:
    extra = {key: value for key, value in row.items() if key not in ("code", "zh", "en") and value}
    return Item(row["code"], row["zh"], row["en"], extra)
