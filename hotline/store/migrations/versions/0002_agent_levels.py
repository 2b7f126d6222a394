"""Agents: level by skill, and the region they serve first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("agents") as batch:
        batch.add_column(sa.Column("skill_levels", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("region_code", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("agents") as batch:
        batch.drop_column("region_code")
        batch.drop_column("skill_levels")
