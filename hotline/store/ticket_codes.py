"""The words of the tickets, read once from `ticket_codes.csv`: reasons, ways of telling, papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from hotline.store.catalogue import rows


@dataclass(frozen=True, slots=True)
class Word:
    """One code. `services`: of a paper, for which services it is asked; none: all."""

    code: str
    zh: str
    en: str
    services: tuple[str, ...] = ()


@cache
def words() -> Mapping[str, tuple[Word, ...]]:
    """List → its codes, in file order; `clock_rules`: the rules of the limits; `follow_up_questions`: what a follow-up asks."""
    found: dict[str, list[Word]] = {}
    for row in rows("ticket_codes.csv"):
        services = tuple(part for part in (row["services"] or "").split("|") if part)
        found.setdefault(row["list"], []).append(Word(row["code"], row["zh"], row["en"], services))
    found["clock_rules"] = [Word(row["rule"], row["zh"], row["en"]) for row in rows("ticket_clock_names.csv")]
    found["follow_up_questions"] = [Word(row["code"], row["zh"], row["en"]) for row in rows("follow_up_questions.csv")]
    return MappingProxyType({name: tuple(items) for name, items in found.items()})


@cache
def codes() -> Mapping[str, frozenset[str]]:
    """List → its valid codes."""
    return MappingProxyType({name: frozenset(item.code for item in items) for name, items in words().items()})


def name(list_name: str, code: str, language: str = "zh-CN") -> str:
    """The words for a code; a text that is no code stands for itself (a paper written in by hand)."""
    found = next((item for item in words().get(list_name, ()) if item.code == code), None)
    if found is None:
        return code
    return found.en if language.startswith("en") else found.zh
