"""Ledgers that people type (visits, the village advisers' log), and exports of all ledgers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _words(*names: str, length: int = 64) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(length=length), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _time(name: str, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _centre(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f(f"fk_{table}_centre_id"))


def upgrade() -> None:
    _visits()
    _advisers()
    _exports()
    for table in ("visits", "adviser_entries"):
        op.create_index(f"uq_{table}_key", table, ["key"], unique=True, **_where("key <> ''"))


def _visits() -> None:
    op.create_table(
        "visits",
        *_words(
            "id", "centre_id", "visitor_masked", "visitor_hash", "number_masked", "number_hash", "service_type", "category"
        ),
        *_words("outcome", "ticket_number", "received_by", "key", "voided_by"),
        *_texts("visitor_name_enc", "number_enc", "matter", "void_reason"),
        *_numbers("people"),
        *(_time(name) for name in ("at", "created_at")),
        _time("voided_at", nullable=True),
        sa.CheckConstraint(
            "outcome IN ('answered', 'ticket', 'referred', 'appointment', 'declined')", name=op.f("ck_visits_outcome")
        ),
        _centre("visits"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_of_centre", "visits", ["centre_id", "at", "id"])
    for name in ("at", "visitor_hash", "number_hash"):
        op.create_index(op.f(f"ix_visits_{name}"), "visits", [name])


def _advisers() -> None:
    op.create_table(
        "village_advisers",
        *_words("id", "centre_id", "since", "until"),
        *_words("name", "firm", length=200),
        sa.Column("expert_id", sa.String(length=64), nullable=True),
        _centre("village_advisers"),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_village_advisers_expert_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_village_advisers")),
    )
    op.create_index("ix_village_advisers_centre_id", "village_advisers", ["centre_id"])
    op.create_table(
        "adviser_entries",
        *_words("id", "adviser_id", "centre_id", "date", "kind", "by", "key", "voided_by"),
        *_numbers("from_minute", "to_minute", "people"),
        *_texts("topic", "void_reason"),
        sa.Column("late", sa.Boolean(), nullable=False),
        _time("created_at"),
        _time("voided_at", nullable=True),
        sa.CheckConstraint("kind IN ('onsite', 'lecture', 'other')", name=op.f("ck_adviser_entries_kind")),
        sa.CheckConstraint(
            "from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440", name=op.f("ck_adviser_entries_minutes")
        ),
        sa.ForeignKeyConstraint(["adviser_id"], ["village_advisers.id"], name=op.f("fk_adviser_entries_adviser_id")),
        _centre("adviser_entries"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adviser_entries")),
    )
    op.create_index("ix_adviser_entries_adviser_id", "adviser_entries", ["adviser_id", "date"])
    op.create_index("ix_adviser_entries_of_centre", "adviser_entries", ["centre_id", "date", "id"])
    op.create_index(op.f("ix_adviser_entries_date"), "adviser_entries", ["date"])


def _exports() -> None:
    op.create_table(
        "exports",
        *_words("id", "ledger", "format", "language", "by", "state", "sha256", "error"),
        sa.Column("filters", sa.JSON(), nullable=False),
        *_texts("purpose", "q_enc"),
        sa.Column("clear", sa.Boolean(), nullable=False),
        *_numbers("rows_done", "rows_total", "parts"),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        _time("created_at"),
        *(_time(name, nullable=True) for name in ("finished_at", "expires_at")),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'expired')", name=op.f("ck_exports_state")),
        sa.CheckConstraint("format IN ('xlsx', 'csv')", name=op.f("ck_exports_format")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_of_person", "exports", ["by", "created_at"])
    op.create_index("ix_exports_to_expire", "exports", ["expires_at"], **_where("state = 'done'"))


def downgrade() -> None:
    for table in ("exports", "adviser_entries", "village_advisers", "visits"):
        op.drop_table(table)
