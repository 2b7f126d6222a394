"""The browsers' headsets: one connection a seat between its page and the edge, and the passwords they register with.

A password is made for one log-in, lives in Redis for minutes (`keys.headset`), and goes with the log-in. No socket here; the
doors are in :mod:`hotline.api.routers.headset`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import redis.asyncio

from hotline.api.people import Person
from hotline.bus import keys
from hotline.settings import Settings

FRAMES: Final = 150
"""SIP messages a page may send in `WINDOW_SECONDS`; a call takes about ten."""
WINDOW_SECONDS: Final = 10.0

# Why a connection ends; the page hears it as the reason of the close.
REPLACED: Final = "headset.replaced"  # another page of the same seat
FLOOD: Final = "headset.flood"
EDGE_AWAY: Final = "headset.edge_away"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a page registers with."""

    user: str
    password: str
    realm: str
    expires_in: float


@dataclass(eq=False, slots=True)
class Line:
    """One page's connection."""

    person: Person
    farewell: str = ""
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    _sent: deque[float] = field(default_factory=deque)

    def bye(self, code: str) -> None:
        """End it, giving `code` as the reason."""
        if not self.farewell:
            self.farewell = code
            self.leaving.set()

    def sent(self) -> None:
        """The page sent a message; too many end the connection."""
        now = time.monotonic()
        self._sent.append(now)
        while self._sent[0] < now - WINDOW_SECONDS:
            self._sent.popleft()
        if len(self._sent) > FRAMES:
            self.bye(FLOOD)


class Headsets:
    """All connections of this process."""

    def __init__(self, settings: Settings, client: redis.asyncio.Redis) -> None:
        self._settings = settings
        self._redis = client
        self.lines: set[Line] = set()

    async def issue(self, person: Person) -> Credentials:
        """A new password for that log-in's seat; an older one of the seat is useless from now on. Raises RedisError."""
        password = secrets.token_urlsafe(24)
        realm, seconds = self._settings.sip.domain, self._settings.headset.credential_seconds
        ha1 = hashlib.md5(f"{person.extension}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest()
        await self._redis.set(keys.headset(person.extension), ha1, ex=int(seconds))
        return Credentials(person.extension, password, realm, seconds)

    async def revoke(self, extension: str) -> None:
        """The log-in of that seat is over. Raises RedisError; the password then lives on for at most its own time."""
        await self._redis.delete(keys.headset(extension))

    def enter(self, line: Line) -> bool:
        """Take a page in; an older one of the same seat is let go. False when the house is full."""
        for other in self.lines:
            if other.person.agent_id == line.person.agent_id:
                other.bye(REPLACED)
        if sum(1 for one in self.lines if not one.farewell) >= self._settings.headset.max_connections:
            return False
        self.lines.add(line)
        return True

    def leave(self, line: Line) -> None:
        self.lines.discard(line)

    def end_session(self, session_id: str, code: str) -> None:
        """Cut every connection of that session."""
        for one in self.lines:
            if one.person.session_id == session_id:
                one.bye(code)

    def end_all(self, code: str) -> None:
        for one in self.lines:
            one.bye(code)
