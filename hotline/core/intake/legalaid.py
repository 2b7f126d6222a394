"""Whether the caller must be told of legal aid (法律援助法 23, 31, 32, 42; rules B.22): a table of grounds, and who they fit.

It only says that the question must be put; whether somebody gets legal aid is the centre's decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

TOLD: Final = ("told", "applies", "refused", "not_applicable")
"""The answers that close the question (`legal_aid_answers.csv`)."""
NOBODY_THERE: Final = frozenset({"D09", "D11", "D12"})
"""Broke off, harassment, misdialled: there is nobody to tell."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One article that may fit: by the matter (prefixes), by the caller's group, by a risk flag. All given must fit."""

    code: str
    source: str
    zh: str
    en: str
    categories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    def fits(self, fields: Mapping[str, Any]) -> bool:
        """Whether the form names such a matter, group and flag."""
        category = str(fields.get("category") or "")
        return all(
            (
                not self.categories or any(category.startswith(prefix) for prefix in self.categories),
                not self.groups or bool(set(self.groups) & set(fields.get("caller_groups") or ())),
                not self.flags or bool(set(self.flags) & set(fields.get("risk_flags") or ())),
            )
        )

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "source": self.source, "zh": self.zh, "en": self.en}


def grounds_of(rows: Iterable[Mapping[str, str]]) -> tuple[Ground, ...]:
    """The table out of its rows. Raises ValueError for a row that would fit everybody."""
    made = []
    for row in rows:
        lists = {key: tuple(filter(None, row[key].split("|"))) for key in ("categories", "groups", "flags")}
        if not any(lists.values()):
            raise ValueError(f"{row['code']}: fits everybody")
        made.append(Ground(row["code"], row["source"], row["zh"], row["en"], **lists))
    return tuple(made)


def fitting(fields: Mapping[str, Any], grounds: Iterable[Ground]) -> list[Ground]:
    """The grounds that fit, in the order of the table; none where there was nobody to tell."""
    if fields.get("disposition") in NOBODY_THERE:
        return []
    return [ground for ground in grounds if ground.fits(fields)]


def unanswered(fields: Mapping[str, Any], grounds: Iterable[Ground]) -> bool:
    """Whether the form may not be closed yet: legal aid was to be spoken of, and nothing says that it was."""
    return fields.get("legal_aid") not in TOLD and bool(fitting(fields, grounds))
