"""Tickets that keep time: acts and their chain, limits, warnings, objections, supervisions, shares; what centres offer."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0017"
branch_labels = None
depends_on = None

NEW_STATES = ("objected", "suspended", "merged", "withdrawn")
STATES = (
    "registered", "accepted", "to_complete", "declined", "assigned", "signed", "handling", "done", "told", "followed_up",
    "archived",
)  # fmt: skip
WORDS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")


def _word(name: str, length: int = 64) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=False, server_default="")


def _number(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _list(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default="[]")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _listed(words: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(repr(word) for word in words)})"


def upgrade() -> None:
    with op.batch_alter_table("centres") as batch:
        batch.add_column(_list("phones"))
        batch.add_column(_list("services"))
        batch.add_column(sa.Column("calendar_id", sa.String(length=64), nullable=True))
        batch.create_foreign_key(op.f("fk_centres_calendar_id"), "calendars", ["calendar_id"], ["id"])
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(_flag("director"))
    _tickets()
    _events()
    _new_tables()


def _tickets() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.drop_constraint(op.f("ck_tickets_state"), type_="check")
        batch.create_check_constraint(op.f("ck_tickets_state"), _listed((*STATES, *NEW_STATES)))
        for column in (_number("version"), _number("seq"), _number("objections"), _number("extensions")):
            batch.add_column(column)
        for name in ("assigned_by", "handler_id", "head", "caller_name_hash", "code", "level", "resume_to"):
            batch.add_column(_word(name))
        for name in ("extension_asked_by", "merged_into", "repeat_of"):
            batch.add_column(_word(name))
        for column in (_number("extension_asked"), _number("repeats")):
            batch.add_column(column)
        for name in ("provisional", "final", "papers_asked", "supervised", "reported"):
            batch.add_column(_flag(name))
        for name in ("result", "route"):
            batch.add_column(_text(name))
        batch.add_column(_list("materials"))
        batch.add_column(sa.Column("words", WORDS, nullable=False, server_default=" "))
        batch.drop_index(op.f("ix_tickets_due_at"))
        batch.drop_index(op.f("ix_tickets_state"))
    op.create_index(op.f("ix_tickets_caller_name_hash"), "tickets", ["caller_name_hash"])
    op.create_index("ix_tickets_by_deadline", "tickets", ["due_at", "number"], **_where("due_at IS NOT NULL"))
    op.create_index("ix_tickets_of_centre", "tickets", ["centre_id", "due_at", "number"], **_where("due_at IS NOT NULL"))
    op.create_index("ix_tickets_of_state", "tickets", ["state", "number"])
    op.create_index("ix_tickets_warned", "tickets", ["level", "due_at"], **_where("level <> ''"))
    op.create_index("ix_tickets_words", "tickets", ["words"], postgresql_using="gin")


def _events() -> None:
    """Events that are there already get their places in the chain."""
    with op.batch_alter_table("ticket_events") as batch:
        batch.add_column(_number("seq"))
        for column in (_word("from_state"), _word("to_state"), _text("why"), _word("key"), _word("hash")):
            batch.add_column(column)
    events = sa.table(
        "ticket_events",
        *(sa.column(name) for name in ("id", "number", "seq", "at", "actor", "name", "from_state", "to_state", "hash")),
        sa.column("data", sa.JSON()),
    )
    tickets = sa.table("tickets", *(sa.column(name) for name in ("number", "state", "seq", "head")))
    connection = op.get_bind()
    heads: dict[str, tuple[int, str]] = {}
    rows = connection.execute(
        sa.select(events, tickets.c.state.label("state"))
        .join_from(events, tickets, events.c.number == tickets.c.number)
        .order_by(events.c.id)
    ).all()
    for row in rows:
        seq, head = heads.get(row.number, (0, ""))
        before = row.state if seq else ""
        body = [row.number, seq + 1, row.at, row.actor, row.name, before, row.state, "", row.data, head]
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        heads[row.number] = (seq + 1, hashlib.sha256(text.encode()).hexdigest())
        values = {"seq": seq + 1, "from_state": before, "to_state": row.state, "hash": heads[row.number][1]}
        connection.execute(sa.update(events).where(events.c.id == row.id).values(**values))
    for number, (seq, head) in heads.items():
        connection.execute(sa.update(tickets).where(tickets.c.number == number).values(seq=seq, head=head))
    with op.batch_alter_table("ticket_events") as batch:
        batch.drop_index(op.f("ix_ticket_events_number"))
        batch.create_unique_constraint(op.f("uq_ticket_events_number_seq"), ["number", "seq"])
    op.create_index("uq_ticket_events_once", "ticket_events", ["actor", "key"], unique=True, **_where("key <> ''"))


def _of_ticket(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["number"], ["tickets.number"], name=op.f(f"fk_{table}_number"))


def _key(name: str = "number") -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=False)


def _time(name: str, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _new_tables() -> None:
    op.create_table(
        "ticket_clocks",
        sa.Column("id", sa.Integer(), nullable=False),
        *(_key(name) for name in ("number", "rule", "unit", "centre_id", "state", "level")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("amount", "extra")),
        _time("started_at"),
        sa.Column("pauses", sa.JSON(), nullable=False),
        *(_time(name, nullable=True) for name in ("due_at", "warn_at", "stopped_at")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("provisional", "late")),
        sa.CheckConstraint("state IN ('running', 'paused', 'stopped', 'beaten')", name=op.f("ck_ticket_clocks_state")),
        _of_ticket("ticket_clocks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_clocks")),
    )
    open_clock = _where("state IN ('running', 'paused')")
    op.create_index("uq_ticket_clocks_open", "ticket_clocks", ["number", "rule"], unique=True, **open_clock)
    op.create_index("ix_ticket_clocks_warn_at", "ticket_clocks", ["warn_at"], **_where("warn_at IS NOT NULL"))
    op.create_table(
        "ticket_warnings",
        sa.Column("id", sa.Integer(), nullable=False),
        *(_key(name) for name in ("number", "rule", "level", "to_whom", "centre_id")),
        sa.Column("clock_id", sa.Integer(), nullable=False),
        _time("due_at"),
        _time("at"),
        _of_ticket("ticket_warnings"),
        sa.ForeignKeyConstraint(["clock_id"], ["ticket_clocks.id"], name=op.f("fk_ticket_warnings_clock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_warnings")),
        sa.UniqueConstraint("clock_id", "level", "due_at", name=op.f("uq_ticket_warnings_clock_id_level_due_at")),
    )
    op.create_index("ix_ticket_warnings_open", "ticket_warnings", ["to_whom", "at"])
    op.create_table(
        "ticket_objections",
        sa.Column("id", sa.Integer(), nullable=False),
        *(_key(name) for name in ("number", "centre_id", "sent_by", "service_type", "reason", "by", "suggested")),
        *(_key(name) for name in ("decided_by", "decided_to")),
        sa.Column("basis", sa.Text(), nullable=False),
        _time("at"),
        _time("decided_at", nullable=True),
        _of_ticket("ticket_objections"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_objections")),
    )
    op.create_index(op.f("ix_ticket_objections_at"), "ticket_objections", ["at"])
    op.create_table(
        "ticket_supervisions",
        sa.Column("id", sa.Integer(), nullable=False),
        *(_key(name) for name in ("number", "way", "by", "ended_by")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("why", "result")),
        _time("at"),
        _time("ended_at", nullable=True),
        _of_ticket("ticket_supervisions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_supervisions")),
    )
    op.create_table(
        "ticket_shares",
        *(_key(name) for name in ("number", "centre_id", "by")),
        sa.Column("why", sa.Text(), nullable=False),
        _time("at"),
        _time("ended_at", nullable=True),
        _of_ticket("ticket_shares"),
        sa.ForeignKeyConstraint(["centre_id"], ["centres.id"], name=op.f("fk_ticket_shares_centre_id")),
        sa.PrimaryKeyConstraint("number", "centre_id", name=op.f("pk_ticket_shares")),
    )
    op.create_index(op.f("ix_ticket_shares_centre_id"), "ticket_shares", ["centre_id"])
    for table in ("ticket_clocks", "ticket_warnings", "ticket_objections", "ticket_supervisions"):
        op.create_index(op.f(f"ix_{table}_number"), table, ["number"])


def downgrade() -> None:
    for table in ("ticket_shares", "ticket_supervisions", "ticket_objections", "ticket_warnings", "ticket_clocks"):
        op.drop_table(table)
    op.drop_index("uq_ticket_events_once", "ticket_events")
    with op.batch_alter_table("ticket_events") as batch:
        batch.drop_constraint(op.f("uq_ticket_events_number_seq"), type_="unique")
        batch.create_index(op.f("ix_ticket_events_number"), ["number"])
        for name in ("seq", "from_state", "to_state", "why", "key", "hash"):
            batch.drop_column(name)
    for name in (
        "ix_tickets_words", "ix_tickets_warned", "ix_tickets_of_state", "ix_tickets_of_centre", "ix_tickets_by_deadline",
        op.f("ix_tickets_caller_name_hash"),
    ):  # fmt: skip
        op.drop_index(name, "tickets")
    # What the older program has no word for goes back to the nearest state it knows.
    op.execute("UPDATE tickets SET state = 'assigned' WHERE state IN ('objected', 'suspended')")
    op.execute("UPDATE tickets SET state = 'archived' WHERE state IN ('merged', 'withdrawn')")
    with op.batch_alter_table("tickets") as batch:
        batch.drop_constraint(op.f("ck_tickets_state"), type_="check")
        batch.create_check_constraint(op.f("ck_tickets_state"), _listed(STATES))
        for name in (
            "version", "seq", "objections", "extensions", "assigned_by", "handler_id", "head", "caller_name_hash", "code",
            "level", "resume_to", "extension_asked_by", "merged_into", "repeat_of", "extension_asked", "repeats",
            "provisional", "final", "papers_asked", "supervised", "reported", "result", "route", "materials", "words",
        ):  # fmt: skip
            batch.drop_column(name)
        batch.create_index(op.f("ix_tickets_due_at"), ["due_at"])
        batch.create_index(op.f("ix_tickets_state"), ["state"])
    with op.batch_alter_table("accounts") as batch:
        batch.drop_column("director")
    with op.batch_alter_table("centres") as batch:
        batch.drop_constraint(op.f("fk_centres_calendar_id"), type_="foreignkey")
        for name in ("calendar_id", "services", "phones"):
            batch.drop_column(name)
