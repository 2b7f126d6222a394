"""The migrations make exactly the tables of the models, on both databases, once, and back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from hotline.settings import Settings
from hotline.store import knowledge_index
from hotline.store.engine import make_engine, writing
from hotline.store.migrations import config, migrate, newest
from hotline.store.models import Base

pytestmark = pytest.mark.contract


def test_models_are_what_the_migrations_make(database_settings: Settings) -> None:
    assert migrate(database_settings) == newest()
    engine = make_engine(database_settings)
    with engine.connect() as connection:
        # The words of the catalogue stand in a table of each database's own kind, which no model can describe.
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _modelled})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def _modelled(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith(knowledge_index.TABLE))


def test_twice_and_at_once_is_harmless(database_settings: Settings) -> None:
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: migrate(database_settings), range(3)))
    assert found == [newest()] * 3
    assert migrate(database_settings) == newest()


def test_down_leaves_nothing(database_settings: Settings) -> None:
    migrate(database_settings)
    engine = make_engine(database_settings)
    with writing(engine).begin() as connection:
        command.downgrade(config(connection), "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    assert migrate(database_settings) == newest()
