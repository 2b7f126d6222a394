"""Opening hours and lines, voice messages, and a due time on tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("weekly", sa.JSON(), nullable=False),
        sa.Column("holidays", sa.String(length=64), nullable=False),
        sa.Column("holiday_hours", sa.JSON(), nullable=False),
        sa.Column("region_code", sa.String(length=64), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.CheckConstraint("holidays IN ('closed', 'open', 'own')", name=op.f("ck_calendars_holidays")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendars")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("region_code", sa.String(length=64), nullable=False),
        sa.Column("date", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.Double(), nullable=False),
        sa.CheckConstraint("kind IN ('off', 'work')", name=op.f("ck_calendar_days_kind")),
        sa.PrimaryKeyConstraint("region_code", "date", name=op.f("pk_calendar_days")),
    )
    op.create_table(
        "special_days",
        sa.Column("calendar_id", sa.String(length=64), nullable=False),
        sa.Column("date", sa.String(length=64), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name=op.f("fk_special_days_calendar_id_calendars"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", "date", name=op.f("pk_special_days")),
    )
    op.create_table(
        "lines",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("calendar_id", sa.String(length=64), nullable=False),
        sa.Column("flow", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=64), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("region_code", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.CheckConstraint("length(number) > 0", name=op.f("ck_lines_number")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendars.id"], name=op.f("fk_lines_calendar_id_calendars")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_lines")),
    )
    op.create_index(op.f("ix_lines_calendar_id"), "lines", ["calendar_id"])
    op.create_table(
        "messages",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.CheckConstraint("outcome IN ('', 'recorded', 'empty', 'failed')", name=op.f("ck_messages_outcome")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_messages_call_id_calls")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_call_id"), "messages", ["call_id"])
    op.add_column("calls", sa.Column("hours", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=64), nullable=False, server_default="call"))
        batch_op.add_column(sa.Column("clock", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("due_at", sa.Double(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_tickets_source"), "source IN ('call', 'message')")
        batch_op.create_index(op.f("ix_tickets_due_at"), ["due_at"])


def downgrade() -> None:
    with op.batch_alter_table("tickets") as batch_op:
        batch_op.drop_index(op.f("ix_tickets_due_at"))
        batch_op.drop_constraint(op.f("ck_tickets_source"), type_="check")
        for column in ("due_at", "clock", "source"):
            batch_op.drop_column(column)
    with op.batch_alter_table("calls") as batch_op:
        batch_op.drop_column("hours")
    op.drop_index(op.f("ix_messages_call_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ix_lines_calendar_id"), table_name="lines")
    op.drop_table("lines")
    op.drop_table("special_days")
    op.drop_table("calendar_days")
    op.drop_table("calendars")
