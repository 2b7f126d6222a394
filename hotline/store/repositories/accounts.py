"""Accounts: making them, and checking a log-in with its lock (rules J.68: 5 wrong, 15 minutes)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.errors import Invalid, Rejected
from hotline.core.ids import new_id
from hotline.store import passwords
from hotline.store.models import ROLES, Account

MAX_FAILED: Final = 5
LOCK_SECONDS: Final = 15 * 60.0


def create(
    session: Session, *, username: str, password_hash: str, role: str, display_name: str, now: float, **values: Any
) -> Account:
    """Add an account. Raises Invalid (`account.role`, `account.username`) or Rejected (`account.exists`)."""
    name = username.strip()
    if role not in ROLES:
        raise Invalid("account.role", field="role")
    if not name or len(name) > 64 or not name.isprintable() or " " in name:
        raise Invalid("account.username", field="username")
    if by_username(session, name) is not None:
        raise Rejected("account.exists", field="username")
    account = Account(
        id=values.pop("id", None) or new_id("acc", now),
        username=name,
        password_hash=password_hash,
        role=role,
        display_name=display_name or name,
        created_at=now,
        **values,
    )
    session.add(account)
    session.flush()
    return account


def get(session: Session, account_id: str) -> Account | None:
    """One account, or None."""
    return session.get(Account, account_id)


def by_username(session: Session, username: str) -> Account | None:
    """The account of that name (exact), or None."""
    return session.scalars(select(Account).where(Account.username == username)).one_or_none()


def all_accounts(session: Session) -> Sequence[Account]:
    """All accounts, by name."""
    return session.scalars(select(Account).order_by(Account.username)).all()


def admins(session: Session) -> int:
    """How many active administrators there are."""
    return session.scalar(select(func.count()).where(Account.role == "admin", Account.active)) or 0


def log_in(session: Session, username: str, password: str, now: float) -> Account | None:
    """The account when the password is right, else None; counts the failure and locks after the fifth.

    The transaction must be committed in either case. Raises Rejected (`login.locked`, details `seconds`) while
    locked, also for the right password. Unknown and inactive accounts take as long as known ones.
    """
    account = session.scalars(select(Account).where(Account.username == username).with_for_update()).one_or_none()
    if account is not None and account.locked_until is not None and account.locked_until > now:
        raise Rejected("login.locked", seconds=round(account.locked_until - now))
    right = passwords.verify(account.password_hash if account else None, password)
    if account is None or not account.active:
        return None
    if not right:
        account.failed_logins += 1
        if account.failed_logins >= MAX_FAILED:
            account.failed_logins = 0
            account.locked_until = now + LOCK_SECONDS
        return None
    account.failed_logins = 0
    account.locked_until = None
    if passwords.needs_rehash(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    return account


def set_password(account: Account, password: str) -> None:
    """Give a new password. Raises Invalid (see `passwords.check_new`)."""
    passwords.check_new(password, account.username)
    account.password_hash = passwords.hash_password(password)
    account.must_change_password = False
    account.failed_logins = 0
    account.locked_until = None
