"""The browser headset: whether I use one, its password, and the door through which its SIP goes to the edge.

The page speaks SIP over `WebSocket /api/headset/sip`; the frames are handed on to the edge's own WebSocket on loopback. So one
origin and one port serve everything, TLS in front covers it, the session's cookie guards it, and it ends with the log-in
(docs/adr, "browser headset").
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Annotated, Any, Final, Literal

import websockets
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from starlette.websockets import WebSocketState
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as dial
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from hotline import logs
from hotline.api.ask import reload
from hotline.api.background import end
from hotline.api.connection import STOPPING
from hotline.api.context import Context, context_of, current
from hotline.api.guard import COOKIE, need, seat
from hotline.api.headsets import EDGE_AWAY, FLOOD, Line
from hotline.api.people import Person
from hotline.api.routers.feed import NORMAL, origin_allowed
from hotline.core.errors import HotlineError
from hotline.core.headsets import ECHO_USER, HEADSET_BYTES
from hotline.store import audit
from hotline.store.repositories import agents

log = logs.get("hotline.api.routers.headset")
router = APIRouter(prefix="/api/headset", tags=["headset"])

SIP: Final = Subprotocol("sip")
"""RFC 7118."""
DIAL_SECONDS: Final = 3.0
CLOSE_CODES: Final = {EDGE_AWAY: 1013, STOPPING: 1012, FLOOD: 1008}

Device = Literal["phone", "headset"]


class DeviceRequest(BaseModel):
    """What rings when this person has a caller: the desk phone, or the page itself."""

    device: Device


class HeadsetAnswer(BaseModel):
    """How things stand for this person. `enabled`: the house has browser headsets, and this person a seat to use one at."""

    enabled: bool
    device: Device
    echo: str
    """What the self-test dials."""


class CredentialsAnswer(BaseModel):
    """What to register with; to be asked for again before `expires_in` seconds are over."""

    user: str
    password: str
    realm: str
    expires_in: float


def _enabled(context: Context, person: Person) -> bool:
    return context.settings.headset.enabled and bool(person.agent_id and person.extension)


def _device(context: Context, person: Person) -> Device:
    with context.store.read() as session:
        found = agents.get(session, person.agent_id) if person.agent_id else None
        return "headset" if found is not None and found.device == "headset" else "phone"


@router.get("")
def how_it_stands(
    person: Annotated[Person, Depends(need("headset.use"))], context: Annotated[Context, Depends(current)]
) -> HeadsetAnswer:
    """Whether this person uses a headset."""
    return HeadsetAnswer(enabled=_enabled(context, person), device=_device(context, person), echo=ECHO_USER)


@router.put("")
async def choose(
    wanted: DeviceRequest,
    person: Annotated[Person, Depends(need("headset.use"))],
    context: Annotated[Context, Depends(current)],
) -> HeadsetAnswer:
    """Choose the desk phone or the headset; remembered, and counts from the next call on."""
    agent_id = seat(person)
    if wanted.device == "headset" and not _enabled(context, person):
        raise HotlineError("headset.off")

    def note() -> None:
        with context.store.write() as session:
            if agents.set_device(session, agent_id, wanted.device):
                audit.append(
                    session,
                    at=time.time(),
                    actor=person.user_id,
                    action="agent.device",
                    object=f"agents/{agent_id}",
                    data={"device": wanted.device},
                )

    await asyncio.to_thread(note)
    await reload(context)
    return HeadsetAnswer(enabled=_enabled(context, person), device=wanted.device, echo=ECHO_USER)


@router.post("/credentials")
async def credentials(
    person: Annotated[Person, Depends(need("headset.use"))], context: Annotated[Context, Depends(current)]
) -> CredentialsAnswer:
    """A password for this log-in's headset; the one before is useless from now on."""
    seat(person)
    if not _enabled(context, person):
        raise HotlineError("headset.off")
    made = await context.headsets.issue(person)
    return CredentialsAnswer(user=made.user, password=made.password, realm=made.realm, expires_in=made.expires_in)


@router.websocket("/sip")
async def sip(socket: WebSocket) -> None:
    """SIP between a page and the edge. Refused with 403 for a wrong origin, without a session, or without a seat."""
    context = context_of(socket.app)
    if not origin_allowed(socket.headers.get("origin"), socket.headers.get("host"), context.settings.http.allowed_origins):
        log.warning("headset_refused", code="feed.origin")
        await socket.close(1008)
        return
    person = await asyncio.to_thread(_who, context, socket.cookies.get(COOKIE, ""))
    line = Line(person) if person is not None else None
    if line is None or "sip" not in socket.scope.get("subprotocols", ()) or not context.headsets.enter(line):
        log.warning("headset_refused", code="auth.required")
        await socket.close(1008)
        return
    try:
        await socket.accept(subprotocol=SIP)
        await _hand_on(context, socket, line)
    finally:
        context.headsets.leave(line)


def _who(context: Context, token: str) -> Person | None:
    """Whose page this is, None when it may not have a headset."""
    try:
        person = context.sessions.find(token, time.time()) if token else None
    except HotlineError:
        return None
    return person if person is not None and person.may("headset.use") and _enabled(context, person) else None


async def _hand_on(context: Context, socket: WebSocket, line: Line) -> None:
    edge = f"ws://127.0.0.1:{context.settings.sip.websocket_port}/"
    try:
        # No Origin: the edge takes no browser itself. No proxy of the environment for loopback.
        async with dial(
            edge,
            subprotocols=[SIP],
            compression=None,
            proxy=None,
            user_agent_header=None,
            open_timeout=DIAL_SECONDS,
            close_timeout=1.0,
            max_size=2 * HEADSET_BYTES,
        ) as far:
            tasks = [
                asyncio.create_task(_to_edge(socket, far, line)),
                asyncio.create_task(_to_page(socket, far)),
                asyncio.create_task(line.leaving.wait()),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await end(tasks)
    except (OSError, TimeoutError, WebSocketException) as exc:
        log.warning("headset_edge_away", kind=type(exc).__name__)
    await _part(socket, line.farewell or EDGE_AWAY)


async def _to_edge(socket: WebSocket, far: ClientConnection, line: Line) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, websockets.ConnectionClosed):
        while True:
            message: Any = await socket.receive()
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            frame = text if text is not None else message.get("bytes") or b""
            line.sent()
            if len(frame) <= HEADSET_BYTES:
                await far.send(frame)


async def _to_page(socket: WebSocket, far: ClientConnection) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, websockets.ConnectionClosed):
        async for frame in far:
            if isinstance(frame, str):
                await socket.send_text(frame)
            else:
                await socket.send_bytes(frame)


async def _part(socket: WebSocket, code: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
        with contextlib.suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
            async with asyncio.timeout(1.0):
                await socket.close(CLOSE_CODES.get(code, NORMAL), code)
