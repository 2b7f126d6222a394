"""The application: every router, the handlers around them, and what runs beside them while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI

from hotline import __version__
from hotline.api import background, console, errors
from hotline.api.alerts import Alerts
from hotline.api.attendance import Attendance
from hotline.api.bell import Bell
from hotline.api.board import Board
from hotline.api.connection import STOPPING
from hotline.api.context import Context, context_of
from hotline.api.edge import Edge
from hotline.api.figures import Figures
from hotline.api.headsets import Headsets
from hotline.api.holders import Holders
from hotline.api.middleware import Guard
from hotline.api.routers import (
    abuse,
    agents,
    appointments,
    callers,
    calls,
    cards,
    centres,
    codes,
    control,
    demo,
    destinations,
    emergencies,
    emergency_records,
    experts,
    exports,
    external_hotlines,
    feed,
    firms,
    forms,
    headset,
    hours,
    imports,
    knowledge,
    knowledge_sheets,
    ledgers,
    letters,
    login,
    notices,
    offers,
    outbound,
    pool,
    progress,
    recordings,
    rosters,
    shares,
    staff_phones,
    status,
    supervision,
    tasks,
    ticket_acts,
    ticket_calls,
    ticket_secrecy,
    ticket_tasks,
    tickets,
    why,
)
from hotline.api.routers.admin import accounts, flows, prompts, trunks, years
from hotline.api.routers.admin import changes as changes_router
from hotline.api.sessions import Sessions
from hotline.api.staff_desk import StaffDesk
from hotline.bus.client import connect_async
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    module.router
    for module in (
        login,
        feed,
        headset,
        codes,
        agents,
        why,
        offers,
        control,
        abuse,
        calls,
        callers,
        forms,
        experts,
        destinations,
        external_hotlines,
        pool,
        cards,
        firms,
        imports,
        rosters,
        hours,
        staff_phones,
        ticket_calls,
        tickets,
        ticket_acts,
        appointments,
        progress,
        ticket_secrecy,
        ticket_tasks,
        letters,
        notices,
        centres,
        ledgers,
        exports,
        tasks,
        outbound,
        recordings,
        knowledge,
        knowledge_sheets,
        shares,
        status,
        demo,
        supervision,
        emergencies,
        emergency_records,
        accounts,
        years,
        flows,
        prompts,
        trunks,
        changes_router,
    )
)


def create_app(settings: Settings, edge: Edge | None = None) -> FastAPI:
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
        alerts=Alerts(),
        attendance=Attendance(board, settings.desk.presence_seconds),
        headsets=Headsets(settings, client),
        edge=edge,
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
            ("figures", Figures().run(context)),
            ("alerts", context.alerts.watch(context)),
            ("attendance", context.attendance.watch(context)),
            ("bell", Bell().run(context)),
            ("watch", context.feeds.watch(context)),
            ("probe", status.probe(context)),
            ("beat", status.beat(context)),
            ("staff", StaffDesk(context).run()),
        )
    ]
    try:
        yield
    finally:
        context.feeds.end_all(STOPPING)
        context.headsets.end_all(STOPPING)
        await background.end(beside)
        await context.board.close()
        await context.redis.aclose()
        context.sessions.close()
        context.store.close()
