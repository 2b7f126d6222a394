"""The console's side of the public API: log-in, requests, and the feed (docs/protocol.md), with nothing else to lean on.

console = Console("http://127.0.0.1:8348", "desk2", "…")
await console.log_in()
await console.open_feed()
await console.until(lambda state: "offers/off_…" in state, timeout=10)
await console.post("/api/offers/off_…/accept")
await console.close()
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import websockets
from websockets.asyncio.client import ClientConnection, connect

from hotline import logs

log = logs.get("hotline.simulate.console")
# httpx tells every address it asks at INFO; addresses hold numbers searched for.
logging.getLogger("httpx").setLevel(logging.WARNING)

State = dict[str, dict[str, Any]]
PING_SECONDS = 5.0
REQUEST_SECONDS = 10.0
COME_BACK = ("server_stopping", "slow_reader", "flood")
"""`bye` codes after which a console connects again; after all others (replaced, logged out …) it does not."""


class ApiError(Exception):
    """The API refused; `code` is its stable code, `status` the HTTP status (0: it could not be reached)."""

    def __init__(self, status: int, code: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code} ({status})")
        self.status = status
        self.code = code
        self.details = dict(details or {})


class Console:
    """One logged-in person. `state` mirrors the feed; `on_change(set, deleted)` is called after each change."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.username = username
        self.me: dict[str, Any] = {}
        self.state: State = {}
        self.on_change: Callable[[State, list[str]], None] = lambda new, gone: None
        self.farewell = ""
        """Code of the `bye` that closed the feed for good."""
        self.gaps = 0
        """Times a change was missing in the feed's numbering."""
        self._password = password
        self._http = httpx.AsyncClient(base_url=self.base_url, timeout=REQUEST_SECONDS, trust_env=False)
        self._feed: asyncio.Task[None] | None = None
        self._seq = 0
        self._waiting: list[tuple[Callable[[State], bool], asyncio.Future[None]]] = []

    # ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def log_in(self) -> None:
        """Log in. Raises :class:`ApiError`."""
        answer = await self.request("POST", "/api/login", {"username": self.username, "password": self._password})
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"
        self.me = answer

    async def request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: str | int
    ) -> dict[str, Any]:
        """One request; the JSON object answered. Raises :class:`ApiError`."""
        try:
            response = await self._http.request(method, path, json=dict(body) if body is not None else None, params=query)
        except httpx.HTTPError as exc:
            raise ApiError(0, f"unreachable.{type(exc).__name__}") from exc
        try:
            answer = response.json()
        except ValueError:
            answer = {}
        if response.status_code >= 400:
            error = answer.get("error") if isinstance(answer, dict) else None
            error = error if isinstance(error, dict) else {}
            raise ApiError(response.status_code, str(error.get("code", "unknown")), error.get("details"))
        return answer if isinstance(answer, dict) else {"items": answer}

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        return await self.request("GET", path, None, **query)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return await self.request("POST", path, body if body is not None else {})

    async def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self.request("PUT", path, body)

    # ── feed ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def open_feed(self, timeout: float = 10.0) -> None:
        """Open the feed and wait for its snapshot. Raises :class:`ApiError` (`feed.silent` when none came in time)."""
        self._feed = asyncio.ensure_future(self._keep_feed())
        if not await self.until(lambda state: self._seq > 0, timeout):
            raise ApiError(0, self.farewell or "feed.silent")

    async def drop_feed(self) -> None:
        """Close the feed without logging out, as when a browser dies; `open_feed` opens it again."""
        if self._feed is not None:
            self._feed.cancel()
            await asyncio.gather(self._feed, return_exceptions=True)
        self._feed, self._seq, self.state = None, 0, {}

    async def _keep_feed(self) -> None:
        """Connect for ever, as the console does, until told `bye` for good."""
        pause = 0.2
        while not self.farewell:
            try:
                ticket = (await self.post("/api/feed/ticket"))["ticket"]
                address = f"{self.base_url.replace('http', 'ws', 1)}/api/feed?ticket={ticket}"
                async with connect(address, origin=websockets.Origin(self.base_url), max_size=2**24, proxy=None) as socket:
                    pause = 0.2
                    await self._follow(socket)
            except ApiError as exc:
                if exc.status == 401:
                    self.farewell = exc.code
            except (OSError, TimeoutError, websockets.WebSocketException) as exc:
                log.info("sim_feed_lost", user=self.username, kind=type(exc).__name__)
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)

    async def _follow(self, socket: ClientConnection) -> None:
        ping = asyncio.ensure_future(self._ping(socket))
        try:
            async for text in socket:
                await self._message(socket, json.loads(text))
        finally:
            ping.cancel()

    async def _ping(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.WebSocketException):
            while True:
                await socket.send('{"type":"ping"}')
                await asyncio.sleep(PING_SECONDS)

    async def _message(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "snapshot":
            gone = [key for key in self.state if key not in message["state"]]
            self.state = dict(message["state"])
            self._changed(message, self.state, gone)
        elif kind == "change":
            if message["seq"] != self._seq + 1:
                self.gaps += 1
                await socket.send('{"type":"refetch"}')
                return
            self.state.update(message.get("set") or {})
            for key in message.get("del") or []:
                self.state.pop(key, None)
            self._changed(message, message.get("set") or {}, message.get("del") or [])
        elif kind == "bye" and message.get("code") not in COME_BACK:
            self.farewell = str(message["code"])

    def _changed(self, message: dict[str, Any], new: State, gone: list[str]) -> None:
        self._seq = message["seq"] or 1
        self.on_change(new, gone)
        for item in self._waiting[:]:
            if not item[1].done() and item[0](self.state):
                item[1].set_result(None)
        self._waiting = [item for item in self._waiting if not item[1].done()]

    async def until(self, predicate: Callable[[State], bool], timeout: float) -> bool:
        """Wait until `predicate(state)` holds; False after `timeout` seconds."""
        if predicate(self.state):
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((predicate, future))
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Log out and close. Never raises."""
        if self._feed is not None:
            self._feed.cancel()
            await asyncio.gather(self._feed, return_exceptions=True)
        if self.me:
            with contextlib.suppress(ApiError):
                await self.post("/api/logout")
        await self._http.aclose()
