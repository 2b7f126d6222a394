"""The pool of experts: firms, telephones, cards, declared interests, roster changes; hashes of whom they advised."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY, NAME = sa.String(length=64), sa.String(length=200)

_ADDED: tuple[tuple[str, Any, bool, Any], ...] = (
    ("firm_id", KEY, True, None),
    ("regions", sa.JSON(), False, "[]"),
    ("hours_from", sa.Integer(), False, "0"),
    ("hours_to", sa.Integer(), False, "1440"),
    ("suspended_from", sa.Double(), True, None),
    ("suspended_to", sa.Double(), True, None),
    ("suspended_reason", NAME, False, ""),
    ("presence", KEY, False, "on_roster"),
    ("presence_until", sa.Double(), True, None),
    ("active", sa.Boolean(), False, sa.true()),
)


def _firms() -> None:
    """Make firms of the names that experts had."""
    connection = op.get_bind()
    names = [row[0] for row in connection.execute(sa.text("SELECT DISTINCT firm FROM experts WHERE firm <> '' ORDER BY firm"))]
    for number, name in enumerate(names, 1):
        values = {"id": f"firm_{number:04}", "name": name}
        connection.execute(
            sa.text(
                "INSERT INTO firms (id, name, kind, licence, region_code, note, active)"
                " VALUES (:id, :name, 'other', '', '', '', :yes)"
            ),
            {**values, "yes": True},
        )
        connection.execute(sa.text("UPDATE experts SET firm_id = :id WHERE firm = :name"), values)


def upgrade() -> None:
    op.create_table(
        "firms",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("licence", KEY, nullable=False),
        sa.Column("region_code", KEY, nullable=False),
        sa.Column("note", NAME, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('law_firm', 'notary_office', 'appraisal', 'mediation', 'legal_aid', 'bureau', 'other')",
            name=op.f("ck_firms_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_firms")),
        sa.UniqueConstraint("name", name=op.f("uq_firms_name")),
    )
    for name, kind, nullable, default in _ADDED:
        op.add_column("experts", sa.Column(name, kind, nullable=nullable, server_default=default))
    op.create_index(op.f("ix_experts_firm_id"), "experts", ["firm_id"])
    _firms()
    op.drop_column("experts", "firm")
    op.create_table(
        "expert_phones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("phone_enc", sa.Text(), nullable=False),
        sa.Column("phone_masked", KEY, nullable=False),
        sa.Column("phone_hash", KEY, nullable=False),
        _expert("expert_phones"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_phones")),
        sa.UniqueConstraint("expert_id", "position", name=op.f("uq_expert_phones_expert_id_position")),
    )
    op.create_index(op.f("ix_expert_phones_phone_hash"), "expert_phones", ["phone_hash"])
    op.create_table(
        "expert_cards",
        sa.Column("id", KEY, nullable=False),
        sa.Column("expert_id", KEY, nullable=False),
        sa.Column("colour", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_at", sa.Double(), nullable=False),
        sa.Column("given_by", KEY, nullable=False),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("objection_at", sa.Double(), nullable=True),
        sa.Column("objection_by", KEY, nullable=False),
        sa.Column("lifted_at", sa.Double(), nullable=True),
        sa.Column("lifted_by", KEY, nullable=False),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("colour IN ('yellow', 'red')", name=op.f("ck_expert_cards_colour")),
        _expert("expert_cards"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_cards")),
    )
    op.create_index(op.f("ix_expert_cards_expert_id"), "expert_cards", ["expert_id"])
    op.create_table(
        "expert_interests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("expert_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("party_enc", sa.Text(), nullable=False),
        sa.Column("party_masked", NAME, nullable=False),
        sa.Column("note", NAME, nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=False),
        sa.Column("declared_at", sa.Double(), nullable=False),
        sa.Column("declared_by", KEY, nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.Column("revoked_by", KEY, nullable=False),
        sa.CheckConstraint("kind IN ('client', 'avoid')", name=op.f("ck_expert_interests_kind")),
        _expert("expert_interests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_interests")),
    )
    op.create_index(op.f("ix_expert_interests_expert_id"), "expert_interests", ["expert_id"])
    op.create_table(
        "conflict_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", KEY, nullable=False),
        sa.Column("firm_id", KEY, nullable=False),
        sa.Column("side", KEY, nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=False),
        sa.Column("interest_id", KEY, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.CheckConstraint("side IN ('client', 'opponent', 'avoid')", name=op.f("ck_conflict_marks_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflict_marks")),
        sa.UniqueConstraint(
            *("hash", "expert_id", "side", "call_id", "interest_id"),
            name=op.f("uq_conflict_marks_hash_expert_id_side_call_id_interest_id"),
        ),
    )
    for column in ("expert_id", "call_id", "interest_id", "at"):
        op.create_index(op.f(f"ix_conflict_marks_{column}"), "conflict_marks", [column])
    op.create_table(
        "roster_exceptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", KEY, nullable=False),
        sa.Column("date", KEY, nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("effect", KEY, nullable=False),
        sa.Column("request_id", KEY, nullable=False),
        sa.CheckConstraint("effect IN ('on', 'off')", name=op.f("ck_roster_exceptions_effect")),
        _expert("roster_exceptions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_exceptions")),
    )
    for column in ("expert_id", "date", "request_id"):
        op.create_index(op.f(f"ix_roster_exceptions_{column}"), "roster_exceptions", [column])
    op.create_table(
        "roster_requests",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("expert_id", KEY, nullable=False),
        sa.Column("date", KEY, nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("other_id", KEY, nullable=True),
        sa.Column("other_date", KEY, nullable=False),
        sa.Column("other_from", sa.Integer(), nullable=False),
        sa.Column("other_to", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("created_by", KEY, nullable=False),
        sa.Column("agreed_at", sa.Double(), nullable=True),
        sa.Column("agreed_by", KEY, nullable=False),
        sa.Column("decided_at", sa.Double(), nullable=True),
        sa.Column("decided_by", KEY, nullable=False),
        sa.Column("decision", NAME, nullable=False),
        sa.CheckConstraint("kind IN ('swap', 'substitute', 'absence')", name=op.f("ck_roster_requests_kind")),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'in_force', 'declined', 'cancelled')", name=op.f("ck_roster_requests_state")
        ),
        _expert("roster_requests"),
        _expert("roster_requests", "other_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_requests")),
    )
    for column in ("expert_id", "other_id"):
        op.create_index(op.f(f"ix_roster_requests_{column}"), "roster_requests", [column])
    op.add_column("transfer_tries", sa.Column("refusal", KEY, nullable=False, server_default=""))
    op.create_index(op.f("ix_transfer_tries_dialled_at"), "transfer_tries", ["dialled_at"])


def _expert(table: str, column: str = "expert_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["experts.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def downgrade() -> None:
    op.drop_index(op.f("ix_transfer_tries_dialled_at"), "transfer_tries")
    op.drop_column("transfer_tries", "refusal")
    for table in (
        "roster_requests",
        "roster_exceptions",
        "conflict_marks",
        "expert_interests",
        "expert_cards",
        "expert_phones",
    ):
        op.drop_table(table)
    op.add_column("experts", sa.Column("firm", NAME, nullable=False, server_default=""))
    op.execute("UPDATE experts SET firm = COALESCE((SELECT name FROM firms WHERE firms.id = experts.firm_id), '')")
    op.drop_index(op.f("ix_experts_firm_id"), "experts")
    for name, _, _, _ in reversed(_ADDED):
        op.drop_column("experts", name)
    op.drop_table("firms")
