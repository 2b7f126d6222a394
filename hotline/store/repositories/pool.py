"""Putting experts into the pool: from the console's form or a spreadsheet, by the same rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.errors import Invalid
from hotline.core.ids import new_id
from hotline.core.phones import normalise
from hotline.core.sheets import ExpertEntry, Problem, ShiftEntry
from hotline.core.sheets.experts import KINDS, Codes
from hotline.core.sheets.roster import Known
from hotline.secrecy import Secrecy
from hotline.store.catalogue import catalogue
from hotline.store.models import Expert, RosterShift
from hotline.store.repositories import experts, firms, places
from hotline.store.repositories.sealing import unseal


@dataclass(slots=True)
class Outcome:
    """What an import did, or would do."""

    added: int = 0
    changed: int = 0
    same: int = 0
    problems: list[Problem] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    """Ids of the experts added or changed."""


def codes(session: Session) -> Codes:
    """The codes that an entry may hold."""
    lists = catalogue()
    skills = {item.code: (item.zh, item.en) for item in lists.items("skills") if item.code not in ("TR", "NA")}
    languages = {item.code: (item.zh, item.en) for item in lists.items("languages")}
    regions = {row.code: (row.name, row.name_en) for row in places.regions(session)}
    return Codes(skills, languages, regions)


def known(session: Session) -> Known:
    """Who is in the pool."""
    rows = session.execute(select(Expert.id, Expert.name, Expert.licence).where(Expert.active))
    return Known({row[0]: (row[1], row[2]) for row in rows})


def put(session: Session, secrecy: Secrecy, entry: ExpertEntry, expert: Expert | None, *, now: float) -> tuple[Expert, bool]:
    """Make or change an expert; whether anything changed. A masked number stands for the present one in the same place.

    Raises Invalid (`expert.phone`) for a number that cannot be dialled, or a mask that stands for nothing.
    """
    firm = firms.ensure(session, entry.firm, expert_kind=entry.kind, now=now)
    values: dict[str, Any] = {
        "name": entry.name,
        "kind": entry.kind,
        "firm_id": firm.id if firm else None,
        "licence": entry.licence,
        "skills": list(entry.skills),
        "languages": list(entry.languages),
        "region_code": entry.regions[0] if entry.regions else "",
        "regions": list(entry.regions[1:]),
        "hours_from": entry.hours[0],
        "hours_to": entry.hours[1],
        "max_calls_per_day": entry.max_per_day,
        "stars": entry.stars,
        "active": True,
    }
    numbers = _numbers(secrecy, entry, expert)
    if expert is None:
        expert = experts.add(session, secrecy, id=new_id("exp", now), phone=numbers[0], **values)
        experts.set_more_phones(secrecy, expert, numbers[1:])
        session.flush()
        return expert, True
    changed = any(getattr(expert, key) != value for key, value in values.items())
    for key, value in values.items():
        setattr(expert, key, value)
    if numbers != all_numbers(secrecy, expert):
        changed = True
        experts.set_phone(secrecy, expert, numbers[0])
        expert.phones = []
        session.flush()  # the old places must be free before they are taken anew
        experts.set_more_phones(secrecy, expert, numbers[1:])
    session.flush()
    return expert, changed


def all_numbers(secrecy: Secrecy, expert: Expert) -> list[str]:
    """All numbers in clear (E.164), in order. Write the audit row first. Raises SecrecyError."""
    more = [unseal(secrecy, "expert_phones.phone_enc", expert.id, item.phone_enc) for item in expert.phones]
    return [experts.phone(secrecy, expert), *more]


def _numbers(secrecy: Secrecy, entry: ExpertEntry, expert: Expert | None) -> list[str]:
    masks = [expert.phone_masked, *(item.phone_masked for item in expert.phones)] if expert is not None else []
    present = all_numbers(secrecy, expert) if expert is not None else []
    result = []
    for text in entry.phones:
        if "*" in text:
            if text not in masks:
                raise Invalid("expert.phone", field="phone")
            result.append(present[masks.index(text)])
            continue
        number = normalise(text)
        if not number.dialable:
            raise Invalid("expert.phone", field="phone")
        result.append(number.e164)
    return result


def import_experts(session: Session, secrecy: Secrecy, entries: Iterable[ExpertEntry], *, now: float) -> Outcome:
    """Put all in, found again by licence, else by name and first number. The caller commits only without problems."""
    outcome = Outcome()
    pool = list(session.scalars(select(Expert).where(Expert.active)))
    by_licence = {row.licence: row for row in pool if row.licence}
    for entry in entries:
        found = by_licence.get(entry.licence) if entry.licence else _by_name(secrecy, pool, entry)
        try:
            row, changed = put(session, secrecy, entry, found, now=now)
        except Invalid:
            outcome.problems.append(Problem(entry.row, "phone", "phone_masked"))
            continue
        if found is None:
            outcome.added += 1
        elif changed:
            outcome.changed += 1
        else:
            outcome.same += 1
        if changed:
            outcome.touched.append(row.id)
    return outcome


def _by_name(secrecy: Secrecy, pool: Sequence[Expert], entry: ExpertEntry) -> Expert | None:
    index = secrecy.index(normalise(entry.phones[0]).national) if "*" not in entry.phones[0] else ""
    for row in pool:
        if row.name == entry.name and (row.phone_hash == index or row.phone_masked == entry.phones[0]):
            return row
    return None


def import_roster(session: Session, entries: Sequence[ShiftEntry]) -> Outcome:
    """The weekly duties of an expert in the file take the place of all their weekly ones; a dated duty takes the place of
    those of that expert and day. Others stay."""
    outcome = Outcome()
    wanted: dict[str, set[tuple[int | None, str | None, int, int]]] = {}
    for entry in entries:
        wanted.setdefault(entry.expert_id, set()).add((entry.weekday, entry.date, entry.from_minute, entry.to_minute))
    for expert_id, duties in wanted.items():
        dates = {day for _, day, _, _ in duties if day is not None}
        weekly = any(weekday is not None for weekday, *_ in duties)
        rows = session.scalars(select(RosterShift).where(RosterShift.expert_id == expert_id)).all()
        kept = set()
        touched = False
        for row in rows:
            if (weekly and row.weekday is not None) or row.date in dates:
                key = (row.weekday, row.date, row.from_minute, row.to_minute)
                if key in duties:
                    kept.add(key)
                else:
                    session.delete(row)
                    outcome.changed += 1
                    touched = True
        for weekday, day, first, last in sorted(duties - kept, key=str):
            session.add(RosterShift(expert_id=expert_id, weekday=weekday, date=day, from_minute=first, to_minute=last))
            outcome.added += 1
            touched = True
        outcome.same += len(kept)
        if touched:
            outcome.touched.append(expert_id)
    session.flush()
    return outcome


def export_experts(session: Session, names: Mapping[str, Mapping[str, tuple[str, str]]]) -> list[list[str]]:
    """Rows for the sheet of experts; numbers stay masked. `names`: the lists of :func:`codes` by name."""
    kinds = {code: zh for zh, code in KINDS.items()}
    result = []
    for row in experts.all_experts(session):
        regions = [code for code in (row.region_code, *row.regions) if code]
        numbers = [row.phone_masked, *(item.phone_masked for item in row.phones)]
        hours = "" if (row.hours_from, row.hours_to) == (0, 1440) else f"{clock(row.hours_from)}-{clock(row.hours_to)}"
        result.append(
            [
                *(row.name, kinds.get(row.kind, row.kind), row.firm, row.licence),
                *(_listed(row.skills, names["skills"]), _listed(row.languages, names["languages"])),
                _listed(regions, names["regions"]),
                *[*numbers, "", ""][:3],
                *(hours, str(row.max_calls_per_day or ""), str(row.stars or "")),
            ]
        )
    return result


def export_roster(session: Session) -> list[list[str]]:
    """Rows for the sheet of duties."""
    days = "一二三四五六日"
    return [
        [
            *(row.name, row.licence, "" if item.weekday is None else f"周{days[item.weekday]}", item.date or ""),
            *(clock(item.from_minute), clock(item.to_minute)),
        ]
        for row in experts.all_experts(session)
        for item in sorted(row.shifts, key=lambda shift: (shift.date or "", shift.weekday or 0, shift.from_minute))
    ]


def clock(minute: int) -> str:
    """`510` → `08:30`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _listed(items: Iterable[str], names: Mapping[str, tuple[str, str]]) -> str:
    return "、".join(names[item][0] if item in names else item for item in items)
