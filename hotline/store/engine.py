"""The database: one engine a process, and the two kinds of session.

SQLite (the default) runs in WAL mode with `synchronous=FULL`, so a commit has reached the disk; writers take the write
lock at BEGIN (`BEGIN IMMEDIATE`), so that two of them wait for each other (at most 5 s) instead of failing half-way.
PostgreSQL is spoken to by psycopg 3. Sessions are synchronous everywhere: API endpoints run in a thread pool, routing
and jobs are plain processes.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from hotline.secrecy import Secrecy
from hotline.settings import Settings

BUSY_TIMEOUT_MS: Final = 5_000
"""How long a writer waits for another one before it gives up."""
_WRITE: Final = "hotline_write"
_SQLITE_AWAY: Final = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)


def make_engine(settings: Settings) -> Engine:
    """An engine for `settings.database_url`; makes the directory of an SQLite file, not the tables (see `migrate`)."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = create_engine(
            url,
            pool_size=10,
            max_overflow=30,
            hide_parameters=True,  # an error's text ends up in logs: no row contents in it
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine, "connect", _sqlite_connected)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=30,
        hide_parameters=True,
        pool_pre_ping=True,  # a restarted server costs a reconnect, not an error
        connect_args={
            "connect_timeout": 5,
            # Plans by what was asked: one for all of a village's ten tickets and a word of sixty thousand serves neither.
            "options": f"-c timezone=UTC -c lock_timeout={BUSY_TIMEOUT_MS} -c statement_timeout=30000"
            " -c plan_cache_mode=force_custom_plan",
        },
    )
    event.listen(engine, "begin", _postgresql_begin)
    return engine


def _sqlite_connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: `_sqlite_begin` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _to_wal(cursor)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what was deleted must not linger in free pages
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _to_wal(cursor: Any) -> None:
    """When several open a new database at once, the switch to WAL is refused without waiting, whatever `busy_timeout` says."""
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _sqlite_begin(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    # A reader that writes would upgrade its lock half-way and fail under load; here it fails in the first test.
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if write else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _postgresql_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITE, False):
        # One moment for all that is read, as on SQLite: whoever counts rows and then reads a sum of them must not see two.
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def writing(engine: Engine) -> Engine:
    """The same engine (same pool) for transactions that change something."""
    return engine.execution_options(**{_WRITE: True})


def is_away(error: BaseException) -> bool:
    """Whether `error` means that the database cannot be reached or is too busy just now: worth trying again later, as
    opposed to a mistake in what was asked."""
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_AWAY
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


class Store:
    """The unit of work: one `with store.write() as session:` is one transaction, committed when the block ends, rolled
    back when it raises. `secrecy` seals and opens the sensitive columns for the repositories."""

    def __init__(self, settings: Settings, secrecy: Secrecy) -> None:
        self.settings = settings
        self.secrecy = secrecy
        self.engine = make_engine(settings)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(writing(self.engine), expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and may change nothing (the database refuses)."""
        with self._read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed when the block ends. Keep it short: on SQLite it is the only writer."""
        with self._write.begin() as session:
            yield session

    def ping(self) -> None:
        """Raises (see :func:`is_away`) when the database does not answer."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
