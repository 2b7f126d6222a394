"""What the form says back, from the tables, the calendar and today's date in China."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from hotline import logs
from hotline.api.context import Context
from hotline.core.calendars import DayTable, local_date
from hotline.core.intake import hints as core
from hotline.core.intake.hints import Tables
from hotline.core.intake.legalaid import unanswered
from hotline.store.intake_tables import TableError, tables
from hotline.store.repositories import calendars

log = logs.get("hotline.api.form_hints")


class GroundRow(BaseModel):
    """Why legal aid must be spoken of."""

    code: str
    source: str
    zh: str
    en: str


class LimitRow(BaseModel):
    """A date that was typed, by one limit of the law. `left`: days to the last day, negative when it is over; `state`: past,
    urgent, near, open; `provisional`: a year on the way has no table of holidays yet."""

    code: str
    event: str
    date: str
    last_day: str
    left: int
    state: str
    provisional: bool
    zh: str
    en: str
    source: str


class FlagRow(BaseModel):
    """A risk flag worth asking about. `why`: limit, event, category, or word (then `word` says which)."""

    flag: str
    why: str
    word: str


class PromptRow(BaseModel):
    """A sentence to say, or to avoid."""

    code: str
    kind: str
    zh: str
    en: str


class Words(BaseModel):
    """The same in both languages."""

    zh: str
    en: str


class HintsAnswer(BaseModel):
    """What to ask, to say and to mind."""

    legal_aid: list[GroundRow]
    limits: list[LimitRow]
    flags: list[FlagRow]
    wording: list[PromptRow]
    notice: Words
    priority: int


def tables_of(context: Context) -> Tables:
    """The bureau's tables; the shipped ones when its own cannot be used (which `hotline check` says before the start)."""
    desk = context.settings.desk
    try:
        return tables(desk.tables, desk.urgent_days, desk.near_days)
    except TableError as exc:
        log.error("desk_tables_unusable", why=str(exc))
        return tables("", desk.urgent_days, desk.near_days)


def days_of(session: Session, fields: Mapping[str, Any]) -> DayTable:
    """The working days where the matter is."""
    return DayTable.of(calendars.day_rows(session), region=str(fields.get("matter_region") or ""))


def hints_of(context: Context, session: Session, fields: Mapping[str, Any]) -> HintsAnswer:
    """The hints for a form as it stands."""
    made = core.hints(fields, tables_of(context), days_of(session, fields), local_date(time.time()))
    return HintsAnswer.model_validate(made)


def raised(context: Context, session: Session, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it is submitted: P1 when a limit runs out."""
    return core.raised(fields, tables_of(context), days_of(session, fields), local_date(time.time()))


def legal_aid_open(context: Context, fields: Mapping[str, Any]) -> bool:
    """Whether legal aid was to be spoken of and the form does not say that it was."""
    return unanswered(fields, tables_of(context).grounds)
