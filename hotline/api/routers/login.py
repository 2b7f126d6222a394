"""Log in, log out, who am I."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from redis.exceptions import RedisError

from hotline.api.ask import ask
from hotline.api.context import Context, current
from hotline.api.guard import COOKIE, need, open_to_all
from hotline.api.people import Person
from hotline.api.sessions import LOGGED_OUT, REPLACED
from hotline.api.shapes import Done
from hotline.core.errors import HotlineError

router = APIRouter(prefix="/api", tags=["login"])

REFUSAL_STEP_SECONDS: Final = 0.4
"""A refused log-in answers on a multiple of this, so that the clock does not tell which check failed."""


class LoginRequest(BaseModel):
    """User name and password."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    password: Annotated[str, Field(min_length=1, max_length=256)]


class Me(BaseModel):
    """The person logged in. `demo`: the demo city is on, so "call me now" works. `must_change`: nothing works before a new
    password is chosen."""

    id: str
    username: str
    name: str
    role: str
    agent_id: str | None
    extension: str | None
    language: str
    demo: bool
    must_change: bool


class PasswordRequest(BaseModel):
    """The password in use, and the one to come."""

    current: Annotated[str, Field(min_length=1, max_length=256)]
    new: Annotated[str, Field(min_length=1, max_length=300)]


class LoginAnswer(Me):
    """`token` is for programs; a browser uses the cookie that comes with it."""

    token: str


def _me(person: Person, context: Context) -> dict[str, object]:
    return {
        "id": person.user_id,
        "username": person.username,
        "name": person.name,
        "role": person.role,
        "agent_id": person.agent_id or None,
        "extension": person.extension or None,
        "language": person.language,
        "demo": context.settings.demo.enabled,
        "must_change": person.must_change,
    }


@router.post("/login", dependencies=[Depends(open_to_all)])
async def log_in(wanted: LoginRequest, response: Response, context: Annotated[Context, Depends(current)]) -> LoginAnswer:
    """Start a session: sets the cookie and returns the token. An earlier session of the same seat ends."""
    started = time.monotonic()
    try:
        token, person, replaced = await context.sessions.in_turn(
            context.sessions.log_in, wanted.username.strip(), wanted.password, time.time()
        )
    except HotlineError:
        spent = time.monotonic() - started
        await asyncio.sleep(REFUSAL_STEP_SECONDS - spent % REFUSAL_STEP_SECONDS)
        raise
    for session_id in replaced:
        context.feeds.end_session(session_id, REPLACED)
        context.headsets.end_session(session_id, REPLACED)
    await _forget_headset(person, context)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(context.settings.http.session_hours * 3600),
        httponly=True,
        samesite="strict",
        secure=context.settings.http.secure_cookies,
        path="/",
    )
    return LoginAnswer.model_validate({"token": token, **_me(person, context)})


@router.post("/logout")
async def log_out(
    response: Response,
    person: Annotated[Person, Depends(need("me.logout"))],
    context: Annotated[Context, Depends(current)],
) -> Done:
    """End the session and its feeds; the seat goes offline (after its call, when there is one)."""
    await asyncio.to_thread(context.sessions.log_out, person, time.time())
    context.feeds.end_session(person.session_id, LOGGED_OUT)
    context.headsets.end_session(person.session_id, LOGGED_OUT)
    await _forget_headset(person, context)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    if person.agent_id:
        # Should routing not hear it, the lease runs out by itself.
        with contextlib.suppress(HotlineError, RedisError, OSError):
            await ask(context, "set_agent_state", {"agent_id": person.agent_id, "state": "offline", "reason": "logout"})
    return Done()


async def _forget_headset(person: Person, context: Context) -> None:
    """The password of the seat's headset belongs to one log-in. Should Redis be away, it lives on for minutes, and nobody's."""
    if person.extension:
        with contextlib.suppress(RedisError, OSError):
            await context.headsets.revoke(person.extension)


@router.get("/me")
def who_am_i(person: Annotated[Person, Depends(need("me.read"))], context: Annotated[Context, Depends(current)]) -> Me:
    """The person behind this session."""
    return Me.model_validate(_me(person, context))


@router.post("/me/password")
async def new_password(
    wanted: PasswordRequest,
    person: Annotated[Person, Depends(need("me.password"))],
    context: Annotated[Context, Depends(current)],
) -> Done:
    """Choose a new password; this session goes on, others of the same person end. 401 `auth.wrong`, 422 `password.…`."""
    sessions = context.sessions
    ended = await sessions.in_turn(sessions.change_password, person, wanted.current, wanted.new, time.time())
    for session_id in ended:
        context.feeds.end_session(session_id, LOGGED_OUT)
    return Done()
