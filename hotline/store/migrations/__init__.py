"""Alembic migrations, run by program: :func:`migrate` brings any database, SQLite or PostgreSQL, to the newest
tables."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text

from hotline.settings import Settings
from hotline.store.engine import make_engine, writing

_LOCK: Final = 12348
"""Advisory lock on PostgreSQL, so that two parts starting at once do not both migrate."""
PATIENCE_MS: Final = 60_000
"""How long a part waits for another one that is migrating: all of it may take many seconds on a busy machine."""


def config(connection: Connection | None = None, keys_dir: Path | None = None) -> Config:
    """The Alembic configuration, without a file. `keys_dir`: where the master key lies, for a migration that seals what stood
    in clear."""
    result = Config()
    result.set_main_option("script_location", str(Path(__file__).parent))
    result.set_main_option("path_separator", "os")
    result.attributes["connection"] = connection
    result.attributes["keys_dir"] = keys_dir
    return result


def migrate(settings: Settings, revision: str = "head") -> str:
    """Upgrade to `revision` in one transaction and return the revision the database has now. Does nothing when it is
    there already; raises when the database is newer than the program."""
    engine = make_engine(settings)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _record: raw.execute(f"PRAGMA busy_timeout={PATIENCE_MS}").close())
    try:
        with writing(engine).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(config(connection, settings.keys_dir), revision)
            return current(connection) or ""
    finally:
        engine.dispose()


def current(connection: Connection) -> str | None:
    """The revision of this database; None when it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The revision this program wants."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""
