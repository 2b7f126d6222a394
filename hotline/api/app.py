"""The application: every router, the handlers around them, and what runs beside them while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI

from hotline import __version__
from hotline.api import (
    agents,
    calls,
    codes,
    console,
    control,
    demo,
    errors,
    experts,
    feed,
    forms,
    login,
    offers,
    recordings,
    status,
    tasks,
    tickets,
)
from hotline.api.board import Board
from hotline.api.connection import STOPPING
from hotline.api.context import Context, context_of
from hotline.api.holders import Holders
from hotline.api.middleware import Guard
from hotline.api.sessions import Sessions
from hotline.bus.client import connect_async
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    module.router
    for module in (
        login,
        feed,
        codes,
        agents,
        offers,
        control,
        calls,
        forms,
        experts,
        tickets,
        recordings,
        status,
        demo,
    )
)


def create_app(settings: Settings) -> FastAPI:
    """The FastAPI application. Opens nothing yet: connections are made when it starts to serve.

    Raises FileNotFoundError when the master key is missing.
    """
    secrecy = Secrecy.from_dir(settings.keys_dir)
    store = Store(settings, secrecy)
    client = connect_async(settings.redis_url)
    board = Board(connect_async(settings.redis_url))
    app = FastAPI(
        title="12348 hotline",
        version=__version__,
        description="Public legal-service hotline: triage desk, transfer to experts, records. See docs/protocol.md.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the pages load scripts from elsewhere: the house works without the internet
        redoc_url=None,
        lifespan=_lifespan,
        responses=errors.RESPONSES,
    )
    app.state.context = Context(
        settings=settings,
        secrecy=secrecy,
        store=store,
        redis=client,
        board=board,
        sessions=Sessions(store, settings),
        feeds=feed.Feeds(),
        tickets=feed.Tickets(),
        holders=Holders(board, client),
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    console.install(app)
    app.add_middleware(Guard)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context = context_of(app)
    beside = [
        asyncio.create_task(work, name=name)
        for name, work in (
            ("board", context.board.run()),
            ("watch", context.feeds.watch(context)),
            ("probe", status.probe(context)),
            ("beat", status.beat(context)),
        )
    ]
    try:
        yield
    finally:
        context.feeds.end_all(STOPPING)
        await tasks.end(beside)
        await context.board.close()
        await context.redis.aclose()
        context.store.close()
