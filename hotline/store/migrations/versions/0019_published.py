"""Flows by version, the bureau's own prompts, and until when a one-time password is good."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_versions",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("added_by", sa.String(64), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", name="pk_flow_versions"),
    )
    op.create_table(
        "flow_publications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flow_publications"),
    )
    op.create_index("ix_flow_publications_name", "flow_publications", ["name"])
    op.create_table(
        "prompt_uploads",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("language", sa.String(64), nullable=False),
        sa.Column("prompt", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("wav", sa.LargeBinary(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("peak_db", sa.Double(), nullable=False),
        sa.Column("speech_db", sa.Double(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_prompt_uploads"),
        sa.UniqueConstraint("language", "prompt", "sha256", name="uq_prompt_uploads_language_prompt_sha256"),
    )

    op.add_column("accounts", sa.Column("one_time_until", sa.Double(), nullable=True))


def downgrade() -> None:
    op.drop_column("accounts", "one_time_until")
    op.drop_table("prompt_uploads")
    op.drop_table("flow_publications")
    op.drop_table("flow_versions")
