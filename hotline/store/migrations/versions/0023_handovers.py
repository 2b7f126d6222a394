"""Tickets change hands when the other accepts: who answers for one, and to whom it is offered."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0024"
branch_labels = None
depends_on = None

WORDS = ("keeper_id", "offered_by", "offered_to", "offered_centre")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        for name in WORDS:
            batch.add_column(sa.Column(name, sa.String(length=64), nullable=False, server_default=""))
        batch.add_column(sa.Column("offered_until", sa.Double(), nullable=True))
    # Whoever signed it answers for it, before that the first receiver.
    op.execute(
        "UPDATE tickets SET keeper_id = COALESCE(NULLIF(handler_id, ''), "
        "(SELECT MIN(accounts.id) FROM accounts WHERE accounts.agent_id = tickets.agent_id), '')"
    )
    op.create_index("ix_tickets_offered_to", "tickets", ["offered_to"], **_where("offered_to <> ''"))
    op.create_index("ix_tickets_offered_centre", "tickets", ["offered_centre"], **_where("offered_centre <> ''"))
    op.create_index("ix_tickets_offered_until", "tickets", ["offered_until"], **_where("offered_until IS NOT NULL"))


def downgrade() -> None:
    for name in ("offered_to", "offered_centre", "offered_until"):
        op.drop_index(f"ix_tickets_{name}", "tickets")
    with op.batch_alter_table("tickets") as batch:
        for name in (*WORDS, "offered_until"):
            batch.drop_column(name)
