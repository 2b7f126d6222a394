"""A ticket knows its caller's language, chosen in the phone menu or noted at the desk: letters are written in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("language", sa.String(64), nullable=False, server_default=""))
    of_call = "SELECT c.language FROM calls c WHERE c.call_id = tickets.call_id"
    op.execute(f"UPDATE tickets SET language = COALESCE(({of_call}), '')")


def downgrade() -> None:
    op.execute("ALTER TABLE tickets DROP COLUMN language")
