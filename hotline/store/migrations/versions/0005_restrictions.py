"""Restrictions of numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restrictions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("caller_hash", sa.String(length=64), nullable=False),
        sa.Column("caller_masked", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("renewals", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'active', 'refused', 'lifted', 'expired')", name=op.f("ck_restrictions_state")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_restrictions_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    op.create_index(op.f("ix_restrictions_caller_hash"), "restrictions", ["caller_hash"])
    op.create_index(op.f("ix_restrictions_call_id"), "restrictions", ["call_id"])
    op.create_index(op.f("ix_restrictions_state"), "restrictions", ["state"])
    is_open = sa.text("state IN ('proposed', 'active')")
    op.create_index(
        "uq_restrictions_open", "restrictions", ["caller_hash"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )


def downgrade() -> None:
    op.drop_table("restrictions")
