"""What is said with an act: checked against what the table asks for. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import Invalid
from hotline.core.tickets.model import Standing
from hotline.core.tickets.table import Act, Need

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
SHORTEST: Final = 2
"""A reason of one character is none."""


def checked(act: Act, given: Mapping[str, Any], standing: Standing) -> dict[str, Any]:
    """The values of an act, tidy. Raises Invalid `ticket.needs` with `fields`: {name: missing | type | too_long | too_short |
    unknown_code | unknown_centre | unknown_person | unknown_field | range}."""
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {}
    known = {need.name: need for need in act.needs}
    for name in given:
        if name not in known:
            wrong[str(name)[:40]] = "unknown_field"
    for name, need in known.items():
        value = given.get(name)
        if value is None or value in ("", [], {}):
            if not need.optional:
                wrong[name] = "missing"
            continue
        try:
            found[name] = _KINDS[need.kind](value, need, standing)
        except ValueError as problem:
            wrong[name] = str(problem)
    # A list of what is missing may consist of other papers only.
    if act.name == "ask_papers" and wrong.get("materials") == "missing" and found.get("others"):
        del wrong["materials"]
        found["materials"] = []
    if wrong:
        raise Invalid("ticket.needs", act=act.name, fields=wrong)
    return found


def _text(value: Any, need: Need, _: Standing) -> str:
    if not isinstance(value, str):
        raise ValueError("type")
    text = _CONTROL.sub("", value).replace("\r\n", "\n").strip()
    if len(text) < SHORTEST:
        raise ValueError("too_short")
    if len(text) > need.limit:
        raise ValueError("too_long")
    return text


def _code(value: Any, need: Need, standing: Standing) -> str:
    if not isinstance(value, str):
        raise ValueError("type")
    if value not in standing.codes.get(need.codes, frozenset()):
        raise ValueError("unknown_code")
    return value


def _list(value: Any, need: Need, standing: Standing) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("type")
    if len(value) > need.limit:
        raise ValueError("too_long")
    if need.kind == "codes":
        return list(dict.fromkeys(_code(item, need, standing) for item in value))
    return [_text(item, Need(need.name, "text", limit=100), standing) for item in value]


def _centre(value: Any, _: Need, standing: Standing) -> str:
    if not isinstance(value, str) or value not in standing.centres:
        raise ValueError("unknown_centre")
    return value


def _person(value: Any, _: Need, standing: Standing) -> str:
    if not isinstance(value, str) or standing.person is None or standing.person.id != value:
        raise ValueError("unknown_person")
    return value


def _ticket(value: Any, _: Need, standing: Standing) -> str:
    if not isinstance(value, str) or standing.into is None:
        raise ValueError("unknown_ticket")
    return standing.into.number


def _accused(value: Any, _: Need, standing: Standing) -> str:
    if not isinstance(value, str) or standing.accused is None:
        raise ValueError("unknown_person")
    return f"{standing.accused.kind}:{standing.accused.id}"


def _answers(value: Any, need: Need, standing: Standing) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("type")
    found = {_code(code, need, standing): _code(answer, YES_NO, standing) for code, answer in value.items()}
    return dict(sorted(found.items()))


YES_NO: Final = Need("answer", "code", "follow_up_answers")


def _amount(value: Any, need: Need, _: Standing) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("type")
    if not 1 <= value <= need.limit:
        raise ValueError("range")
    return value


def _time(value: Any, _: Need, __: Standing) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("type")
    if not 0 < value < 4_102_444_800:  # the year 2100
        raise ValueError("range")
    return float(value)


_KINDS: Final[Mapping[str, Callable[[Any, Need, Standing], Any]]] = MappingProxyType(
    {
        "text": _text,
        "code": _code,
        "codes": _list,
        "texts": _list,
        "centre": _centre,
        "person": _person,
        "ticket": _ticket,
        "amount": _amount,
        "score": _amount,
        "time": _time,
        "accused": _accused,
        "answers": _answers,
    }
)
