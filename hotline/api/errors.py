"""Errors at the edge: the handlers that turn a code into an answer, by the table in :mod:`hotline.api.error_texts`.

The shape is always `{"error": {"code", "zh", "en", "details"}}`. What was sent is never echoed: it may be personal.
"""

from __future__ import annotations

import http
import time
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from hotline import logs
from hotline.api.error_texts import CATALOGUE, Entry
from hotline.core.errors import Forbidden, HotlineError, Invalid, Missing
from hotline.core.ids import new_id

__all__ = ["CATALOGUE", "RESPONSES", "ErrorAnswer", "ErrorBody", "answer", "install", "unexpected"]

log = logs.get("hotline.api")


class ErrorBody(BaseModel):
    """The inside of an error answer."""

    code: str
    zh: str
    en: str
    details: dict[str, Any] = Field(default_factory=dict)


class ErrorAnswer(BaseModel):
    """What every answer with a status of 400 or above looks like."""

    error: ErrorBody


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorAnswer, "description": http.HTTPStatus(status).phrase}
    for status in (401, 403, 404, 409, 413, 422, 429, 500, 503)
}
"""For `include_router(responses=…)`: the error answers, as OpenAPI tells them."""


def _fallback(error: HotlineError) -> Entry:
    status = {Invalid: 422, Missing: 404, Forbidden: 403}.get(type(error), 409)
    return CATALOGUE["request.refused"]._replace(status=status)


def answer(error: HotlineError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The HTTP answer for an error; a code that is not in the catalogue keeps its name and gets general words."""
    entry = CATALOGUE.get(error.code) or _fallback(error)
    body = {"error": {"code": error.code, "zh": entry.zh, "en": entry.en, "details": error.details}}
    return JSONResponse(body, status_code=entry.status, headers=dict(headers or {}))


async def _on_hotline_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HotlineError)
    headers = {"Retry-After": "900"} if error.code == "auth.locked" else {}
    return answer(error, headers)


async def _on_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = {".".join(str(part) for part in item["loc"]): item["type"] for item in error.errors()}
    return answer(HotlineError("request.invalid", fields=fields))


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {
        401: "auth.required",
        403: "auth.forbidden",
        404: "request.not_found",
        405: "request.method",
        413: "request.too_large",
        422: "request.characters",
    }
    code = codes.get(error.status_code, "request.invalid" if error.status_code < 500 else "server.error")
    return answer(HotlineError(code), error.headers)


async def _on_database(_: Request, error: Exception) -> JSONResponse:
    cause = error.orig if isinstance(error, DBAPIError) else error  # else: all connections were busy for too long
    log.error("database_away", kind=type(cause).__name__)
    return answer(HotlineError("database.away"), {"Retry-After": "2"})


async def _on_collision(_: Request, error: Exception) -> JSONResponse:
    """Two made the same thing at the same instant, each having seen that there was none; the later one looks again."""
    assert isinstance(error, IntegrityError)
    log.warning("two_at_once", kind=type(error.orig).__name__)
    return answer(HotlineError("request.at_once"))


async def _on_redis(_: Request, error: Exception) -> JSONResponse:
    log.error("bus_away", kind=type(error).__name__)
    return answer(HotlineError("bus.away"), {"Retry-After": "2"})


def unexpected(error: Exception) -> JSONResponse:
    """500 with an incident number. Logged: where it happened, not what was in it, which may be personal."""
    incident = new_id("inc", time.time())
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('hotline/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("unexpected_error", incident=incident, kind=type(error).__name__, frames=frames[-8:])
    return answer(HotlineError("server.error", incident=incident))


def install(app: FastAPI) -> None:
    """Put the handlers on the application. The catch-all stands in :mod:`hotline.api.middleware`."""
    app.add_exception_handler(HotlineError, _on_hotline_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in (OperationalError, InterfaceError, PoolTimeoutError):
        app.add_exception_handler(kind, _on_database)
    app.add_exception_handler(IntegrityError, _on_collision)
    app.add_exception_handler(RedisError, _on_redis)
