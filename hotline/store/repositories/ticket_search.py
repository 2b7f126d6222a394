"""Finding tickets: by number, by the caller's number or name (keyed hashes), by words of what is written in clear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, cast, false, func, literal, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute, Session

from hotline.core.phones import normalise
from hotline.core.tickets.words import terms
from hotline.secrecy import Secrecy
from hotline.store.models import Ticket
from hotline.store.repositories.tickets import name_hash

NUMBER: Final = re.compile(r"^\d{8}-\d{4,}-\d{2}$")
_BEGIN: Final = re.compile(r"^\d{8}-\d{1,}-?\d*$")
_PHONE: Final = re.compile(r"^\+?[\d\- ]{5,20}$")
_NAME: Final = re.compile(r"^[\u3400-\u9fff·•. A-Za-z]{2,40}$")

Terms = tuple[tuple[str, bool], ...]
WINDOWS: Final = (1, 60, 0)
"""Days looked through one after the other, newest first, until a page is full (0: everything): a word that stands in every
tenth ticket fills it within days, and a million tickets need not be sorted for it."""
READ_DAYS: Final = 7
"""A window of so many days is read row by row, without the index of words: that one knows nothing of days."""
NARROW: Final = 20
"""Whoever sees only so many centres: the tickets of these are read row by row. The index of words knows nothing of centres,
and a word that stands in every tenth ticket of the province is in few of a village."""


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody typed, as a condition on :class:`Ticket`. `terms`: it was words, of which tickets may have many."""

    condition: ColumnElement[bool]
    terms: Terms = ()
    row_by_row: ColumnElement[bool] | None = None
    """The same condition in a form that no index serves, where there is one."""

    @property
    def read(self) -> ColumnElement[bool]:
        """The condition for rows that something else has found."""
        return self.condition if self.row_by_row is None else self.row_by_row

    @property
    def windows(self) -> tuple[int, ...]:
        """In how many steps to look, for a list that begins with the newest."""
        return WINDOWS if self.terms else WINDOWS[-1:]

    def within(self, session: Session, days: int, day: date) -> ColumnElement[bool]:
        """The condition for tickets of the `days` up to `day`; 0: for all."""
        if not days:
            return self.condition
        since = Ticket.number >= f"{day - timedelta(days=days):%Y%m%d}"
        # On SQLite the rows of any window are few enough.
        return and_(since, self.read if days <= READ_DAYS or not _postgresql(session) else self.condition)


def first(
    session: Session, secrecy: Secrecy, query: Select[Any], typed: str, wanted: int, newest: date | None, narrow: bool
) -> Sequence[Ticket]:
    """The first `wanted` rows of an ordered query that fit what was typed. `newest`: it begins with the newest, of that day.
    `narrow`: the query is for at most :data:`NARROW` centres."""
    fits = matches(session, secrecy, typed)
    if narrow:
        return session.scalars(query.where(fits.read).limit(wanted)).all()
    if newest is None:
        return session.scalars(query.where(fits.condition).limit(wanted)).all()
    found: Sequence[Ticket] = ()
    for days in fits.windows:
        found = session.scalars(query.where(fits.within(session, days, newest)).limit(wanted)).all()
        if len(found) == wanted:
            break
    return found


def matches(session: Session, secrecy: Secrecy, query: str) -> Found:
    """What somebody typed. What is none of number, phone, name or words finds nothing."""
    typed = query.strip()
    if NUMBER.match(typed):
        return Found(Ticket.number == typed)
    if _BEGIN.match(typed):
        return _words(session, typed)
    if _PHONE.match(typed):
        digits = re.sub(r"\D", "", typed)
        found = [Ticket.caller_number_hash == secrecy.index(normalise(typed).national or digits)]
        if len(digits) == 6:
            found.append(Ticket.code == digits)
        return Found(or_(*found))
    if _NAME.match(typed):
        by_name = Ticket.caller_name_hash == name_hash(secrecy, typed)
        # A name that somebody bears is taken for the name: either index alone is quick, both together are not.
        if session.scalar(select(Ticket.number).where(by_name).limit(1)) is not None:
            return Found(by_name)
    return _words(session, typed)


def _words(session: Session, query_text: str) -> Found:
    wanted = tuple(terms(query_text))
    if not wanted:
        return Found(false())
    if _postgresql(session):
        # Only letters, digits and Chinese characters, each in quotes: nothing that was typed is an operator.
        query = " & ".join(f"'{word}':*" if begins else f"'{word}'" for word, begins in wanted)
        asked = cast(literal(query), TSQUERY)
        matched: ColumnElement[bool] = Ticket.words.op("@@")(asked)
        plainly: ColumnElement[bool] = func.strip(Ticket.words).op("@@")(asked)
        return Found(matched, wanted, plainly)
    # The index on the words holds them in a tenth of the pages of the table: SQLite looks through that.
    rowid: ColumnElement[int] = literal_column("rowid")
    every = _stand_in(literal_column("words"), wanted)
    inner = select(rowid).select_from(text("tickets AS looked INDEXED BY ix_tickets_words")).where(every)
    return Found(literal_column("tickets.rowid").in_(inner), wanted, _stand_in(Ticket.words, wanted))


def _stand_in(words: ColumnElement[str] | InstrumentedAttribute[str], wanted: Terms) -> ColumnElement[bool]:
    return and_(*(func.instr(words, f" {word}{'' if begins else ' '}") > 0 for word, begins in wanted))


def _postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
