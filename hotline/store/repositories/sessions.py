"""Log-ins: opened, found by token, kept awake, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from hotline.store.models import Account, LoginSession
from hotline.store.passwords import new_token, token_hash


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A valid log-in and whose it is."""

    session: LoginSession
    account: Account


def open_session(session: Session, account: Account, *, kind: str, now: float, hours: float) -> str:
    """Log an account in and return the token, which is shown this once."""
    token = new_token()
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            account_id=account.id,
            kind=kind,
            created_at=now,
            last_seen_at=now,
            expires_at=now + hours * 3600,
        )
    )
    return token


def find(session: Session, token: str, *, now: float, idle_seconds: float) -> LoggedIn | None:
    """The log-in of a token when it is neither revoked, expired nor idle for too long, and its account is active."""
    row = session.execute(
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(
            LoginSession.token_hash == token_hash(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > now - idle_seconds,
            Account.active,
        )
    ).one_or_none()
    return LoggedIn(row[0], row[1]) if row else None


def touch(session: Session, token: str, now: float) -> None:
    """The person was active. Call it rarely (once a minute is enough): each is a write."""
    session.execute(update(LoginSession).where(LoginSession.token_hash == token_hash(token)).values(last_seen_at=now))


def revoke(session: Session, token: str, now: float) -> bool:
    """Log one session out; False when there was none."""
    done = session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == token_hash(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LoginSession.token_hash)
    )
    return done.first() is not None


def revoke_all(session: Session, account_id: str, now: float, *, but_token: str = "") -> int:
    """Log an account out everywhere (but here); how many sessions that were."""
    keep = token_hash(but_token) if but_token else ""
    done = session.execute(
        update(LoginSession)
        .where(
            LoginSession.account_id == account_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.token_hash != keep,
        )
        .values(revoked_at=now)
        .returning(LoginSession.token_hash)
    )
    return len(done.all())


def of_account(session: Session, account_id: str) -> Sequence[LoginSession]:
    """The sessions of an account that were not revoked."""
    return session.scalars(
        select(LoginSession).where(LoginSession.account_id == account_id, LoginSession.revoked_at.is_(None))
    ).all()


def forget_old(session: Session, before: float) -> int:
    """Delete sessions that expired or were revoked before a moment."""
    done = session.execute(
        delete(LoginSession)
        .where(or_(LoginSession.expires_at < before, LoginSession.revoked_at < before))
        .returning(LoginSession.token_hash)
    )
    return len(done.all())
