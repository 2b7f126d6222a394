"""Exports: asked for as a row and a job, made page by page with its progress on the row, deleted when their time is over.

Made with the rights its owner has when it is made, not when it was asked for. Run again after a kill it begins anew: what there
was of the file is deleted first. A process that stood still so long that another has taken its job over finds that out at its
next page, and at the end under the lock of the row: what it made is thrown away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hotline.core.calendars.days import ZONE, read_day
from hotline.core.errors import Forbidden, HotlineError, Invalid, Missing
from hotline.core.ids import new_id
from hotline.core.ledgers.tables import LEDGERS, Column, columns_for, may_have_clear
from hotline.core.ledgers.words import word
from hotline.secrecy import Secrecy, SecrecyError
from hotline.store import audit, ticket_codes
from hotline.store.catalogue import catalogue
from hotline.store.engine import Store
from hotline.store.ledgers.files import (
    Parts,
    Value,
    makes,
    remove_mark,
    remove_parts,
    sheet,
    take_over,
)
from hotline.store.ledgers.line import MOST_DAYS, Asked, Line
from hotline.store.ledgers.scope import viewer_of
from hotline.store.ledgers.sources import source
from hotline.store.models import Account, Export
from hotline.store.models.ledgers import FORMATS
from hotline.store.repositories import jobs
from hotline.store.repositories.sealing import seal, unseal

KIND: Final = "export_ledger"
ASKED: Final = "export.asked"
PAGE: Final = 1_000
OPEN: Final = ("queued", "running")
MOST_OPEN: Final = 3
"""Exports of one person that wait or run."""


def asked_of(first: str, last: str, filters: Mapping[str, str], ledger: str) -> Asked:
    """What is asked for. Raises Invalid `ledger.date`, `ledger.filter`."""
    try:
        begin, end = read_day(first), read_day(last)
    except ValueError:
        raise Invalid("ledger.date", field="first") from None
    if not 0 <= (end - begin).days <= MOST_DAYS:
        raise Invalid("ledger.date", field="last")
    unknown = sorted(name for name, value in filters.items() if value and name not in LEDGERS[ledger].filters)
    if unknown:
        raise Invalid("ledger.filter", field=unknown[0])
    return Asked(begin, end, {name: value for name, value in filters.items() if value})


def ask(
    session: Session,
    secrecy: Secrecy,
    account_id: str,
    ledger: str,
    kind: str,
    asked: Asked,
    *,
    language: str,
    purpose: str,
    clear: bool,
    now: float,
) -> Export:
    """Write an export down, its job with it. On record before anything is read.

    Raises Missing `ledger.missing`, Forbidden `ledger.not_yours`, `ledger.clear`, Invalid `export.format`, `export.busy`.
    """
    account = session.get(Account, account_id, with_for_update=True)
    if account is None or ledger not in LEDGERS or account.role not in LEDGERS[ledger].roles:
        raise Missing("ledger.missing")
    if clear and not may_have_clear(account.role, account.director):
        raise Forbidden("ledger.clear")
    if kind not in FORMATS:
        raise Invalid("export.format", field="format")
    waiting = session.scalars(select(Export.id).where(Export.by == account_id, Export.state.in_(OPEN))).all()
    if len(waiting) >= MOST_OPEN:
        raise Invalid("export.busy", field="ledger")
    export_id = new_id("exp", now)
    plain = {name: value for name, value in asked.filters.items() if name != "q"}
    row = Export(
        id=export_id,
        q_enc=seal(secrecy, "exports.q_enc", export_id, asked.of("q")),
        ledger=ledger,
        format=kind,
        filters={"first": asked.first.isoformat(), "last": asked.last.isoformat(), **plain},
        language=language,
        purpose=purpose,
        clear=clear,
        by=account_id,
        state="queued",
        created_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, row, ASKED, now)
    jobs.enqueue(session, KIND, f"{KIND}:{row.id}", {"export_id": row.id}, now=now)
    return row


def make(
    store: Store, folder: Path, export_id: str, *, most: int, keep_seconds: float, clock: Callable[[], float] = time.time
) -> None:
    """Make the file of an export. Done once it does nothing; killed and run again it begins anew."""
    maker = new_id("make", clock())
    with store.write() as session:
        row = session.get(Export, export_id, with_for_update=True)
        if row is None or row.state not in OPEN:
            return
        row.state, row.rows_done = "running", 0
        session.flush()
        take_over(folder, export_id, maker)
    try:
        _make(store, folder, export_id, maker, most, keep_seconds, clock)
    except HotlineError as problem:
        with store.write() as session:
            row = _mine(session, folder, export_id, maker)
            if row is not None:
                remove_parts(folder, export_id)
                row.state, row.error, row.finished_at = "failed", problem.code, clock()
                _note(session, row, "export.failed", clock())


def _mine(session: Session, folder: Path, export_id: str, maker: str) -> Export | None:
    """The row, locked, while this is who makes its file."""
    row = session.get_one(Export, export_id, with_for_update=True, populate_existing=True)
    return row if row.state == "running" and makes(folder, export_id, maker) else None


def _make(
    store: Store,
    folder: Path,
    export_id: str,
    maker: str,
    most: int,
    keep_seconds: float,
    clock: Callable[[], float],
) -> None:
    with store.read() as session:
        row = session.get_one(Export, export_id)
        account = session.get(Account, row.by)
        ledger = LEDGERS[row.ledger]
        if account is None or not account.active or account.role not in ledger.roles:
            raise Forbidden("auth.forbidden")
        if row.clear and not may_have_clear(account.role, account.director):
            raise Forbidden("ledger.clear")
        viewer, clear, english = viewer_of(account), row.clear, row.language == "en"
        filters = {name: str(value) for name, value in row.filters.items()}
        if row.q_enc:
            filters["q"] = unseal(store.secrecy, "exports.q_enc", row.id, row.q_enc)
        asked = asked_of(filters.pop("first"), filters.pop("last"), filters, row.ledger)
        lines, kind = source(row.ledger, store.secrecy), row.format
        total = lines.count(session, viewer, asked)
    if total > most:
        raise Invalid("export.too_many", rows=total, most=most)
    _progress(store, export_id, 0, total)
    columns = columns_for(ledger, viewer.role)
    out = Parts(folder, export_id, store.secrecy, maker)
    table = sheet(kind, out, ledger.en if english else ledger.zh, [column.en if english else column.zh for column in columns])
    done, before = 0, ""
    while True:
        # A short transaction a page: on SQLite a long one would hold up nobody, on PostgreSQL it would hold back the vacuum.
        with store.read() as session:
            page = lines.page(session, store.secrecy, viewer, asked, PAGE, before)
        for line in page:
            table.row(cells(line, columns, store.secrecy, clear=clear, english=english))
        done += len(page)
        if not makes(folder, export_id, maker):
            out.discard()
            return
        _progress(store, export_id, done, max(total, done))
        if len(page) < PAGE or done >= most:
            break
        before = page[-1].id
    table.close()
    digest = out.finish()
    now = clock()
    with store.write() as session:
        mine = _mine(session, folder, export_id, maker)
        if mine is None:
            out.discard()
            return
        now_account = session.get(Account, mine.by, populate_existing=True)
        if now_account is None or not now_account.active or viewer_of(now_account) != viewer:
            raise Forbidden("auth.forbidden")
        out.settle()
        remove_mark(folder, export_id)
        mine.state, mine.rows_done, mine.rows_total, mine.parts, mine.bytes = "done", done, done, out.count, out.size
        mine.sha256, mine.finished_at, mine.expires_at = digest, now, now + keep_seconds
        _note(session, mine, "export.made", now)
        later = now + keep_seconds
        jobs.enqueue(
            session, KIND, f"{KIND}:{mine.id}:expire", {"export_id": mine.id, "expire": True}, now=now, run_after=later
        )


def _progress(store: Store, export_id: str, done: int, total: int) -> None:
    with store.write() as session:
        running = update(Export).where(Export.id == export_id, Export.state == "running")
        session.execute(running.values(rows_done=done, rows_total=total))


def expire(store: Store, folder: Path, export_id: str, now: float) -> None:
    """Delete the file of an export whose time is over; the row stays."""
    remove_parts(folder, export_id)
    with store.write() as session:
        row = session.get(Export, export_id, with_for_update=True)
        if row is not None and row.state == "done":
            row.state = "expired"
            _note(session, row, "export.expired", now)


def recall(session: Session, account_id: str, now: float) -> None:
    """The rights of this person have changed: what was made with the old ones is over now."""
    mine = select(Export).where(Export.by == account_id, Export.state == "done").with_for_update()
    for row in session.scalars(mine):
        row.expires_at = min(now, row.expires_at or now)
        jobs.hasten(session, f"{KIND}:{row.id}:expire", now)


def may_take(row: Export, role: str, director: bool) -> None:
    """Raises Forbidden `ledger.clear` where the file holds what this person may no longer have."""
    if row.clear and not may_have_clear(role, director):
        raise Forbidden("ledger.clear")


def served(session: Session, row: Export, by: str, now: float) -> None:
    """On record before the first byte of the file leaves."""
    audit.append(
        session, at=now, actor=by, action="export.taken", object=f"exports/{row.id}", purpose=row.purpose, data=_told(row)
    )


def _note(session: Session, row: Export, action: str, now: float) -> None:
    audit.append(session, at=now, actor=row.by, action=action, object=f"exports/{row.id}", purpose=row.purpose, data=_told(row))


def _told(row: Export) -> dict[str, Any]:
    # What was typed into the search may be a name: only that there was something is written down.
    filters = {**row.filters, **({"q": "…"} if row.q_enc else {})}
    data: dict[str, Any] = {"ledger": row.ledger, "format": row.format, "clear": row.clear, "filters": filters}
    return data | ({"rows": row.rows_done, "sha256": row.sha256} if row.state == "done" else {})


def cells(line: Line, columns: Sequence[Column], secrecy: Secrecy, *, clear: bool, english: bool) -> list[Value]:
    """A line as it stands in a file."""
    return [_cell(line, column, secrecy, clear=clear, english=english) for column in columns]


def _cell(line: Line, column: Column, secrecy: Secrecy, *, clear: bool, english: bool) -> Value:
    value = line.cells.get(column.key)
    if clear and column.clear and column.key in line.clear:
        where, row_id, sealed = line.clear[column.key]
        try:
            return unseal(secrecy, where, row_id, sealed)
        except SecrecyError:
            return value
    if value is None or value == "":
        return None
    if column.kind == "time":
        return f"{datetime.fromtimestamp(float(value), ZONE):%Y-%m-%d %H:%M}"
    if column.kind == "seconds":
        return str(timedelta(seconds=round(float(value))))
    if column.kind == "code":
        return _named(column.codes, str(value), english=english)
    if column.kind == "ticket_code":
        return ticket_codes.name(column.codes, str(value), "en" if english else "zh-CN")
    if column.kind == "state":
        return word(column.codes, str(value), english=english)
    if column.kind == "flag":
        return ("yes" if english else "是") if value else None
    return value


def _named(codes: str, code: str, *, english: bool) -> str:
    item = next((item for item in catalogue().items(codes) if item.code == code), None)
    return code if item is None else item.en if english else item.zh
