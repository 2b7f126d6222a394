"""The WebSocket feed: one-time tickets, and the socket around a :class:`~hotline.api.connection.Connection`.

Presence comes from the lease: it is renewed when a feed opens and at each ping, and never deleted when one closes, so a
browser that crashes, sleeps or reloads is treated like one whose cable was pulled. Whether the session behind a feed
still holds is asked of the database every `WATCH_SECONDS`, so a log-out, a changed role or a blocked account ends the
feed within a second wherever it was done.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
import time
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError
from starlette.websockets import WebSocketState

from hotline import logs
from hotline.api import connection as ends
from hotline.api.access import may_see_form
from hotline.api.background import end
from hotline.api.connection import Connection
from hotline.api.context import Context, context_of, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.sessions import LOGGED_OUT
from hotline.bus import keys
from hotline.core.triage import FIELDS

log = logs.get("hotline.api.routers.feed")
router = APIRouter(prefix="/api/feed", tags=["feed"])

TICKET_SECONDS: Final = 30.0
MOST_TICKETS: Final = 2_000
FRAME_LIMIT: Final = 16 * 1024
"""Bytes in one message from a client."""
MESSAGE_LIMIT: Final = 256
"""Characters of a message that is looked into: the longest that means something is `{"type":"refetch"}`."""
WATCH_SECONDS: Final = 0.5
CLOSE_CODES: Final = {ends.SLOW: 1013, ends.STOPPING: 1012, ends.FLOOD: 1008}
NORMAL: Final = 4000
"""Close code after a `bye` that the client should not answer by connecting again."""


class Tickets:
    """One-time tickets, in memory: the API is one process, and a ticket that dies with it is asked for again."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[float, Person]] = {}

    def issue(self, person: Person) -> str:
        """A new ticket for `person`, good for `TICKET_SECONDS`, once."""
        now = time.monotonic()
        self._held = {key: kept for key, kept in self._held.items() if kept[0] > now}
        while len(self._held) >= MOST_TICKETS:
            self._held.pop(next(iter(self._held)))
        ticket = secrets.token_urlsafe(32)
        self._held[_digest(ticket)] = (now + TICKET_SECONDS, person)
        return ticket

    def take(self, ticket: str) -> Person | None:
        """Who holds this ticket; it is used up by asking."""
        until, person = self._held.pop(_digest(ticket), (0.0, None))
        return person if until > time.monotonic() else None


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).digest()


class Feeds:
    """All open feeds of this process."""

    def __init__(self) -> None:
        self.open: set[Connection] = set()
        self.empty = asyncio.Event()
        self.empty.set()

    def enter(self, connection: Connection) -> None:
        """Take a new feed in; an older one of the same seat is let go, because a seat is one person at one screen."""
        seat = connection.person.agent_id
        for other in self.open:
            if seat and other.person.agent_id == seat:
                other.bye(ends.REPLACED)
        self.open.add(connection)
        self.empty.clear()

    def leave(self, connection: Connection) -> None:
        self.open.discard(connection)
        if not self.open:
            self.empty.set()

    def end_session(self, session_id: str, code: str) -> None:
        """Say `bye` to every feed of that session."""
        for one in self.open:
            if one.person.session_id == session_id:
                one.bye(code)

    def end_all(self, code: str) -> None:
        for one in self.open:
            one.bye(code)

    async def watch(self, context: Context) -> None:
        """End feeds whose session does not hold any more. Runs until cancelled; a database that is away ends nobody."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            people = {one.person.session_id: one.person for one in self.open}
            people |= {one.person.session_id: one.person for one in context.headsets.lines}
            if not people:
                continue
            try:
                reasons = await asyncio.to_thread(context.sessions.ended, list(people.values()))
            except Exception as exc:
                log.warning("feed_watch_failed", kind=type(exc).__name__)
                continue
            for session_id, reason in reasons.items():
                self.end_session(session_id, reason)
                # After a change of rights the page comes back, and is looked at anew.
                context.headsets.end_session(session_id, reason)
                if reason == LOGGED_OUT and people[session_id].extension:
                    with contextlib.suppress(RedisError, OSError):
                        await context.headsets.revoke(people[session_id].extension)


class TicketAnswer(BaseModel):
    """A ticket for `WebSocket /api/feed?ticket=…`."""

    ticket: str
    expires_in: float


@router.post("/ticket")
async def make_ticket(
    person: Annotated[Person, Depends(need("feed.open"))], context: Annotated[Context, Depends(current)]
) -> TicketAnswer:
    """A one-time ticket, valid 30 s."""
    return TicketAnswer(ticket=context.tickets.issue(person), expires_in=TICKET_SECONDS)


def origin_allowed(origin: str | None, host: str | None, extra: list[str]) -> bool:
    """Whether a page from `origin` may open a feed: the console's own host, or one of `http.allowed_origins`."""
    if not origin:
        return False
    if origin in extra:
        return True
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and parts.netloc == host


@router.websocket("")
async def feed(socket: WebSocket, ticket: str = "") -> None:
    """Snapshot, then numbered changes (docs/protocol.md). Refused with 403 for a wrong origin or ticket."""
    context = context_of(socket.app)
    if not origin_allowed(socket.headers.get("origin"), socket.headers.get("host"), context.settings.http.allowed_origins):
        log.warning("feed_refused", code="feed.origin")
        await socket.close(1008)
        return
    person = context.tickets.take(ticket)
    ended = await asyncio.to_thread(context.sessions.ended, [person] if person else [])
    if person is None or ended:
        log.warning("feed_refused", code="feed.ticket")
        await socket.close(1008)
        return
    await socket.accept()
    connection = Connection(context.board, person)
    context.feeds.enter(connection)
    context.board.join(connection)
    try:
        connection.board_reset()
        await _renew(context, person)
        await _serve(context, socket, connection)
    finally:
        context.board.leave(connection)
        context.feeds.leave(connection)
        context.attendance.leave(connection)


async def _serve(context: Context, socket: WebSocket, connection: Connection) -> None:
    tasks = [
        asyncio.create_task(_send(socket, connection)),
        asyncio.create_task(_receive(context, socket, connection)),
        asyncio.create_task(connection.leaving.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(tasks)
    await _part(socket, connection)


async def _part(socket: WebSocket, connection: Connection) -> None:
    if socket.application_state is not WebSocketState.CONNECTED or socket.client_state is not WebSocketState.CONNECTED:
        return
    code = connection.farewell or ends.STOPPING
    # A slow reader's socket may take nothing any more: he gets a second to hear why, then the line is cut.
    with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(1.0):
            await socket.send_text(json.dumps({"type": "bye", "code": code, "now": time.time()}))
    with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(1.0):
            await socket.close(CLOSE_CODES.get(code, NORMAL), code)
            # What the client has still said must be taken in, or its answer to the close stays unread behind it.
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass


async def _send(socket: WebSocket, connection: Connection) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await connection.next_message()
            await socket.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))


async def _receive(context: Context, socket: WebSocket, connection: Connection) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = _message(await socket.receive_text())
            kind = message.get("type")
            connection.received(kind)
            if kind == "ping":
                await _renew(context, connection.person)
            elif kind == "form":
                await _attend(context, connection, message)


def _message(text: str) -> dict[str, Any]:
    if len(text) > MESSAGE_LIMIT:
        return {}  # nor should a deep nesting reach the parser
    try:
        message: Any = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


async def _attend(context: Context, connection: Connection, message: dict[str, Any]) -> None:
    """The console shows a form (or none: `call_id` empty). Whoever may not read the form is not heard."""
    call_id, field = message.get("call_id"), message.get("field") or ""
    if not isinstance(call_id, str) or not isinstance(field, str):
        return
    if not call_id:
        context.attendance.leave(connection)
        return
    if not context.attendance.knows(connection, call_id):
        try:
            if not await may_see_form(context, connection.person, call_id):
                return
        except DBAPIError:
            return  # said again in a few seconds
    context.attendance.say(connection, call_id, field if field in FIELDS else "", time.time())


async def _renew(context: Context, person: Person) -> None:
    """Renew the seat's lease, and let the feed count as activity of the session. Neither may end the feed."""
    if person.agent_id:
        try:
            milliseconds = int(context.settings.queue.agent_lease_seconds * 1000)
            await context.redis.set(keys.agent_lease(person.agent_id), "1", px=milliseconds)
        except (RedisError, OSError, TimeoutError):
            log.warning("lease_not_renewed", agent_id=person.agent_id)
    if person.role != "centre":  # whose feed only rings: a page left open keeps nobody logged in
        await context.sessions.touch(person)
