"""The staff's telephones and PINs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_phones",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("phone_enc", sa.Text(), nullable=False),
        sa.Column("phone_masked", sa.String(length=64), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("trunk", sa.String(length=64), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.Double(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.CheckConstraint("kind IN ('agent', 'expert')", name=op.f("ck_staff_phones_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_phones")),
        sa.UniqueConstraint("number", name=op.f("uq_staff_phones_number")),
    )
    op.create_index(op.f("ix_staff_phones_phone_hash"), "staff_phones", ["phone_hash"])


def downgrade() -> None:
    op.drop_table("staff_phones")
