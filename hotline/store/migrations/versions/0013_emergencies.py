"""Danger to life: emergencies, what happened to them, and what must still be done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "emergencies",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("caller_masked", sa.String(length=64), nullable=False),
        sa.Column("region_hint", sa.String(length=200), nullable=False),
        sa.Column("audience", sa.String(length=64), nullable=False),
        sa.Column("helpers", sa.JSON(), nullable=False),
        sa.Column("raised_by", sa.String(length=64), nullable=False),
        sa.Column("raised_by_agent", sa.String(length=64), nullable=False),
        sa.Column("raised_at", sa.Double(), nullable=False),
        sa.Column("alerted_at", sa.Double(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=64), nullable=False),
        sa.Column("acknowledged_at", sa.Double(), nullable=True),
        sa.Column("dispatched_to", sa.JSON(), nullable=False),
        sa.Column("dispatched_at", sa.Double(), nullable=True),
        sa.Column("line_lost_at", sa.Double(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("report_enc", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('raised', 'acknowledged', 'dispatched', 'closed')", name=op.f("ck_emergencies_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergencies")),
    )
    for column in ("call_id", "raised_at", "state"):
        op.create_index(op.f(f"ix_emergencies_{column}"), "emergencies", [column], unique=False)
    op.create_index(
        "uq_emergencies_open",
        "emergencies",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "emergency_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("emergency_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["emergency_id"], ["emergencies.id"], name=op.f("fk_emergency_events_emergency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_events")),
    )
    op.create_index(op.f("ix_emergency_events_emergency_id"), "emergency_events", ["emergency_id"], unique=False)
    op.create_table(
        "emergency_tasks",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("emergency_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("callback_id", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("kind IN ('tell_afterwards', 'call_back', 'unheard')", name=op.f("ck_emergency_tasks_kind")),
        sa.ForeignKeyConstraint(["emergency_id"], ["emergencies.id"], name=op.f("fk_emergency_tasks_emergency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_tasks")),
    )
    op.create_index(op.f("ix_emergency_tasks_emergency_id"), "emergency_tasks", ["emergency_id"], unique=False)
    op.create_index(op.f("ix_emergency_tasks_state"), "emergency_tasks", ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("emergency_tasks")
    op.drop_table("emergency_events")
    op.drop_table("emergencies")
