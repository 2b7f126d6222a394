"""The ledger of visits: who came to a centre, written by whoever received them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from hotline.core.errors import Invalid, Missing
from hotline.core.ids import new_id
from hotline.core.phones import mask, mask_name, normalise
from hotline.secrecy import Secrecy
from hotline.store.catalogue import catalogue
from hotline.store.ledgers import scope, typed
from hotline.store.ledgers.line import Asked, Line
from hotline.store.ledgers.reading import newest_first
from hotline.store.ledgers.scope import Viewer
from hotline.store.models import Account, Centre, Ticket, Visit
from hotline.store.models.ledgers import VISIT_OUTCOMES
from hotline.store.repositories.lookup import pairs
from hotline.store.repositories.sealing import seal
from hotline.store.repositories.tickets import name_hash

EARLIEST_SECONDS = 366 * 86_400.0
"""A visit may be written down so long afterwards."""


class Visits:
    """Visits, newest first; those struck out stay, with the reason."""

    def __init__(self, secrecy: Secrecy | None = None) -> None:
        self._secrecy = secrecy

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        return session.scalar(select(func.count()).select_from(Visit).where(*self._where(session, viewer, asked))) or 0

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        where = [*self._where(session, viewer, asked), Visit.voided_at.is_(None)]
        found: dict[str, float] = {"lines": self.count(session, viewer, asked), "visits": 0, "people": 0}
        query = select(Visit.outcome, func.count(), func.sum(Visit.people)).where(*where).group_by(Visit.outcome)
        for outcome, count, people in session.execute(query):
            found["visits"] += count
            found["people"] += people or 0
            found[f"visit_outcome.{outcome}"] = count
        return found

    def page(self, session: Session, secrecy: Secrecy, viewer: Viewer, asked: Asked, limit: int, before: str) -> Sequence[Line]:
        query = select(Visit).where(*self._where(session, viewer, asked))
        rows = session.scalars(newest_first(session, query, Visit, (Visit.at, Visit.id), before).limit(limit)).all()
        places = pairs(session, Centre.id, Centre.name, (row.centre_id for row in rows))
        people = pairs(session, Account.id, Account.display_name, (row.received_by for row in rows))
        return [
            Line(
                row.id,
                {
                    "at": row.at, "centre": places.get(row.centre_id), "visitor": row.visitor_masked,
                    "phone": row.number_masked,
                    "people": row.people, "service_type": row.service_type, "category": row.category, "matter": row.matter,
                    "outcome": row.outcome, "ticket_number": row.ticket_number or None,
                    "received_by": people.get(row.received_by), "voided": row.void_reason or None,
                },
                {
                    "visitor": ("visits.visitor_name_enc", row.id, row.visitor_name_enc),
                    "phone": ("visits.number_enc", row.id, row.number_enc),
                },
            )
            for row in rows
        ]  # fmt: skip

    def _where(self, session: Session, viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Visit.at >= asked.since, Visit.at < asked.until]
        found.append(scope.in_branch(Visit.centre_id, session, viewer, asked.of("centre_id")))
        for name in ("service_type", "category"):
            if value := asked.of(name):
                found.append(getattr(Visit, name) == value)
        if (wanted := asked.of("q")) and self._secrecy is not None:
            number = self._secrecy.index(normalise(wanted).national or wanted)
            found.append(
                or_(
                    Visit.number_hash == number,
                    Visit.visitor_hash == name_hash(self._secrecy, wanted),
                    Visit.matter.contains(wanted, autoescape=True),
                )
            )
        return found


def write(session: Session, secrecy: Secrecy, viewer: Viewer, given: Mapping[str, Any], *, now: float, key: str = "") -> Visit:
    """Write a visit down. The same `key` of the same person twice is written once.

    Raises Forbidden `ledger.not_yours` (another centre's), Invalid `ledger.time`, `ledger.outcome`, `ledger.code`,
    `ledger.empty` (nothing of what it was about), Missing `ticket.missing`, `centre.missing`.
    """
    whose = typed.key_of(viewer, key)
    if (before := typed.written(session, Visit, whose)) is not None:
        return before
    centre_id = str(given.get("centre_id") or viewer.centre_id)
    if session.get(Centre, centre_id) is None:
        raise Missing("centre.missing")
    typed.check_branch(session, viewer, centre_id)
    at = float(given.get("at") or now)
    if not now - EARLIEST_SECONDS <= at <= now + 60:
        raise Invalid("ledger.time", field="at")
    if given.get("outcome") not in VISIT_OUTCOMES:
        raise Invalid("ledger.outcome", field="outcome")
    for name, codes in (("service_type", "service_types"), ("category", "matter_categories")):
        if given.get(name) and given[name] not in catalogue().codes(codes):
            raise Invalid("ledger.code", field=name)
    matter = str(given.get("matter") or "").strip()
    if not matter and not given.get("category"):
        raise Invalid("ledger.empty", field="matter")
    number = str(given.get("ticket_number") or "").strip()
    if number:
        seen = select(Ticket.number).where(Ticket.number == number, scope.tickets(session, viewer))
        if session.scalar(seen) is None:
            raise Missing("ticket.missing")
    visit_id = new_id("visit", now)
    name, phone = str(given.get("visitor") or "").strip(), str(given.get("phone") or "").strip()
    national = normalise(phone).national or phone
    row = Visit(
        id=visit_id,
        centre_id=centre_id,
        at=at,
        visitor_name_enc=seal(secrecy, "visits.visitor_name_enc", visit_id, name),
        visitor_masked=mask_name(name),
        visitor_hash=name_hash(secrecy, name),
        number_enc=seal(secrecy, "visits.number_enc", visit_id, phone),
        number_masked=mask(national) if phone else "",
        number_hash=secrecy.index(national) if phone else "",
        people=int(given.get("people") or 1),
        service_type=str(given.get("service_type") or ""),
        category=str(given.get("category") or ""),
        matter=matter,
        outcome=str(given["outcome"]),
        ticket_number=number,
        received_by=viewer.user_id,
        created_at=now,
        key=whose,
    )
    session.add(row)
    session.flush()
    return row


def void(session: Session, viewer: Viewer, visit_id: str, reason: str, now: float) -> Visit:
    """Strike a visit out, with the reason; it stays to be read. Raises Missing `ledger.missing`, Rejected `ledger.voided`."""
    return typed.strike(session, viewer, Visit, visit_id, reason, now)
