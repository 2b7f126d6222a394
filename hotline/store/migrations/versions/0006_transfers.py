"""Transfers of every kind: third people, talks beside talks, other hotlines, the first agent of a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY, NAME = sa.String(length=64), sa.String(length=200)

_TRANSFERS = {"kind": "auto", "target": "expert", "stage": "seeking", "third_kind": "", "third_id": ""}


def upgrade() -> None:
    op.create_table(
        "external_hotlines",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("number_enc", sa.Text(), nullable=False),
        *(sa.Column(name, NAME, nullable=False) for name in ("name_zh", "name_en", "description_zh", "description_en")),
        sa.Column("category", KEY, nullable=False),
        sa.Column("region_code", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_hotlines")),
    )
    op.create_table(
        "transfer_thirds",
        sa.Column("try_id", KEY, nullable=False),
        sa.Column("transfer_id", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=False),
        sa.Column("person_kind", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("dialled_at", sa.Double(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("ringing_at", "answered_at", "left_at", "ended_at")),
        sa.Column("outcome", KEY, nullable=False),
        sa.Column("sip_code", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_transfer_thirds_call_id")),
        sa.PrimaryKeyConstraint("try_id", name=op.f("pk_transfer_thirds")),
    )
    for column in ("transfer_id", "call_id", "person_id"):
        op.create_index(op.f(f"ix_transfer_thirds_{column}"), "transfer_thirds", [column])
    with op.batch_alter_table("transfers") as table:
        for name, default in _TRANSFERS.items():
            table.add_column(sa.Column(name, KEY, nullable=False, server_default=default))
    with op.batch_alter_table("calls") as table:
        table.add_column(sa.Column("first_agent_id", KEY, nullable=True))
    op.execute("UPDATE calls SET first_agent_id = agent_id")
    with op.batch_alter_table("talks") as table:
        table.add_column(sa.Column("role", KEY, nullable=False, server_default="main"))
        table.drop_constraint(op.f("ck_talks_person_kind"), type_="check")
        table.create_check_constraint("person_kind", "person_kind IN ('agent', 'expert', 'party')")


def downgrade() -> None:
    with op.batch_alter_table("talks") as table:
        table.drop_constraint(op.f("ck_talks_person_kind"), type_="check")
        table.create_check_constraint("person_kind", "person_kind IN ('agent', 'expert')")
        table.drop_column("role")
    with op.batch_alter_table("calls") as table:
        table.drop_column("first_agent_id")
    with op.batch_alter_table("transfers") as table:
        for name in _TRANSFERS:
            table.drop_column(name)
    op.drop_table("transfer_thirds")
    op.drop_table("external_hotlines")
