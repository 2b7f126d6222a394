"""Facts by name and time: what the desk was doing while somebody waited."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_call_facts_name_at", "call_facts", ["name", "at"])


def downgrade() -> None:
    op.drop_index("ix_call_facts_name_at", table_name="call_facts")
