"""Alembic migrations, run by program: :func:`migrate` brings any database, SQLite or PostgreSQL, to the newest
tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from hotline.settings import Settings
from hotline.store.engine import make_engine, writing

_LOCK: Final = 12348
"""Advisory lock on PostgreSQL, so that two parts starting at once do not both migrate."""


def config(connection: Connection | None = None) -> Config:
    """The Alembic configuration, without a file."""
    result = Config()
    result.set_main_option("script_location", str(Path(__file__).parent))
    result.set_main_option("path_separator", "os")
    result.attributes["connection"] = connection
    return result


def migrate(settings: Settings, revision: str = "head") -> str:
    """Upgrade to `revision` in one transaction and return the revision the database has now. Does nothing when it is
    there already; raises when the database is newer than the program."""
    engine = make_engine(settings)
    try:
        with writing(engine).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(config(connection), revision)
            return current(connection) or ""
    finally:
        engine.dispose()


def current(connection: Connection) -> str | None:
    """The revision of this database; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision this program wants."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""
