"""The catalogue at hand with its index; waveforms and shares of recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None

WORDS_SQLITE = (
    "CREATE VIRTUAL TABLE knowledge_words USING fts5("
    "title, keywords, body, pinyin, prefix='1 2 3', tokenize='unicode61 remove_diacritics 0')",
)
WORDS_POSTGRESQL = (
    "CREATE TABLE knowledge_words (entry_id INTEGER PRIMARY KEY REFERENCES knowledge_entries (id), "
    "names TSVECTOR NOT NULL, words TSVECTOR NOT NULL)",
    "CREATE INDEX knowledge_words_names ON knowledge_words USING gin (names)",
    "CREATE INDEX knowledge_words_gin ON knowledge_words USING gin (words)",
)


def upgrade() -> None:
    op.create_table(
        "knowledge_entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subtype", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("region_code", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.String(length=64), nullable=False),
        sa.Column("valid_to", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("updated_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('institution', 'hotline', 'guide', 'law', 'script')", name=op.f("ck_knowledge_entries_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_entries")),
    )
    op.create_index(op.f("ix_knowledge_entries_kind"), "knowledge_entries", ["kind"])
    op.create_index(op.f("ix_knowledge_entries_title"), "knowledge_entries", ["title"])
    op.create_table(
        "knowledge_versions",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "action IN ('added', 'changed', 'removed', 'restored', 'imported')", name=op.f("ck_knowledge_versions_action")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["knowledge_entries.id"], name=op.f("fk_knowledge_versions_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_knowledge_versions")),
    )
    for statement in WORDS_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else WORDS_SQLITE:
        op.execute(statement)
    op.create_table(
        "recording_peaks",
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.recording_id"], name=op.f("fk_recording_peaks_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_recording_peaks")),
    )
    op.create_table(
        "recording_shares",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("recording_id", sa.String(length=64), nullable=False),
        sa.Column("by_user", sa.String(length=64), nullable=False),
        sa.Column("to_user", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("offset_seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["by_user"], ["accounts.id"], name=op.f("fk_recording_shares_by_user")),
        sa.ForeignKeyConstraint(["to_user"], ["accounts.id"], name=op.f("fk_recording_shares_to_user")),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.recording_id"], name=op.f("fk_recording_shares_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_shares")),
    )
    op.create_index(op.f("ix_recording_shares_recording_id"), "recording_shares", ["recording_id"])
    op.create_index(op.f("ix_recording_shares_to_user"), "recording_shares", ["to_user"])


def downgrade() -> None:
    for table in ("recording_shares", "recording_peaks", "knowledge_words", "knowledge_versions", "knowledge_entries"):
        op.drop_table(table)
