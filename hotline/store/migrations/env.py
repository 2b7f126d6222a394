"""Run by Alembic with the connection that `migrate` hands over; there is no offline mode."""

from __future__ import annotations

from alembic import context

from hotline.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=True,  # SQLite cannot alter a column: Alembic copies the table
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
