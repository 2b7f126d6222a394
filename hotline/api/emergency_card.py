"""The dispatch card of an emergency: what the second person needs to call out 110 or 120."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from hotline.api.context import Context
from hotline.api.people import Person
from hotline.core.emergencies.machine import BASIS
from hotline.core.emergencies.words import fill
from hotline.core.errors import Missing
from hotline.core.phones import normalise
from hotline.secrecy import SecrecyError
from hotline.store import audit
from hotline.store.catalogue import catalogue
from hotline.store.emergency_scripts import SCRIPTS, script
from hotline.store.models import Call, Emergency, Region
from hotline.store.repositories import forms
from hotline.store.repositories.sealing import unseal


class ScriptRow(BaseModel):
    """Words for one service, filled in."""

    service: str
    text: str


class Card(BaseModel):
    """In clear, on the emergency's legal basis (`basis`); empty is not known. `state`, `dispatched_to`: so far."""

    id: str
    call_id: str
    state: str
    basis: str
    name: str
    number: str
    place: str
    region: str
    matter: str
    groups: list[str]
    flags: list[str]
    facts: str
    line: str
    dispatched_to: list[str]
    scripts: list[ScriptRow]


_HINT = {"zh-CN": "号码归属{place}，仅供参考", "en": "the number is from {place}: only a hint"}
"""Where a number comes from is not where its owner is: never to be read out as the place."""
_LINE = {
    "zh-CN": {True: "电话仍在通话中", False: "电话已断开"},
    "en": {True: "still on the line", False: "the line has dropped"},
}


def read_card(context: Context, person: Person, emergency_id: str, language: str) -> Card:
    """Open the card: one transaction that ends with the audit row. Raises Missing."""
    with context.store.write() as session:
        row = session.get(Emergency, emergency_id)
        if row is None or row.state == "closed":
            raise Missing("emergency.missing")
        made = _card(context, session, row, language)
        audit.append(
            session,
            at=time.time(),
            actor=person.user_id,
            action="emergency.card_opened",
            object=f"emergencies/{emergency_id}",
            purpose=BASIS,
            data={"call_id": row.call_id, "fields": ["name", "number", "address"]},
        )
    return made


def _card(context: Context, session: Session, row: Emergency, language: str) -> Card:
    call = session.get(Call, row.call_id)
    fields: Mapping[str, Any] = forms.get(session, context.secrecy, row.call_id).fields
    number = str(fields.get("caller_number") or "")
    if not number and call is not None:
        try:
            number = unseal(context.secrecy, "calls.caller_enc", row.call_id, call.caller_enc)
        except SecrecyError:
            number = ""
    english = language == "en"

    def named(list_name: str, code: object) -> str:
        item = next((one for one in catalogue().items(list_name) if one.code == code), None)
        return (item.en if english else item.zh) if item else ""

    region_row = session.get(Region, str(fields.get("matter_region") or ""))
    region = ""
    if region_row is not None:
        region = region_row.name_en if english and region_row.name_en else region_row.name
    elif row.region_hint:
        region = _HINT[language].format(place=row.region_hint)
    flags = sorted({*row.flags, *(fields.get("risk_flags") or [])})
    values = {
        "name": str(fields.get("caller_name") or ""),
        "number": (normalise(number).national or number) if number else "",
        "place": str(fields.get("address") or ""),
        "region": region,
        "matter": ("; " if english else "、").join(filter(None, (named("risk_flags", code) for code in flags))),
        "groups": ("; " if english else "、").join(
            filter(None, (named("caller_groups", code) for code in fields.get("caller_groups") or []))
        ),
        "facts": str(fields.get("facts") or ""),
        "line": _LINE[language][row.line_lost_at is None],
    }
    return Card(
        id=row.id,
        call_id=row.call_id,
        state=row.state,
        basis=row.basis,
        name=values["name"],
        number=values["number"],
        place=values["place"],
        region=values["region"],
        matter=values["matter"],
        groups=[named("caller_groups", code) for code in fields.get("caller_groups") or []],
        flags=flags,
        facts=values["facts"],
        line=values["line"],
        dispatched_to=list(row.dispatched_to),
        scripts=[
            ScriptRow(service=name, text=fill(script(name, language, context.settings.emergency.scripts), values, language))
            for name in SCRIPTS
        ],
    )
