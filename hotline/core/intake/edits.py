"""Two people on one form. Every field has a version of its own; an edit says from which version it was made. Made from the
present one it is taken; made from an older one it is a *conflict*, which leaves what is stored alone and is shown with both
values to whoever edited last: nobody overwrites anybody without seeing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Edit:
    """`value` for a field, made when the field had version `base` (0: nobody had written it). None or empty clears it."""

    field: str
    base: int
    value: Any


@dataclass(slots=True)
class Applied:
    """The form afterwards: `values` in full, `versions` of every field ever written, `taken` what this edit changed, and
    `conflicts`, the fields whose edit was not taken."""

    values: dict[str, Any]
    versions: dict[str, int]
    taken: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def apply(values: Mapping[str, Any], versions: Mapping[str, int], edits: Iterable[Edit]) -> Applied:
    """What becomes of the form. An edit that says what is stored already is neither taken nor a conflict, whatever it was
    made from: two people who typed the same agree."""
    result = Applied(dict(values), dict(versions))
    for edit in edits:
        if same(result.values.get(edit.field), edit.value):
            continue
        if edit.base != result.versions.get(edit.field, 0):
            result.conflicts.append(edit.field)
            continue
        if empty(edit.value):
            result.values.pop(edit.field, None)
        else:
            result.values[edit.field] = edit.value
        result.versions[edit.field] = result.versions.get(edit.field, 0) + 1
        result.taken.append(edit.field)
    return result


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The fields that differ, for a form that was written as a whole."""
    return sorted(name for name in {*before, *after} if not same(before.get(name), after.get(name)))


def empty(value: Any) -> bool:
    """Nothing typed: None, "", [], False."""
    return value is None or value in ("", [], False)


def same(one: Any, other: Any) -> bool:
    """Whether two values of a field mean the same; nothing is nothing, lists are compared without order."""
    if empty(one) and empty(other):
        return True
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    return bool(one == other)
