"""Centres: their tree, what they offer, whose days they keep, and the rules of dispatch as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.calendars import Calendar, DayTable
from hotline.core.errors import Invalid, Missing, Rejected
from hotline.core.tickets import OPEN, Tree
from hotline.store.catalogue import catalogue
from hotline.store.models import LEVELS, Account, Centre, DispatchRule, Region, StaffPhone, Ticket
from hotline.store.models import Calendar as CalendarRow
from hotline.store.repositories import calendars

FIELDS: Final = (
    "name",
    "level",
    "parent_id",
    "region_code",
    "phone",
    "phones",
    "hours",
    "calendar_id",
    "services",
    "active",
    "by_phone",
)


def tree(session: Session) -> Tree:
    """Every centre, the closed ones too: what they had must still be seen by those above."""
    return Tree({row_id: parent or "" for row_id, parent in session.execute(select(Centre.id, Centre.parent_id))})


def active(session: Session) -> frozenset[str]:
    """Ids of the centres that take tickets."""
    return frozenset(session.scalars(select(Centre.id).where(Centre.active)))


def people(session: Session, centre_ids: Sequence[str]) -> Mapping[str, list[tuple[str, str, bool]]]:
    """Centre → (account, name, whether director) of its active staff."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    query = select(Account.centre_id, Account.id, Account.display_name, Account.director)
    for centre_id, account_id, name, director in session.execute(
        query.where(Account.centre_id.in_(centre_ids), Account.active).order_by(Account.director.desc(), Account.id)
    ):
        found.setdefault(centre_id or "", []).append((account_id, name, director))
    return found


def clerk_phones(session: Session) -> Mapping[str, tuple[str, str]]:
    """Account → (staff number, masked telephone) of the clerks who are called for tickets."""
    rows = session.execute(select(StaffPhone.id, StaffPhone.number, StaffPhone.phone_masked).where(StaffPhone.kind == "clerk"))
    return {account_id: (number, masked) for account_id, number, masked in rows}


def put(session: Session, centre_id: str, values: Mapping[str, Any]) -> Centre:
    """Make or change a centre.

    Raises Invalid `centre.level`, `centre.region`, `centre.parent` (unknown, not above it, or a circle), `centre.services`,
    `calendar.missing`; Rejected `centre.has_tickets` (closing one that still owns open tickets).
    """
    row = session.get(Centre, centre_id)
    wanted = {name: values[name] for name in FIELDS if name in values}
    level = str(wanted.get("level", row.level if row else ""))
    if level not in LEVELS:
        raise Invalid("centre.level", field="level")
    region = wanted.get("region_code", row.region_code if row else "")
    if session.get(Region, region) is None:
        raise Invalid("centre.region", field="region_code")
    parent = wanted.get("parent_id", row.parent_id if row else None) or None
    if parent is not None:
        above = session.get(Centre, parent)
        if above is None or LEVELS.index(above.level) >= LEVELS.index(level) or tree(session).covers(centre_id, parent):
            raise Invalid("centre.parent", field="parent_id")
    if not set(wanted.get("services", [])) <= catalogue().codes("service_types"):
        raise Invalid("centre.services", field="services")
    calendar = wanted.get("calendar_id")
    if calendar and session.get(CalendarRow, calendar) is None:
        raise Missing("calendar.missing")
    if row is not None and row.active and wanted.get("active") is False:
        held = session.scalar(select(func.count()).where(Ticket.centre_id == centre_id, Ticket.state.in_(OPEN)))
        if held:
            raise Rejected("centre.has_tickets", tickets=held)
    if row is None:
        row = Centre(id=centre_id, name=str(wanted.get("name", "")), level=level, region_code=str(region))
        session.add(row)
    for name, value in {**wanted, "parent_id": parent}.items():
        setattr(row, name, value)
    row.calendar_id = row.calendar_id or None
    session.flush()
    return row


def put_staff(session: Session, centre_id: str, account_id: str, *, director: bool) -> Account:
    """Let somebody work at a centre. Raises Missing `centre.missing`, `account.missing`, Invalid `centre.staff`
    (their role is another)."""
    if session.get(Centre, centre_id) is None:
        raise Missing("centre.missing")
    row = session.get(Account, account_id, with_for_update=True)
    if row is None:
        raise Missing("account.missing")
    if row.role != "centre":
        raise Invalid("centre.staff", field="account_id")
    row.centre_id, row.director = centre_id, director
    session.flush()
    return row


def drop_staff(session: Session, centre_id: str, account_id: str) -> None:
    """They no longer work there. Raises Missing `account.missing`."""
    row = session.get(Account, account_id, with_for_update=True)
    if row is None or row.centre_id != centre_id:
        raise Missing("account.missing")
    row.centre_id, row.director = None, False
    session.flush()


def rules(session: Session) -> Sequence[DispatchRule]:
    """The rules of dispatch."""
    return session.scalars(select(DispatchRule).order_by(DispatchRule.service_type, DispatchRule.region_code)).all()


def put_rule(session: Session, *, service_type: str, region_code: str, level: str, reason: str) -> DispatchRule:
    """Make or change the rule for a service and region. Raises Invalid `centre.services`, `centre.region`, `centre.level`."""
    if service_type not in catalogue().codes("service_types"):
        raise Invalid("centre.services", field="service_type")
    if region_code and session.get(Region, region_code) is None:
        raise Invalid("centre.region", field="region_code")
    if level not in LEVELS:
        raise Invalid("centre.level", field="level")
    region = region_code or None
    same = DispatchRule.region_code.is_(None) if region is None else DispatchRule.region_code == region
    row = session.scalars(select(DispatchRule).where(DispatchRule.service_type == service_type, same).limit(1)).first()
    if row is None:
        row = DispatchRule(service_type=service_type, region_code=region, level=level)
        session.add(row)
    row.level, row.reason = level, reason
    session.flush()
    return row


def delete_rule(session: Session, rule_id: int) -> None:
    """Take a rule away. Raises Missing `rule.missing`."""
    row = session.get(DispatchRule, rule_id)
    if row is None:
        raise Missing("rule.missing")
    session.delete(row)
    session.flush()


class Days:
    """Which days a centre keeps: the holidays of its area, and when its business closes. Read once for many tickets."""

    def __init__(self, session: Session) -> None:
        self._rows = calendars.day_rows(session)
        self._calendars = calendars.calendars(session)
        self._centres = {
            row.id: (row.region_code, row.calendar_id or "")
            for row in session.execute(select(Centre.id, Centre.region_code, Centre.calendar_id))
        }
        self._local = frozenset(row.region for row in self._rows if row.region)
        self._tables: dict[str, DayTable] = {}

    def table(self, centre_id: str) -> DayTable:
        """Holidays and make-up days where the centre is."""
        region = self._centres.get(centre_id, ("", ""))[0] if self._local else ""
        if region not in self._tables:
            self._tables[region] = DayTable.of(self._rows, region=region)
        return self._tables[region]

    def closes(self, centre_id: str, when: date) -> int:
        """When its business ends on that date, in minutes after midnight; 1440 where it has no hours (the law's 24:00)."""
        calendar = self._calendars.get(self._centres.get(centre_id, ("", ""))[1])
        return closing(calendar, when) if calendar is not None else 1440


def closing(calendar: Calendar, when: date) -> int:
    """The end of the last hours that begin on `when`; 1440 on a day without any, or with hours past midnight."""
    spans = calendar.plan(when)[0]
    ends = [end if end > start else 1440 for start, end in spans]
    return max(ends, default=1440)
