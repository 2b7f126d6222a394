"""Logging in, being logged in, logging out. Sessions live in the database; only hashes of tokens are kept.

Rules J.68: five wrong passwords lock for 15 minutes, 15 idle minutes log out, a seat has one session. An attempt is
counted before the password is looked at, so that many at once get no more tries than one after another; user names that
do not exist are counted and locked just the same, so that the answers do not tell who exists.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hotline import logs
from hotline.api.people import Person
from hotline.core.errors import Forbidden, HotlineError, Rejected
from hotline.settings import Settings
from hotline.store import audit, passwords
from hotline.store.engine import Store
from hotline.store.models import Account, Agent, LoginSession
from hotline.store.repositories import sessions as rows
from hotline.store.repositories.accounts import LOCK_SECONDS, MAX_FAILED

log = logs.get("hotline.api.sessions")

TOUCH_SECONDS: Final = 30.0
"""`last_seen_at` is written at most this often a session."""
HASHERS: Final = 2
"""Passwords checked at once: each takes 64 MiB and a core for about 0.1 s."""
MOST_STRANGERS: Final = 10_000
FORGET_SECONDS: Final = 7 * 86_400.0
"""Rows of ended sessions are deleted after this."""

# Why a session ended, as `bye` says it.
LOGGED_OUT: Final = "session.logged_out"
REPLACED: Final = "session.replaced"
RIGHTS_CHANGED: Final = "feed.rights_changed"  # the session holds: come back and see with the new rights


class Sessions:
    """All methods but :meth:`touch` block on the database: call them from a thread."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._life = settings.http.session_hours * 3600
        self._idle = settings.http.idle_minutes * 60
        self._touch_every = min(TOUCH_SECONDS, self._idle / 4)
        self._touched: dict[str, float] = {}
        self._replaced: set[str] = set()
        self._strangers: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._guard = threading.Lock()
        self._hashers = threading.BoundedSemaphore(HASHERS)

    # logging in

    def log_in(self, username: str, password: str, now: float) -> tuple[str, Person, list[str]]:
        """A token, who it is, and the session ids that it replaced.

        Raises HotlineError `auth.wrong` or `auth.locked`, in the same way for a user that does not exist, and
        `auth.busy` when too many log in at once.
        """
        account_id, stored = self._count_attempt(username, now)
        if not self._hashers.acquire(timeout=5):
            raise Rejected("auth.busy")
        try:
            right = passwords.verify(stored, password)
        finally:
            self._hashers.release()
        if account_id is None or not right:
            self._note_wrong(account_id, now)
            raise Forbidden("auth.wrong")
        return self._open(account_id, password, now)

    def _count_attempt(self, username: str, now: float) -> tuple[str | None, str | None]:
        with self._store.write() as session:
            account = session.scalars(select(Account).where(Account.username == username).with_for_update()).one_or_none()
            if account is not None and account.active:
                if account.locked_until is not None and account.locked_until > now:
                    raise HotlineError("auth.locked")
                if account.locked_until is not None:
                    account.locked_until, account.failed_logins = None, 0
                account.failed_logins += 1
                if account.failed_logins >= MAX_FAILED:
                    # Locked before the last try is looked at; if it was right, `_open` unlocks again.
                    account.locked_until = now + LOCK_SECONDS
                return account.id, account.password_hash
        with self._guard:
            tries, until = self._strangers.get(username, (0, 0.0))
            if until > now:
                raise HotlineError("auth.locked")
            tries = 1 if until else tries + 1
            self._strangers[username] = (tries, now + LOCK_SECONDS if tries >= MAX_FAILED else 0.0)
            self._strangers.move_to_end(username)
            if len(self._strangers) > MOST_STRANGERS:
                self._strangers.popitem(last=False)
        return None, None

    def _note_wrong(self, account_id: str | None, now: float) -> None:
        if account_id is None:
            return
        with self._store.write() as session:
            locked = session.get_one(Account, account_id).locked_until is not None
            action = "login.locked" if locked else "login.failed"
            audit.append(session, at=now, actor=account_id, action=action, object=f"accounts/{account_id}")

    def _open(self, account_id: str, password: str, now: float) -> tuple[str, Person, list[str]]:
        with self._store.write() as session:
            account = session.get_one(Account, account_id)
            account.failed_logins, account.locked_until = 0, None
            if passwords.needs_rehash(account.password_hash):
                account.password_hash = passwords.hash_password(password)
            replaced: list[str] = []
            if account.agent_id:
                replaced = [other.token_hash for other in rows.of_account(session, account_id)]
                rows.revoke_all(session, account_id, now)
            rows.forget_old(session, now - FORGET_SECONDS)
            token = rows.open_session(session, account, kind="cookie", now=now, hours=self._life / 3600)
            audit.append(session, at=now, actor=account_id, action="login", object=f"accounts/{account_id}")
        self._replaced.update(replaced)
        return token, self.find(token, now), replaced

    # being logged in

    def find(self, token: str, now: float) -> Person:
        """Whose token this is. Raises HotlineError `auth.required` (unknown or logged out) or `auth.expired`."""
        with self._store.read() as session:
            row = _load(session, [passwords.token_hash(token)]).get(passwords.token_hash(token))
        if row is None or row.LoginSession.revoked_at is not None or not row.Account.active:
            raise HotlineError("auth.required")
        if self._over(row.LoginSession, now):
            raise HotlineError("auth.expired")
        return _person(row.LoginSession, row.Account, row.extension or "")

    def _over(self, session: LoginSession, now: float) -> bool:
        seen = max(session.last_seen_at, self._touched.get(session.token_hash, 0.0))
        return now >= session.expires_at or now - seen > self._idle

    def ended(self, people: Sequence[Person]) -> dict[str, str]:
        """Which of these sessions do not hold any more, and why: {session_id: code for `bye`}."""
        now = time.time()
        with self._store.read() as session:
            rows = _load(session, [person.session_id for person in people])
        reasons: dict[str, str] = {}
        for person in people:
            key = person.session_id
            row = rows.get(key)
            if row is None or row.LoginSession.revoked_at is not None or not row.Account.active:
                reasons[key] = REPLACED if key in self._replaced else LOGGED_OUT
            elif self._over(row.LoginSession, now):
                reasons[key] = LOGGED_OUT
            elif (row.Account.role, row.Account.agent_id or "") != (person.role, person.agent_id):
                reasons[key] = RIGHTS_CHANGED
        return reasons

    def note_seen(self, person: Person, now: float) -> None:
        """Count this as activity; the database hears of it now and then, and may be away."""
        before = self._touched.get(person.session_id, 0.0)
        if now - before < self._touch_every:
            return
        self._touched[person.session_id] = now
        if len(self._touched) > MOST_STRANGERS:
            self._touched = {key: at for key, at in self._touched.items() if now - at < self._idle}
        try:
            with self._store.write() as session:
                session.execute(
                    update(LoginSession).where(LoginSession.token_hash == person.session_id).values(last_seen_at=now)
                )
        except DBAPIError as exc:
            log.warning("session_not_touched", kind=type(exc).__name__)

    async def touch(self, person: Person) -> None:
        """:meth:`note_seen` for callers on the event loop."""
        now = time.time()
        if now - self._touched.get(person.session_id, 0.0) >= self._touch_every:
            await asyncio.to_thread(self.note_seen, person, now)

    # logging out

    def log_out(self, person: Person, now: float) -> None:
        """End the session, for good."""
        with self._store.write() as session:
            session.execute(
                update(LoginSession)
                .where(LoginSession.token_hash == person.session_id, LoginSession.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            audit.append(session, at=now, actor=person.user_id, action="logout", object=f"accounts/{person.user_id}")


_Found = Any  # Row of LoginSession, Account and the extension


def _load(session: Session, ids: Sequence[str]) -> dict[str, _Found]:
    found = session.execute(
        select(LoginSession, Account, Agent.extension.label("extension"))
        .join(Account, Account.id == LoginSession.account_id)
        .outerjoin(Agent, Agent.id == Account.agent_id)
        .where(LoginSession.token_hash.in_(ids))
    )
    return {row.LoginSession.token_hash: row for row in found}


def _person(session: LoginSession, account: Account, extension: str) -> Person:
    return Person(
        session_id=session.token_hash,
        user_id=account.id,
        username=account.username,
        name=account.display_name,
        role=account.role,
        agent_id=account.agent_id or "",
        extension=extension,
        language=account.language,
    )
