"""The list of other hotlines: read by routing and the console, edited by administrators."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.resources import files

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.errors import Invalid
from hotline.core.external_hotlines import CATEGORIES, number_fits
from hotline.secrecy import Secrecy
from hotline.store.models import ExternalHotline, context


def active(session: Session) -> Sequence[ExternalHotline]:
    """Those that may be dialled, in the console's order."""
    query = select(ExternalHotline).where(ExternalHotline.active)
    return session.scalars(query.order_by(ExternalHotline.position, ExternalHotline.id)).all()


def everything(session: Session) -> Sequence[ExternalHotline]:
    """All rows, in the console's order."""
    return session.scalars(select(ExternalHotline).order_by(ExternalHotline.position, ExternalHotline.id)).all()


def put(session: Session, secrecy: Secrecy, row: ExternalHotline, number: str, now: float) -> None:
    """Set the number (checked, and sealed for the conversations) and stamp the row.

    Raises Invalid `external_hotline.number`, `external_hotline.category`."""
    if not number_fits(number):
        raise Invalid("external_hotline.number", field="number")
    if row.category not in CATEGORIES:
        raise Invalid("external_hotline.category", field="category")
    row.number = number
    row.number_enc = secrecy.seal(number, context("external_hotlines.number_enc", row.id))
    row.updated_at = now


def seed(session: Session, secrecy: Secrecy, now: float) -> int:
    """Fill an empty list with the national lines of `data/external_hotlines.csv`; how many. Never touches what is there: a line
    that an administrator took off stays off."""
    if session.scalar(select(func.count()).select_from(ExternalHotline)):
        return 0
    text = files("hotline.store").joinpath("data/external_hotlines.csv").read_text("utf-8")
    found = list(csv.DictReader(text.splitlines()))
    for position, line in enumerate(found, 1):
        number = line.pop("number")
        row = ExternalHotline(id=f"hl_{number}", position=position, active=True, region_code="", **line)
        put(session, secrecy, row, number, now)
        session.add(row)
    return len(found)
