"""Letters, notices, and where staff can be written to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None


def _word(name: str, length: int = 64, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _time(name: str, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "letters",
        _word("id"),
        _word("key", 200),
        _word("number", nullable=True),
        *(_word(name) for name in ("account_id", "kind", "channel", "to_masked", "state", "code", "by", "settled_by")),
        _word("reference", 200),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("to_enc", "text_enc")),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("safe", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("tries", "round")),
        *(_time(name) for name in ("created_at", "not_before")),
        _time("finished_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'unsure', 'failed', 'cancelled')", name=op.f("ck_letters_state")
        ),
        sa.CheckConstraint("channel IN ('sms', 'mail')", name=op.f("ck_letters_channel")),
        sa.ForeignKeyConstraint(["number"], ["tickets.number"], name=op.f("fk_letters_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("key", name=op.f("uq_letters_key")),
    )
    op.create_index(op.f("ix_letters_number"), "letters", ["number"])
    op.create_index("ix_letters_of_state", "letters", ["state", "created_at"])
    op.create_index("ix_letters_kept", "letters", ["finished_at"], **_where("text_enc <> ''"))
    op.create_table(
        "account_contacts",
        *(_word(name) for name in ("account_id", "channel", "address_masked")),
        sa.Column("address_enc", sa.Text(), nullable=False),
        _time("changed_at"),
        sa.CheckConstraint("channel IN ('sms', 'mail')", name=op.f("ck_account_contacts_channel")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_contacts_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_contacts")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        _word("key", 200),
        _word("number", nullable=True),
        *(_word(name) for name in ("kind", "level", "to_whom")),
        sa.Column("data", sa.JSON(), nullable=False),
        _time("at"),
        sa.ForeignKeyConstraint(["number"], ["tickets.number"], name=op.f("fk_notices_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_index(op.f("ix_notices_number"), "notices", ["number"])
    op.create_table(
        "notice_readers",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        _word("account_id"),
        _time("read_at", nullable=True),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_notice_readers_notice_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notice_readers_account_id")),
        sa.PrimaryKeyConstraint("notice_id", "account_id", name=op.f("pk_notice_readers")),
    )
    op.create_index("ix_notice_readers_of_account", "notice_readers", ["account_id", "read_at", "notice_id"])
    with op.batch_alter_table("ticket_warnings") as batch:
        batch.add_column(sa.Column("noticed", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Warnings of before were on the list of warnings already: they get their notice for the record, and nobody is rung for it.
    op.execute(
        "INSERT INTO notices (key, number, kind, level, to_whom, data, at)"
        " SELECT 'warning:' || id, number, 'warning', level, to_whom, '{}', at FROM ticket_warnings"
    )
    op.execute(sa.text("UPDATE ticket_warnings SET noticed = :yes").bindparams(sa.bindparam("yes", True, sa.Boolean())))
    op.create_index("ix_ticket_warnings_untold", "ticket_warnings", ["id"], **_where("NOT noticed"))


def downgrade() -> None:
    op.drop_index("ix_ticket_warnings_untold", "ticket_warnings")
    with op.batch_alter_table("ticket_warnings") as batch:
        batch.drop_column("noticed")
    for table in ("notice_readers", "notices", "account_contacts", "letters"):
        op.drop_table(table)
    op.execute("DELETE FROM jobs WHERE kind IN ('send_letter', 'ticket_paper') AND state IN ('queued', 'running')")
