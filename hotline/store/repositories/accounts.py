"""Accounts: making them, and the two halves of a log-in with its lock (rules J.68: 5 wrong, 15 minutes)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.errors import HotlineError, Invalid, Rejected
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """A log-in that has been counted and is to be checked. `account_id` None: nobody of that name may log in."""

    account_id: str | None
    password_hash: str | None


def count_attempt(session: Session, username: str, now: float) -> Attempt:
    """The first half of a log-in, in a transaction of its own: the attempt is counted before the password is looked at, so
    that many at once get no more tries than one after another. The fifth locks; was it right, `log_in` unlocks again.

    Raises HotlineError `auth.locked`, also for the right password.
    """
    account = session.scalars(select(Account).where(Account.username == username).with_for_update()).one_or_none()
    if account is None or not account.active:
        return Attempt(None, None)
    if account.locked_until is not None:
        if account.locked_until > now:
            raise HotlineError("auth.locked")
        account.locked_until, account.failed_logins = None, 0
    account.failed_logins += 1
    if account.failed_logins >= MAX_FAILED:
        account.locked_until = now + LOCK_SECONDS
    return Attempt(account.id, account.password_hash)


def is_locked(session: Session, account_id: str) -> bool:
    """Whether the attempt counted last has locked the account."""
    return session.get_one(Account, account_id).locked_until is not None


def log_in(session: Session, account_id: str, password: str, now: float) -> Account:
    """The second half, after the password was found right: the count starts again. Raises HotlineError
    `auth.one_time_over` for a one-time password whose time has run out."""
    account = session.get_one(Account, account_id)
    if account.must_change_password and account.one_time_until is not None and account.one_time_until < now:
        raise HotlineError("auth.one_time_over")
    account.failed_logins, account.locked_until = 0, None
    if passwords.needs_rehash(account.password_hash):
        account.password_hash = passwords.hash_password(password)
    return account


def set_password(account: Account, password: str) -> None:
    """Give a new password. Raises Invalid (see `passwords.check_new`)."""
    passwords.check_new(password, account.username)
    put_hash(account, passwords.hash_password(password))


def put_hash(account: Account, hashed: str, *, one_time_until: float | None = None) -> None:
    """Give a new password, hashed before; a lock is lifted. `one_time_until` (Unix time): it serves once, to choose another."""
    account.password_hash = hashed
    account.must_change_password = one_time_until is not None
    account.one_time_until = one_time_until
    account.failed_logins = 0
    account.locked_until = None
