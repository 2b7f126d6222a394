"""Wording at hand (rules I.63): what must be said and what must not be promised, by disposition, matter, flag and service; and
words in the facts that suggest a risk flag (rules H.55: a hint, the agent decides). Both tables are data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["say", "avoid"]
MOST: Final = 6
"""Prompts shown at once: more is not read during a call."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One sentence. `when`: `always`, or what it hangs on: `category:02`, `flag:R01`, `disposition:D08`, `service:S02`,
    `group:G02`, `limit:past`."""

    code: str
    when: str
    kind: Kind
    zh: str
    en: str

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "kind": self.kind, "zh": self.zh, "en": self.en}


def prompts_of(rows: Iterable[Mapping[str, str]]) -> tuple[Prompt, ...]:
    """The table out of its rows. Raises ValueError for a kind that is neither `say` nor `avoid`."""
    made = []
    for row in rows:
        kind: Kind = "say" if row["kind"] == "say" else "avoid"
        if kind != row["kind"]:
            raise ValueError(f"{row['code']}: kind must be say or avoid")
        made.append(Prompt(row["code"], row["when"], kind, row["zh"], row["en"]))
    return tuple(made)


def fitting(fields: Mapping[str, Any], limit_states: Iterable[str], prompts: Iterable[Prompt]) -> list[Prompt]:
    """The prompts for this form now, the narrower before those that always hold, at most :data:`MOST`."""
    true = {
        *(f"flag:{code}" for code in fields.get("risk_flags") or ()),
        *(f"group:{code}" for code in fields.get("caller_groups") or ()),
        *(f"limit:{state}" for state in limit_states),
        f"disposition:{fields.get('disposition') or '-'}",
        f"service:{fields.get('service_type') or '-'}",
    }
    category = str(fields.get("category") or "")

    def holds(when: str) -> bool:
        kind, _, what = when.partition(":")
        return bool(category) and category.startswith(what) if kind == "category" else when in true

    narrow = [one for one in prompts if one.when != "always" and holds(one.when)]
    return [*narrow, *(one for one in prompts if one.when == "always")][:MOST]


def flags_in(text: str, words: Mapping[str, str]) -> dict[str, str]:
    """{risk flag: the first word that suggests it} of the words found in `text`."""
    found: dict[str, str] = {}
    for word, flag in words.items():
        if word in text:
            found.setdefault(flag, word)
    return found
