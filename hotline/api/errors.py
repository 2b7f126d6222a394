"""Errors at the edge: one table from code to HTTP status and the words a person reads, and the handlers that use it.

The shape is always `{"error": {"code", "zh", "en", "details"}}`. What was sent is never echoed: it may be personal.
"""

from __future__ import annotations

import http
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from hotline import logs
from hotline.core.errors import Forbidden, HotlineError, Invalid, Missing
from hotline.core.ids import new_id

log = logs.get("hotline.api")


class Entry(NamedTuple):
    """One row of the catalogue."""

    status: int
    zh: str
    en: str


CATALOGUE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        # who you are
        "auth.required": Entry(401, "请先登录。", "Please log in first."),
        "auth.wrong": Entry(401, "用户名或密码不正确。", "Wrong user name or password."),
        "auth.locked": Entry(
            429,
            "密码连续输错多次，账号已锁定，请 15 分钟后再试。",
            "Too many wrong passwords: locked, try again in 15 minutes.",
        ),
        "auth.expired": Entry(401, "登录已过期，请重新登录。", "Your session has ended, please log in again."),
        "auth.busy": Entry(429, "登录请求过多，请稍后再试。", "Too many log-ins at once, try again shortly."),
        "auth.csrf": Entry(403, "请求缺少控制台标识，已拒绝。", "Refused: the console header is missing."),
        "auth.forbidden": Entry(403, "您没有执行此操作的权限。", "You are not allowed to do this."),
        "auth.no_seat": Entry(403, "您的账号没有绑定座席。", "Your account has no agent seat."),
        "feed.ticket": Entry(403, "连接凭证无效或已使用。", "The feed ticket is wrong, used or too old."),
        "feed.origin": Entry(403, "连接来源不被允许。", "The origin of the connection is not allowed."),
        # the request itself
        "request.invalid": Entry(422, "请求内容不符合要求。", "The request is not valid."),
        "request.too_large": Entry(413, "请求内容过大。", "The request is too large."),
        "request.not_found": Entry(404, "没有这个地址。", "There is nothing at this address."),
        "request.method": Entry(405, "此地址不支持该操作。", "This address does not support that method."),
        "request.refused": Entry(409, "当前状态不允许此操作。", "This cannot be done as things stand."),
        "request.purpose": Entry(422, "请填写查看用途（至少两个字）。", "State a purpose (at least two characters)."),
        # agents and offers
        "agent.busy": Entry(409, "座席正在通话中。", "The agent is busy."),
        "agent.missing": Entry(404, "没有这个座席。", "There is no such agent."),
        "agent.not_in_wrap_up": Entry(409, "当前不在整理状态。", "You are not in wrap-up."),
        "agent.offline": Entry(409, "座席已离线，请刷新控制台。", "The seat is offline, reload the console."),
        "offer.gone": Entry(409, "该来电已被接听或已离开。", "The offer is gone: taken, expired, or the caller left."),
        "offer.not_yours": Entry(403, "该来电没有分配给您。", "This offer was not made to you."),
        # calls and transfers
        "call.missing": Entry(404, "没有这通电话，或您无权查看。", "There is no such call, or it is not yours to see."),
        "call.gone": Entry(409, "通话已经结束。", "The call has ended."),
        "call.not_yours": Entry(403, "这不是您的通话。", "This is not your call."),
        "call.state": Entry(409, "通话当前状态不允许此操作。", "The call is not in a state for that."),
        "call.no_number": Entry(404, "来电没有可显示的号码。", "The caller's number was not delivered."),
        "transfer.no_expert": Entry(409, "暂无在岗专家可以转接。", "No expert on duty can take this now."),
        "transfer.in_progress": Entry(409, "已有转接正在进行。", "A transfer is already in progress."),
        "transfer.none": Entry(409, "当前没有进行中的转接。", "There is no transfer to cancel."),
        "expert.missing": Entry(404, "没有这位专家。", "There is no such expert."),
        # forms
        "form.version": Entry(409, "登记表已在别处保存，请核对后再保存。", "The form was saved elsewhere in between."),
        "form.submitted": Entry(409, "登记表已提交，不能再修改。", "The form has been submitted and cannot change."),
        "form.closed": Entry(409, "通话已归档处理，登记表不能再修改。", "The call has been processed: the form is closed."),
        "form.invalid": Entry(422, "登记表中有内容不符合要求。", "Some fields of the form are not valid."),
        "form.incomplete": Entry(422, "登记表还有必填项未填。", "Required fields of the form are missing."),
        "form.field": Entry(422, "登记表中有内容不符合要求。", "A field of the form is not valid."),
        "form.code": Entry(422, "登记表中有未知的代码。", "A field of the form holds an unknown code."),
        "form.missing": Entry(404, "没有这份登记表。", "There is no such form."),
        # tickets, tasks, recordings
        "ticket.missing": Entry(404, "没有这张工单，或您无权查看。", "There is no such ticket, or it is not yours to see."),
        "task.missing": Entry(404, "没有这项任务。", "There is no such task."),
        "user.missing": Entry(404, "没有这个用户。", "There is no such user."),
        "recording.missing": Entry(404, "没有这段录音，或您无权收听。", "There is no such recording, or it is not yours."),
        "recording.not_ready": Entry(409, "录音正在封存，请稍后再听。", "The recording is still being sealed, try later."),
        "recording.failed": Entry(404, "这次通话没有录音。", "This talk was not recorded."),
        "recording.range": Entry(416, "请求的录音区间超出范围。", "The requested range is outside the recording."),
        "recording.damaged": Entry(503, "录音校验未通过，已上报。", "The recording does not verify."),
        # accounts
        "account.role": Entry(422, "没有这个角色。", "There is no such role."),
        "account.username": Entry(422, "用户名不符合要求。", "The user name is not allowed."),
        "account.exists": Entry(409, "用户名已被使用。", "The user name is taken."),
        "login.locked": Entry(429, "账号已锁定，请稍后再试。", "Locked for now, try again later."),
        "password.too_short": Entry(422, "密码太短（至少 12 位）。", "The password is too short (12 characters at least)."),
        "password.too_long": Entry(422, "密码太长。", "The password is too long."),
        "password.is_username": Entry(422, "密码不能与用户名相同或相近。", "The password must not be the user name."),
        "password.too_simple": Entry(422, "密码过于简单。", "The password is too simple."),
        "expert.phone": Entry(422, "专家电话无法拨打。", "The expert's number cannot be dialled."),
        # parts that are away
        "routing.silent": Entry(503, "排队系统没有应答，请稍后再试。", "Routing did not answer, try again shortly."),
        "routing.failed": Entry(503, "排队系统处理出错，请稍后再试。", "Routing failed on this, try again shortly."),
        "bus.away": Entry(503, "内部总线暂时不可用，请稍后再试。", "The internal bus is away, try again shortly."),
        "database.away": Entry(503, "数据库暂时不可用，请稍后再试。", "The database is away, try again shortly."),
        "secrecy.cannot_open": Entry(
            503, "加密数据无法解开，请联系管理员。", "Sealed data does not open: call the administrator."
        ),
        "demo.off": Entry(404, "演示功能未启用。", "The demo city is switched off."),
        "demo.disabled": Entry(409, "演示城市未启用。", "The demo city is switched off."),
        "server.error": Entry(500, "系统内部错误，请报告编号。", "Internal error: please report the incident number."),
    }
)
"""Every code a client can meet. Statuses say what a client does next: 409 look again, 422 correct it, 503 retry."""


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
    }
    code = codes.get(error.status_code, "request.invalid" if error.status_code < 500 else "server.error")
    return answer(HotlineError(code), error.headers)


async def _on_database(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)
    log.error("database_away", kind=type(error.orig).__name__)
    return answer(HotlineError("database.away"), {"Retry-After": "2"})


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
    for kind in (OperationalError, InterfaceError):
        app.add_exception_handler(kind, _on_database)
    app.add_exception_handler(RedisError, _on_redis)
