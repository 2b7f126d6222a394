"""Log-ins: opened, found by token, kept awake, revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from hotline.store.models import Account, Agent, LoginSession
from hotline.store.passwords import new_token, token_hash


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A log-in, whose it is, and the extension of that person's phone (empty without one). It may be over by now."""

    session: LoginSession
    account: Account
    extension: str

    @property
    def holds(self) -> bool:
        """Neither logged out nor locked out; time is judged by :meth:`outlived`."""
        return self.session.revoked_at is None and self.account.active

    def outlived(self, now: float, *, seen_at: float, idle_seconds: float) -> bool:
        """Whether it expired, or has been idle for too long. `seen_at`: activity that the database has not heard of yet."""
        seen = max(self.session.last_seen_at, seen_at)
        return now >= self.session.expires_at or now - seen > idle_seconds


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


def find(session: Session, hashes: Sequence[str]) -> dict[str, LoggedIn]:
    """The log-ins of these token hashes, also those that are over."""
    rows = session.execute(
        select(LoginSession, Account, Agent.extension)
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(Agent, Agent.id == Account.agent_id)
        .where(LoginSession.token_hash.in_(hashes))
    )
    return {row[0].token_hash: LoggedIn(row[0], row[1], row[2] or "") for row in rows}


def touch(session: Session, key: str, now: float) -> None:
    """The person was active. Call it rarely (once a minute is enough): each is a write. `key`: the token's hash."""
    session.execute(update(LoginSession).where(LoginSession.token_hash == key).values(last_seen_at=now))


def revoke(session: Session, key: str, now: float) -> bool:
    """Log one session out, by its token's hash; False when there was none."""
    done = session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == key, LoginSession.revoked_at.is_(None))
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
