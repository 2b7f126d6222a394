"""Firms: one row a house, found by name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.ids import new_id
from hotline.store.models import Firm

KIND_OF: dict[str, str] = {
    "lawyer": "law_firm",
    "notary": "notary_office",
    "appraiser": "appraisal",
    "mediator": "mediation",
    "legal_aid": "legal_aid",
    "duty": "bureau",
}
"""The kind of house an expert of each kind usually belongs to."""


def get(session: Session, firm_id: str) -> Firm | None:
    """One firm, or None."""
    return session.get(Firm, firm_id)


def by_name(session: Session, name: str) -> Firm | None:
    """The firm of exactly that name."""
    return session.scalar(select(Firm).where(Firm.name == name.strip()))


def all_firms(session: Session) -> Sequence[Firm]:
    """All firms, by name."""
    return session.scalars(select(Firm).order_by(Firm.name)).all()


def ensure(session: Session, name: str, *, expert_kind: str, now: float) -> Firm | None:
    """The firm of that name, made when there is none; None for no name."""
    wanted = name.strip()
    if not wanted:
        return None
    found = by_name(session, wanted)
    if found is None:
        found = Firm(id=new_id("firm", now), name=wanted, kind=KIND_OF.get(expert_kind, "other"))
        session.add(found)
        session.flush()
    return found
