"""Everything the form says back to the agent, in one answer: it follows each save and never holds up the typing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from hotline.core.calendars.days import DayTable
from hotline.core.intake import legalaid, limits, notices, wording
from hotline.core.intake.limits import NEAR_DAYS, URGENT_DAYS
from hotline.core.outcomes import priority

LIMIT_FLAG: Final = "R07"
"""Risk flag: a limit of the law within 7 days."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The data that the hints are made from; each shipped as a CSV file, and a bureau's own where it has one."""

    limits: tuple[limits.Limit, ...] = ()
    grounds: tuple[legalaid.Ground, ...] = ()
    materials: tuple[notices.Material, ...] = ()
    prompts: tuple[wording.Prompt, ...] = ()
    risk_words: Mapping[str, str] | None = None
    raises: Mapping[str, str] | None = None
    """Category → the risk flag worth asking about."""
    services: Mapping[str, tuple[str, str]] | None = None
    """Service type → its name in Chinese and English."""
    event_flags: Mapping[str, str] | None = None
    """Key event → the risk flag worth asking about (detained: R08)."""
    urgent_days: int = URGENT_DAYS
    near_days: int = NEAR_DAYS


def checked(fields: Mapping[str, Any], tables: Tables, days: DayTable, today: date) -> list[limits.Checked]:
    """The form's dates by the limits of the law."""
    return limits.check(
        fields.get("key_dates") or (),
        str(fields.get("category") or ""),
        tables.limits,
        days,
        today,
        urgent_days=tables.urgent_days,
        near_days=tables.near_days,
    )


def raised(fields: Mapping[str, Any], tables: Tables, days: DayTable, today: date) -> dict[str, Any]:
    """The form as it is submitted: with the flag that makes it P1 when a limit runs out within 7 days, whether the agent ticked
    it or not (rules B.23)."""
    flags = list(fields.get("risk_flags") or ())
    if LIMIT_FLAG not in flags and any(one.state == "urgent" for one in checked(fields, tables, days, today)):
        return {**fields, "risk_flags": sorted([*flags, LIMIT_FLAG])}
    return dict(fields)


def hints(fields: Mapping[str, Any], tables: Tables, days: DayTable, today: date) -> dict[str, Any]:
    """What to ask, to say and to mind: `legal_aid`, `limits`, `flags` (proposed and not ticked yet: flag, why, word),
    `wording`, `notice`, and the `priority` that the form would give a ticket as it stands."""
    dates = checked(fields, tables, days, today)
    ticked = set(fields.get("risk_flags") or ())
    proposed: dict[str, dict[str, str]] = {}

    def propose(flag: str | None, why: str, word: str = "") -> None:
        if flag and flag not in ticked:
            proposed.setdefault(flag, {"flag": flag, "why": why, "word": word})

    if any(one.state == "urgent" for one in dates):
        propose(LIMIT_FLAG, "limit")
    for entry in fields.get("key_dates") or ():
        propose((tables.event_flags or {}).get(str(entry.get("event", ""))), "event")
    propose((tables.raises or {}).get(str(fields.get("category") or "")), "category")
    typed = " ".join(str(fields.get(name) or "") for name in ("facts", "request"))
    for flag, word in wording.flags_in(typed, tables.risk_words or {}).items():
        propose(flag, "word", word)
    service = str(fields.get("service_type") or "")
    return {
        "legal_aid": [one.to_json() for one in legalaid.fitting(fields, tables.grounds)],
        "limits": [one.to_json() for one in dates],
        "flags": list(proposed.values()),
        "wording": [one.to_json() for one in wording.fitting(fields, {one.state for one in dates}, tables.prompts)],
        "notice": notices.notice(
            fields.get("missing_materials") or (), tables.materials, service, (tables.services or {}).get(service, ("", ""))
        ),
        "priority": priority(raised(fields, tables, days, today)),
    }
