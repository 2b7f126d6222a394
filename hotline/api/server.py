"""Running the API: one uvicorn process that stops cleanly.

One process, because feeds, tickets and the board are shared in memory; the work is waiting, not computing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Generator
from typing import Final

import uvicorn
from fastapi import FastAPI

from hotline import logs
from hotline.api.app import create_app
from hotline.api.connection import STOPPING
from hotline.api.context import context_of
from hotline.api.edge import Edge
from hotline.api.routers.feed import FRAME_LIMIT
from hotline.settings import Settings

log = logs.get("hotline.api.server")

DRAIN_SECONDS: Final = 5
"""How long requests in progress may take when the server stops."""
BYE_SECONDS: Final = 1.0


class _Server(uvicorn.Server):
    """uvicorn, but feeds hear `bye` before the sockets close, and a SIGTERM ends in a normal return."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        feeds = context_of(self.config.app).feeds  # type: ignore[arg-type]
        feeds.end_all(STOPPING)
        context_of(self.config.app).headsets.end_all(STOPPING)  # type: ignore[arg-type]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BYE_SECONDS):
                await feeds.empty.wait()
        await super().shutdown(sockets)


def listen(settings: Settings) -> socket.socket:
    """A listening socket on `http.host:http.port`. Raises SystemExit with one line saying what to do."""
    host, port = settings.http.host, settings.http.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as exc:
        sock.close()
        raise SystemExit(
            f"http.port: cannot listen on {host}:{port} ({exc.strerror}). Stop what uses it, or set another http.port."
        ) from exc
    sock.set_inheritable(True)
    return sock


def make_server(app: FastAPI) -> uvicorn.Server:
    """A server for `app`; run it with `serve(sockets=[…])`."""
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_max_size=FRAME_LIMIT,
            # What compresses a feed would hold 0.3 MB for each console, for messages that are small but the first.
            ws_per_message_deflate=False,
            ws_ping_interval=20,
            ws_ping_timeout=20,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            lifespan="on",
        )
    )


def main(settings: Settings, edge: Edge | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises SystemExit with one clear line when the port cannot be had."""
    logs.setup("api", settings.log_level)
    # uvicorn would write addresses and query strings (feed tickets) at INFO.
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLogger().level))
    sock = listen(settings)
    server = make_server(create_app(settings, edge))
    log.info("api_listening", host=settings.http.host, port=settings.http.port)
    try:
        server.run(sockets=[sock])
    finally:
        sock.close()
    log.info("api_stopped")
