"""Who may log in, and who is logged in."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from hotline.store.models.base import Base, Hash, Key, Long, Name, Time, Word, one_of

ROLES: Final = ("admin", "supervisor", "agent", "expert", "centre", "statistician", "auditor")


class Account(Base):
    """One person's log-in. `password_hash` is argon2id; `locked_until` is Unix time (rules J.68: 5 wrong, 15
    minutes)."""

    __tablename__ = "accounts"
    __table_args__ = (one_of("role", ROLES),)

    id: Mapped[Key] = mapped_column(primary_key=True)
    username: Mapped[Word] = mapped_column(unique=True)
    password_hash: Mapped[Long]
    role: Mapped[Word]
    display_name: Mapped[Name]
    language: Mapped[Word] = mapped_column(default="zh-CN")
    active: Mapped[bool] = mapped_column(default=True)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """The password is a one-time one, good until `one_time_until` (Unix time; null: for ever)."""
    one_time_until: Mapped[Time | None]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[Time | None]
    agent_id: Mapped[Key | None] = mapped_column(ForeignKey("agents.id"))
    expert_id: Mapped[Key | None] = mapped_column(ForeignKey("experts.id"))
    centre_id: Mapped[Key | None] = mapped_column(ForeignKey("centres.id"))
    director: Mapped[bool] = mapped_column(default=False)
    """Head of that centre: approves extensions, hears of orange warnings."""
    created_at: Mapped[Time]


class LoginSession(Base):
    """One log-in. Only the SHA-256 of the token is kept, so a stolen database logs nobody in. `kind`: `cookie`,
    `token`."""

    __tablename__ = "sessions"

    token_hash: Mapped[Hash] = mapped_column(primary_key=True)
    account_id: Mapped[Key] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[Word] = mapped_column(default="cookie")
    created_at: Mapped[Time]
    last_seen_at: Mapped[Time]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
