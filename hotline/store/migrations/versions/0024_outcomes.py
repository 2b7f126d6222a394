"""Results and follow-ups as tasks, complaints, confidential tickets with grants and safe contact, avoidance."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None

TASKS = {"HL-RESULT": "tell", "HL-FOLLOWUP": "follow_up", "HL-QUALITY": "quality", "MN-REPORT": "report"}
SECRET = (("R04", "minor"), ("R03", "violence"), ("R02", "violence"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _key(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(length=64), nullable=nullable) for name in names]


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _time(*names: str, nullable: bool = False) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double(), nullable=nullable) for name in names]


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.add_column(sa.Column("guarded", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("secret", sa.String(length=64), nullable=False, server_default=""))
        batch.add_column(sa.Column("complaint", sa.String(length=64), nullable=False, server_default=""))
    _tasks()
    op.create_table(
        "ticket_complaints",
        *_key("number", "kind", "accused_id", "centre_id", "opened_by", "reported_by", "opined_by", "decided_by", "outcome"),
        *_time("opened_at"),
        *_time("decided_at", nullable=True),
        sa.CheckConstraint("kind IN ('account', 'agent', 'expert', 'centre')", name=op.f("ck_ticket_complaints_kind")),
        _to("ticket_complaints", "number", "tickets.number"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket_complaints")),
    )
    op.create_table(
        "ticket_hidden",
        sa.Column("id", sa.Integer(), nullable=False),
        *_key("number", "person_id", "centre_id", "why"),
        *_time("at"),
        sa.CheckConstraint("why IN ('complaint', 'avoidance')", name=op.f("ck_ticket_hidden_why")),
        _to("ticket_hidden", "number", "tickets.number"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_hidden")),
    )
    op.create_table(
        "ticket_avoidances",
        sa.Column("id", sa.Integer(), nullable=False),
        *_key("number", "person_id", "side", "asked_by", "decided_by"),
        *_text("why", "decided_why"),
        *_time("at"),
        *_time("decided_at", nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        _to("ticket_avoidances", "number", "tickets.number"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_avoidances")),
    )
    op.create_table(
        "ticket_grants",
        *_key("number", "account_id", "by"),
        *_text("why"),
        *_time("at"),
        *_time("ended_at", nullable=True),
        _to("ticket_grants", "number", "tickets.number"),
        _to("ticket_grants", "account_id", "accounts.id"),
        sa.PrimaryKeyConstraint("number", "account_id", name=op.f("pk_ticket_grants")),
    )
    op.create_table(
        "ticket_safety",
        *_key("number", "contact_masked", "contact_hash", "caller_hash", "by"),
        *_text("contact_enc", "note_enc"),
        sa.Column("ways", sa.JSON(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        *_time("at"),
        _to("ticket_safety", "number", "tickets.number"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket_safety")),
    )
    op.create_index(op.f("ix_ticket_grants_account_id"), "ticket_grants", ["account_id"])
    for table in ("ticket_hidden", "ticket_avoidances"):
        op.create_index(op.f(f"ix_{table}_number"), table, ["number"])
    for column in ("contact_hash", "caller_hash"):
        op.create_index(op.f(f"ix_ticket_safety_{column}"), "ticket_safety", [column])
    _bring_over()


def _tasks() -> None:
    op.create_table(
        "ticket_tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        *_key("number", nullable=True),
        *_key("call_id", "kind", "state", "claimed_by", "outcome", "dial_task", "about_kind", "about_id", "done_by"),
        sa.Column("clock_id", sa.Integer(), nullable=True),
        *_time("created_at"),
        *_time("due_at", "claimed_at", "tried_at", "done_at", nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("tries", "score")),
        sa.Column("answers", sa.JSON(), nullable=False),
        *_text("text", "cause", "fix"),
        sa.CheckConstraint("state IN ('open', 'done', 'unreachable', 'dropped')", name=op.f("ck_ticket_tasks_state")),
        sa.CheckConstraint(
            "kind IN ('tell', 'follow_up', 'quality', 'rectify', 'report')",
            name=op.f("ck_ticket_tasks_kind"),
        ),
        _to("ticket_tasks", "number", "tickets.number"),
        _to("ticket_tasks", "call_id", "calls.call_id"),
        _to("ticket_tasks", "clock_id", "ticket_clocks.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_tasks")),
    )
    for column in ("number", "call_id", "dial_task"):
        op.create_index(op.f(f"ix_ticket_tasks_{column}"), "ticket_tasks", [column])
    op.create_index(
        "uq_ticket_tasks_open", "ticket_tasks", ["number", "kind"], unique=True,
        **_where("state = 'open' AND number IS NOT NULL"),
    )  # fmt: skip
    op.create_index("uq_ticket_tasks_of_call", "ticket_tasks", ["call_id", "kind"], unique=True, **_where("number IS NULL"))
    op.create_index("ix_ticket_tasks_open", "ticket_tasks", ["kind", "number"], **_where("state = 'open'"))


def _bring_over() -> None:
    """What open tickets owe already becomes tasks; those whose flags say so become confidential."""
    for rule, kind in TASKS.items():
        op.execute(
            sa.text(
                "INSERT INTO ticket_tasks (number, call_id, kind, state, claimed_by, outcome, dial_task, about_kind, about_id,"
                " done_by, clock_id, created_at, tries, score, answers, text, cause, fix)"
                " SELECT c.number, t.call_id, :kind, 'open', '', '', '', '', '', '', c.id, c.started_at, 0, 0, '{}', '', '', ''"
                " FROM ticket_clocks c JOIN tickets t ON t.number = c.number"
                " WHERE c.rule = :rule AND c.state IN ('running', 'paused')"
            ).bindparams(kind=kind, rule=rule)
        )
    for flag, reason in SECRET:
        op.execute(
            sa.text(
                "UPDATE tickets SET guarded = :yes, secret = :reason WHERE secret = ''"
                " AND state NOT IN ('archived', 'declined', 'merged', 'withdrawn')"
                " AND CAST(risk_flags AS TEXT) LIKE :flag"
            ).bindparams(yes=True, reason=reason, flag=f'%"{flag}"%')
        )


def downgrade() -> None:
    for table in (
        "ticket_safety", "ticket_grants", "ticket_avoidances", "ticket_hidden", "ticket_complaints", "ticket_tasks",
    ):  # fmt: skip
        op.drop_table(table)
    with op.batch_alter_table("tickets") as batch:
        for name in ("complaint", "secret", "guarded"):
            batch.drop_column(name)
