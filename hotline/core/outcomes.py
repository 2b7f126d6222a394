"""What a closed call becomes: exactly one of ticket, closed consultation, call-back task (docs/protocol.md, "After the
call"); and how pressing it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from hotline.core.external_hotlines import result_keeps_ticket
from hotline.core.queues.places import OUR_FAULT

Kind = Literal["ticket", "consultation", "callback", "attempt", "staff"]

TICKET_DISPOSITIONS: Final = frozenset({"D03", "D04", "D05", "D07"})
STAFF_MENU: Final = "staff_menu"
PROGRESS_TOLD: Final = "progress_told"
PROGRESS_DISPOSITION: Final = "D13"
"""重复告知进展: what a caller was told by the menu counts like what an agent would have said."""
ABUSE_DISPOSITION: Final = "D11"
TICKET_IF_REQUEST: Final = "D10"
MESSAGE: Final = "voice_message"
"""Reason of a ticket that comes from a voice message."""
MESSAGE_DISPOSITION: Final = "D03"
"""To be called back."""
MESSAGE_SERVICE: Final = "S18"
"""Other: what it is about is only known to those who listen to it."""
GRACE_SECONDS: Final = 10.0
"""How long after the wrap-up a form may still come in: the last autosave is on its way."""

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
    expert_reached: bool = False
    """Somebody from the roster was, which without an agent happens out of hours."""
    message_left: bool = False
    outbound: bool = False
    """We called: then there is a task behind it, which knows how it goes on when nobody talked."""
    restricted: bool = False
    """The number is restricted, and the caller did not ask for help."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`form_incomplete`: the form was never submitted."""

    kind: Kind
    reason: str
    form_incomplete: bool = False


def decide(call: Ended, fields: Mapping[str, Any], submitted: bool, now: float, wrap_up_seconds: float) -> Outcome | float:
    """The outcome, or the Unix time at which to ask again because the agent may still be writing. `staff`: no caller at all,
    but one of our own people in their menu; nothing follows."""
    if call.cause == STAFF_MENU:
        return Outcome("staff", STAFF_MENU)
    if call.cause == PROGRESS_TOLD:
        return Outcome("consultation", PROGRESS_DISPOSITION)
    if call.restricted and not call.agent_reached:
        return Outcome("consultation", ABUSE_DISPOSITION)
    if call.message_left:
        # Exactly one ticket, whatever else happened: it is what somebody must answer (rules A.8).
        if call.agent_reached and not submitted and now < (due := call.ended_at + wrap_up_seconds + GRACE_SECONDS):
            return due
        return Outcome("ticket", MESSAGE, call.agent_reached and not submitted)
    unserved: Kind = "attempt" if call.outbound else "callback"
    if not call.agent_reached and not call.expert_reached:
        return Outcome(unserved, call.cause or "unknown")
    if call.cause == "callback_promised":
        return Outcome("callback", call.cause)
    if call.cause in OUR_FAULT and not call.consultation_over:
        return Outcome(unserved, call.cause)
    if call.agent_reached and not submitted and now < (due := call.ended_at + wrap_up_seconds + GRACE_SECONDS):
        return due
    disposition = str(fields.get("disposition", ""))
    if disposition in TICKET_DISPOSITIONS or (disposition == TICKET_IF_REQUEST and fields.get("request")):
        return Outcome("ticket", disposition, not submitted)
    if result_keeps_ticket(disposition, str(fields.get("handover_result", ""))):
        return Outcome("ticket", "unresolved_elsewhere", not submitted)
    return Outcome("consultation", disposition, not submitted)


def form_open(outcome: str | None, ended_at: float | None, agent_reached: bool, now: float, wrap_up_seconds: float) -> bool:
    """Whether the agent may still write the form. What the call becomes follows from the form, so afterwards it is closed;
    but a call that we cut off is called back at once, whatever the form says, and its agent may finish what was typed
    until the wrap-up is over."""
    if outcome is None:
        return True
    if outcome != "callback" or not agent_reached or ended_at is None:
        return False
    return now < ended_at + wrap_up_seconds + GRACE_SECONDS


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
