"""What a closed call becomes: exactly one of ticket, closed consultation, call-back task (docs/protocol.md, "After the
call"); and how pressing it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

Kind = Literal["ticket", "consultation", "callback"]

TICKET_DISPOSITIONS: Final = frozenset({"D03", "D04", "D05", "D07"})
TICKET_IF_REQUEST: Final = "D10"
GRACE_SECONDS: Final = 10.0
"""How long after the wrap-up a form may still come in: the last autosave is on its way."""
CALLBACK_SECONDS: Final = 30 * 60.0
"""First try of a call-back (rules A.7)."""

_P0: Final = frozenset({"R01", "R02"})
_P1: Final = frozenset({"R03", "R04", "R05", "R06", "R07", "R08"})
_GREEN: Final = frozenset({"G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09"})


@dataclass(frozen=True, slots=True)
class Ended:
    """What matters of a closed call."""

    cause: str
    ended_at: float
    agent_reached: bool
    consultation_over: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """`form_incomplete`: the form was never submitted."""

    kind: Kind
    reason: str
    form_incomplete: bool = False


def decide(call: Ended, fields: Mapping[str, Any], submitted: bool, now: float, wrap_up_seconds: float) -> Outcome | float:
    """The outcome, or the Unix time at which to ask again because the agent may still be writing."""
    if not call.agent_reached:
        return Outcome("callback", call.cause or "unknown")
    if call.cause == "system_failure" and not call.consultation_over:
        return Outcome("callback", "system_failure")
    if not submitted and now < (due := call.ended_at + wrap_up_seconds + GRACE_SECONDS):
        return due
    disposition = str(fields.get("disposition", ""))
    if disposition in TICKET_DISPOSITIONS or (disposition == TICKET_IF_REQUEST and fields.get("request")):
        return Outcome("ticket", disposition, not submitted)
    return Outcome("consultation", disposition, not submitted)


def priority(fields: Mapping[str, Any]) -> int:
    """0 life in danger, 1 risk flags R03–R08, 2 green channel, 3 ordinary (rules, section 3)."""
    flags, groups = frozenset(fields.get("risk_flags", ())), frozenset(fields.get("caller_groups", ()))
    for level, hit in ((0, flags & _P0), (1, flags & _P1), (2, groups & _GREEN)):
        if hit:
            return level
    return 3


def ticket_number(day: date, count: int) -> str:
    """`20261122-0001-22`: the local day, the count of that day, and two check digits (ISO 7064 MOD 97-10), so that a
    number written down wrongly on the phone is noticed."""
    body = f"{day:%Y%m%d}{count:04d}"
    return f"{day:%Y%m%d}-{count:04d}-{98 - int(body) * 100 % 97:02d}"


def ticket_number_holds(number: str) -> bool:
    """Whether the check digits fit."""
    parts = number.split("-")
    return len(parts) == 3 and all(part.isdigit() for part in parts) and int("".join(parts)) % 97 == 1
