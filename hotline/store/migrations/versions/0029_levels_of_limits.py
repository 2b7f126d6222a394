"""A ticket's warning level is asked of its limits: the column, and the index that every warning had to write, are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_WARNED = sa.text("level <> ''")


def upgrade() -> None:
    op.drop_index("ix_tickets_warned", "tickets")
    op.execute("ALTER TABLE tickets DROP COLUMN level")


def downgrade() -> None:
    op.add_column("tickets", sa.Column("level", sa.String(64), nullable=False, server_default=""))
    open_worst = "SELECT level FROM ticket_clocks c WHERE c.number = tickets.number AND c.state IN ('running', 'paused')"
    for level in ("yellow", "orange", "red"):
        op.execute(f"UPDATE tickets SET level = '{level}' WHERE '{level}' IN ({open_worst})")
    op.create_index("ix_tickets_warned", "tickets", ["level", "due_at"], sqlite_where=_WARNED, postgresql_where=_WARNED)
