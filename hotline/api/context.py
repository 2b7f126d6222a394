"""What the routes of one application share, made once in :func:`hotline.api.app.create_app`."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import redis.asyncio
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from hotline.api.alerts import Alerts
from hotline.api.attendance import Attendance
from hotline.api.board import Board
from hotline.api.edge import Edge
from hotline.api.headsets import Headsets
from hotline.api.holders import Holders
from hotline.api.sessions import Sessions
from hotline.secrecy import Secrecy
from hotline.settings import Settings
from hotline.store.engine import Store

if TYPE_CHECKING:
    from hotline.api.routers.feed import Feeds, Tickets


@dataclass(slots=True)
class Context:
    """Settings, store, Redis, and the state that lives as long as the process."""

    settings: Settings
    secrecy: Secrecy
    store: Store
    redis: redis.asyncio.Redis
    board: Board
    sessions: Sessions
    feeds: Feeds
    tickets: Tickets
    holders: Holders
    alerts: Alerts
    attendance: Attendance
    headsets: Headsets
    edge: Edge | None = None
    """The running SIP edge; None where there is none (the API by itself)."""
    hearings: dict[tuple[str, str, str], float] = field(default_factory=dict)
    """When (session, recording, purpose) was last heard; see :mod:`hotline.api.routers.recordings`."""
    since: float = field(default_factory=time.time)
    degraded: frozenset[str] = frozenset()
    """Which of `redis`, `database`, `routing` did not answer the last probe."""


def context_of(app: FastAPI) -> Context:
    """The context of an application."""
    context: Context = app.state.context
    return context


def current(connection: HTTPConnection) -> Context:
    """Dependency: the context of the application that serves this request."""
    return context_of(connection.app)
