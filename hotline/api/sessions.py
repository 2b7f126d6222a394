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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy.exc import DBAPIError

from hotline import logs
from hotline.api.people import Person
from hotline.core.errors import Forbidden, HotlineError, Invalid, Rejected
from hotline.settings import Settings
from hotline.store import audit, passwords
from hotline.store.engine import Store
from hotline.store.models import Account
from hotline.store.repositories import accounts
from hotline.store.repositories import sessions as rows
from hotline.store.repositories.accounts import LOCK_SECONDS, MAX_FAILED

log = logs.get("hotline.api.sessions")
Result = TypeVar("Result")

TOUCH_SECONDS: Final = 30.0
"""`last_seen_at` is written at most this often a session."""
HASHERS: Final = 2
"""Passwords checked at once: each takes 64 MiB and a core for about 0.1 s."""
MOST_WAITING: Final = 100
"""Log-ins under way or waiting for their turn: five seconds of work, and a whole shift that begins at once. Any more are told
to come again before they are counted."""
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
        self._hashers = ThreadPoolExecutor(HASHERS, thread_name_prefix="password")
        self._waiting = 0

    async def in_turn(self, work: Callable[..., Result], *args: Any) -> Result:
        """Do what checks a password on threads kept for that: a flood of log-ins, known or not, holds up nothing else in the
        house. Raises Rejected `auth.busy` when too many wait already. On the event loop only."""
        if self._waiting >= MOST_WAITING:
            raise Rejected("auth.busy")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hashers, work, *args)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Nobody logs in any more."""
        self._hashers.shutdown(wait=False, cancel_futures=True)

    # logging in

    def log_in(self, username: str, password: str, now: float) -> tuple[str, Person, list[str]]:
        """A token, who it is, and the session ids that it replaced.

        Raises HotlineError `auth.wrong` or `auth.locked`, in the same way for a user that does not exist. To be called by way
        of :meth:`in_turn`.
        """
        attempt = self._count_attempt(username, now)
        right = passwords.verify(attempt.password_hash, password)
        if attempt.account_id is None or not right:
            self._note_wrong(attempt.account_id, now)
            raise Forbidden("auth.wrong")
        return self._open(attempt.account_id, password, now)

    def _count_attempt(self, username: str, now: float) -> accounts.Attempt:
        with self._store.write() as session:
            attempt = accounts.count_attempt(session, username, now)
        if attempt.account_id is None:
            self._count_stranger(username, now)
        return attempt

    def _count_stranger(self, username: str, now: float) -> None:
        with self._guard:
            tries, until = self._strangers.get(username, (0, 0.0))
            if until > now:
                raise HotlineError("auth.locked")
            tries = 1 if until else tries + 1
            self._strangers[username] = (tries, now + LOCK_SECONDS if tries >= MAX_FAILED else 0.0)
            self._strangers.move_to_end(username)
            if len(self._strangers) > MOST_STRANGERS:
                self._strangers.popitem(last=False)

    def _note_wrong(self, account_id: str | None, now: float) -> None:
        if account_id is None:
            return
        with self._store.write() as session:
            action = "login.locked" if accounts.is_locked(session, account_id) else "login.failed"
            audit.append(session, at=now, actor=account_id, action=action, object=f"accounts/{account_id}")

    def _open(self, account_id: str, password: str, now: float) -> tuple[str, Person, list[str]]:
        with self._store.write() as session:
            account = accounts.log_in(session, account_id, password, now)
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
        key = passwords.token_hash(token)
        with self._store.read() as session:
            found = rows.find(session, [key]).get(key)
        if found is None or not found.holds:
            raise HotlineError("auth.required")
        if self._over(found, now):
            raise HotlineError("auth.expired")
        return _person(found)

    def _over(self, found: rows.LoggedIn, now: float) -> bool:
        seen = self._touched.get(found.session.token_hash, 0.0)
        return found.outlived(now, seen_at=seen, idle_seconds=self._idle)

    def ended(self, people: Sequence[Person]) -> dict[str, str]:
        """Which of these sessions do not hold any more, and why: {session_id: code for `bye`}."""
        now = time.time()
        with self._store.read() as session:
            all_found = rows.find(session, [person.session_id for person in people])
        reasons: dict[str, str] = {}
        for person in people:
            key = person.session_id
            found = all_found.get(key)
            if found is None or not found.holds:
                reasons[key] = REPLACED if key in self._replaced else LOGGED_OUT
            elif self._over(found, now):
                reasons[key] = LOGGED_OUT
            elif _standing(_person(found)) != _standing(person):
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
                rows.touch(session, person.session_id, now)
        except DBAPIError as exc:
            log.warning("session_not_touched", kind=type(exc).__name__)

    async def touch(self, person: Person) -> None:
        """:meth:`note_seen` for callers on the event loop."""
        now = time.time()
        if now - self._touched.get(person.session_id, 0.0) >= self._touch_every:
            await asyncio.to_thread(self.note_seen, person, now)

    # a new password

    def change_password(self, person: Person, current: str, new: str, now: float) -> list[str]:
        """The person's own wish, or duty after a one-time password; other sessions of theirs end (their ids are returned).

        Raises HotlineError `auth.wrong`, `auth.locked`, and what `passwords.check_new` raises. To be called by way of
        :meth:`in_turn`.
        """
        passwords.check_new(new, person.username)
        if new == current:
            raise Invalid("password.same", field="new")
        attempt = self._count_attempt(person.username, now)
        right = passwords.verify(attempt.password_hash, current)
        hashed = passwords.hash_password(new) if right else ""
        if not right:
            self._note_wrong(attempt.account_id, now)
            raise Forbidden("auth.wrong")
        with self._store.write() as session:
            account = session.get_one(Account, person.user_id)
            accounts.put_hash(account, hashed)
            others = [row.token_hash for row in rows.of_account(session, account.id) if row.token_hash != person.session_id]
            for key in others:
                rows.revoke(session, key, now)
            audit.append(
                session, at=now, actor=person.user_id, action="account.password_changed", object=f"accounts/{account.id}"
            )
        return others

    # logging out

    def log_out(self, person: Person, now: float) -> None:
        """End the session, for good."""
        with self._store.write() as session:
            rows.revoke(session, person.session_id, now)
            audit.append(session, at=now, actor=person.user_id, action="logout", object=f"accounts/{person.user_id}")


def _standing(person: Person) -> tuple[str, str, str, bool]:
    """What a person may do follows from these."""
    return person.role, person.agent_id, person.centre_id, person.director


def _person(found: rows.LoggedIn) -> Person:
    account = found.account
    return Person(
        session_id=found.session.token_hash,
        user_id=account.id,
        username=account.username,
        name=account.display_name,
        role=account.role,
        agent_id=account.agent_id or "",
        extension=found.extension,
        language=account.language,
        centre_id=account.centre_id or "",
        director=account.director,
        must_change=account.must_change_password,
    )
