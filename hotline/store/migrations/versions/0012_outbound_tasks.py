"""Calls that we make: tasks of three kinds, every try of them, the switch, and the direction of a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0006"
branch_labels = None
depends_on = None

STATES = "state IN ('open', 'calling', 'done', 'given_up', 'expired', 'no_number')"
OLD_STATES = "state IN ('open', 'done', 'given_up', 'no_number')"
UNFINISHED = sa.text("state IN ('open', 'calling') AND caller_hash <> ''")

TEXTS = {"kind": "call_back", "region_hint": "", "trunk": "", "queue": "", "language": "", "close_reason": "", "note": ""}
LENGTHS = {"region_hint": 200}
TIMES = {"place_at": "created_at", "deadline_at": "due_at", "expires_at": "created_at + 259200"}


def upgrade() -> None:
    op.drop_index("uq_callback_tasks_open", table_name="callback_tasks")
    with op.batch_alter_table("callback_tasks") as table:
        for name, value in TEXTS.items():
            kind = sa.Text() if name == "note" else sa.String(length=LENGTHS.get(name, 64))
            table.add_column(sa.Column(name, kind, nullable=False, server_default=value))
        table.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="3"))
        table.add_column(sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
        for name in TIMES:
            table.add_column(sa.Column(name, sa.Double(), nullable=False, server_default="0"))
        table.add_column(sa.Column("next_call_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("agent_id", sa.String(length=64), nullable=True))
        table.add_column(sa.Column("not_agent_id", sa.String(length=64), nullable=True))
        for name in ("talk", "answers"):
            table.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
    # The random part of a task's id is as good for the call it leads to.
    sets = ", ".join(f"{name} = {value}" for name, value in TIMES.items())
    op.execute(f"UPDATE callback_tasks SET {sets}, next_call_id = 'call_' || substr(id, 5)")
    with op.batch_alter_table("callback_tasks") as table:
        for name in (*TEXTS, "priority", "lost", *TIMES, "talk", "answers"):
            table.alter_column(name, server_default=None)
        table.alter_column("next_call_id", existing_type=sa.String(length=64), nullable=False)
        table.create_unique_constraint(op.f("uq_callback_tasks_next_call_id"), ["next_call_id"])
        table.drop_constraint(op.f("ck_callback_tasks_state"), type_="check")
        table.create_check_constraint(op.f("ck_callback_tasks_state"), STATES)
        table.create_check_constraint(op.f("ck_callback_tasks_kind"), "kind IN ('call_back', 'follow_up', 'rating')")
    op.create_index(
        "uq_callback_tasks_open",
        "callback_tasks",
        ["caller_hash", "kind"],
        unique=True,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )
    op.create_index("ix_callback_tasks_due", "callback_tasks", ["state", "due_at"], unique=False)

    op.create_table(
        "callback_tries",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("task_id", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=64), nullable=False),
        sa.Column("agent_id", sa.String(length=64), nullable=True),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("coded", sa.String(length=64), nullable=False),
        sa.CheckConstraint("way IN ('offered', 'direct', 'automatic', 'by_hand')", name=op.f("ck_callback_tries_way")),
        sa.ForeignKeyConstraint(["task_id"], ["callback_tasks.id"], name=op.f("fk_callback_tries_task_id")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_callback_tries")),
    )
    op.create_index(op.f("ix_callback_tries_task_id"), "callback_tries", ["task_id"], unique=False)
    op.create_index(op.f("ix_callback_tries_started_at"), "callback_tries", ["started_at"], unique=False)

    op.create_table(
        "switches",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )

    with op.batch_alter_table("calls") as table:
        table.add_column(sa.Column("direction", sa.String(length=64), nullable=False, server_default="inbound"))
        table.add_column(sa.Column("task_id", sa.String(length=64), nullable=True))
    with op.batch_alter_table("calls") as table:
        table.alter_column("direction", server_default=None)
    op.create_index(op.f("ix_calls_task_id"), "calls", ["task_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_calls_task_id"), table_name="calls")
    with op.batch_alter_table("calls") as table:
        table.drop_column("task_id")
        table.drop_column("direction")
    op.drop_table("switches")
    op.drop_table("callback_tries")
    op.execute("DELETE FROM callback_calls WHERE task_id IN (SELECT id FROM callback_tasks WHERE kind <> 'call_back')")
    op.execute("DELETE FROM callback_tasks WHERE kind <> 'call_back'")
    op.execute("UPDATE callback_tasks SET state = 'open' WHERE state = 'calling'")
    op.execute("UPDATE callback_tasks SET state = 'given_up' WHERE state = 'expired'")
    op.drop_index("ix_callback_tasks_due", table_name="callback_tasks")
    op.drop_index("uq_callback_tasks_open", table_name="callback_tasks")
    with op.batch_alter_table("callback_tasks") as table:
        table.drop_constraint(op.f("ck_callback_tasks_kind"), type_="check")
        table.drop_constraint(op.f("ck_callback_tasks_state"), type_="check")
        table.create_check_constraint(op.f("ck_callback_tasks_state"), OLD_STATES)
        table.drop_constraint(op.f("uq_callback_tasks_next_call_id"), type_="unique")
        for name in (*TEXTS, "priority", "lost", *TIMES, "next_call_id", "agent_id", "not_agent_id", "talk", "answers"):
            table.drop_column(name)
    op.create_index(
        "uq_callback_tasks_open",
        "callback_tasks",
        ["caller_hash"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
