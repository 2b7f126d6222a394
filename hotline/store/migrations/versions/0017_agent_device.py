"""What rings for an agent: the desk phone, or the headset of their page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agents", sa.Column("device", sa.String(length=64), nullable=False, server_default="phone"))


def downgrade() -> None:
    op.drop_column("agents", "device")
