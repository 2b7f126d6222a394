"""Centres by phone and what is read out to their clerks; wrong progress codes; appointments and the plans of their slots."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

TASK_KINDS = ("call_back", "follow_up", "rating")
STAFF_KINDS = ("agent", "expert")
BOOKED = "state = 'booked'"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _in(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _kinds(table: str, words: tuple[str, ...]) -> None:
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_kind"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_kind"), _in("kind", words))


def _word(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=null)


def _time(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=null)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    with op.batch_alter_table("centres") as batch:
        batch.add_column(sa.Column("by_phone", sa.Boolean(), nullable=False, server_default=sa.false()))
    _kinds("callback_tasks", (*TASK_KINDS, "village"))
    _kinds("staff_phones", (*STAFF_KINDS, "clerk"))
    op.create_table(
        "village_calls",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        _word("number"),
        _int("seq"),
        _word("centre_id"),
        _word("clerk_id"),
        _word("task_id", null=True),
        _word("state"),
        _int("rounds"),
        _word("told"),
        _time("created_at"),
        _time("ended_at", null=True),
        sa.CheckConstraint(_in("state", ("waiting", "answered", "left", "unreached")), name=op.f("ck_village_calls_state")),
        sa.ForeignKeyConstraint(["number"], ["tickets.number"], name=op.f("fk_village_calls_number")),
        sa.ForeignKeyConstraint(["task_id"], ["callback_tasks.id"], name=op.f("fk_village_calls_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village_calls")),
        sa.UniqueConstraint("number", "seq", name=op.f("uq_village_calls_number_seq")),
    )
    op.create_index("uq_village_calls_waiting", "village_calls", ["number"], unique=True, **_where("state = 'waiting'"))
    op.create_index("ix_village_calls_state", "village_calls", ["state", "centre_id"])
    op.create_table(
        "progress_tries",
        _word("asked_hash"),
        _int("wrong"),
        _time("since"),
        sa.PrimaryKeyConstraint("asked_hash", name=op.f("pk_progress_tries")),
    )
    op.create_index(op.f("ix_progress_tries_since"), "progress_tries", ["since"])
    op.create_table(
        "appointment_plans",
        _word("id"),
        _word("centre_id"),
        _word("account_id"),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        _int("from_minute"),
        _int("to_minute"),
        _int("slot_minutes"),
        _int("places"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_appointment_plans_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_plans")),
    )
    op.create_index(op.f("ix_appointment_plans_centre_id"), "appointment_plans", ["centre_id"])
    op.create_table(
        "appointments",
        _word("id"),
        _word("number"),
        _word("plan_id"),
        _word("centre_id"),
        _word("account_id"),
        _word("kind"),
        _time("starts_at"),
        _time("ends_at"),
        _int("place"),
        _word("state"),
        _word("by"),
        sa.Column("reason", sa.Text(), nullable=False),
        _word("moved_to"),
        _word("ended_by"),
        _word("told"),
        _word("task_id"),
        _time("reminded_at", null=True),
        _time("created_at"),
        _time("updated_at"),
        sa.CheckConstraint(_in("kind", ("visit", "video", "call")), name=op.f("ck_appointments_kind")),
        sa.CheckConstraint(
            _in("state", ("booked", "moved", "cancelled", "kept", "missed")), name=op.f("ck_appointments_state")
        ),
        sa.ForeignKeyConstraint(["number"], ["tickets.number"], name=op.f("fk_appointments_number")),
        sa.ForeignKeyConstraint(["plan_id"], ["appointment_plans.id"], name=op.f("fk_appointments_plan_id")),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_appointments_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
    )
    op.create_index(op.f("ix_appointments_number"), "appointments", ["number"])
    op.create_index("ix_appointments_of_centre", "appointments", ["centre_id", "starts_at"])
    op.create_index("uq_appointments_place", "appointments", ["plan_id", "starts_at", "place"], unique=True, **_where(BOOKED))
    op.create_index("uq_appointments_number", "appointments", ["number"], unique=True, **_where(BOOKED))
    person = f"{BOOKED} AND account_id <> ''"
    op.create_index("uq_appointments_person", "appointments", ["account_id", "starts_at"], unique=True, **_where(person))


def downgrade() -> None:
    for table in ("appointments", "appointment_plans", "progress_tries", "village_calls"):
        op.drop_table(table)
    op.execute("DELETE FROM callback_calls WHERE task_id IN (SELECT id FROM callback_tasks WHERE kind = 'village')")
    op.execute("DELETE FROM callback_tries WHERE task_id IN (SELECT id FROM callback_tasks WHERE kind = 'village')")
    op.execute("DELETE FROM callback_tasks WHERE kind = 'village'")
    op.execute("DELETE FROM staff_phones WHERE kind = 'clerk'")
    _kinds("callback_tasks", TASK_KINDS)
    _kinds("staff_phones", STAFF_KINDS)
    with op.batch_alter_table("centres") as batch:
        batch.drop_column("by_phone")
