"""The door of every route: who is it, may he, and did the request really come from our console.

A program sends `Authorization: Bearer <token>`; the console sends the cookie, and with every request that changes
something the header `X-Hotline-Console: 1`, which a foreign page cannot set (CSRF guard).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from hotline.api.context import Context, current
from hotline.api.people import Person
from hotline.api.rights import RIGHTS
from hotline.core.errors import Forbidden, HotlineError

COOKIE: Final = "hotline_session"
CONSOLE_HEADER: Final = "x-hotline-console"
_BEFORE_CHANGE: Final = frozenset({"me.read", "me.logout", "me.password"})
"""What a person with a one-time password may do."""
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_bearer = HTTPBearer(auto_error=False, description="Token from POST /api/login")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by POST /api/login")


def open_to_all() -> None:
    """Marks a route that needs no log-in."""


def need(right: str) -> Callable[..., Person]:
    """Dependency: the person asking, who must have `right`.

    Raises HotlineError: `auth.required`, `auth.expired`, `auth.csrf`, `auth.forbidden`. ValueError for a right that is
    not in the table, when the module is loaded.
    """
    if right not in RIGHTS:
        raise ValueError(f"no such right: {right}")

    def guard(
        request: Request,
        context: Annotated[Context, Depends(current)],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)] = None,
        cookie: Annotated[str | None, Security(_cookie)] = None,
    ) -> Person:
        token = bearer.credentials if bearer else cookie
        if not token:
            raise HotlineError("auth.required")
        now = time.time()
        person = context.sessions.find(token, now)
        if bearer is None and request.method not in _SAFE and request.headers.get(CONSOLE_HEADER) != "1":
            raise Forbidden("auth.csrf")
        if not person.may(right):
            raise Forbidden("auth.forbidden")
        if person.must_change and right not in _BEFORE_CHANGE:
            raise Forbidden("auth.password_change")
        context.sessions.note_seen(person, now)
        return person

    marked: Any = guard
    marked.right = right
    return guard


def seat(person: Person) -> str:
    """The agent id of his seat. Raises Forbidden `auth.no_seat`."""
    if not person.agent_id:
        raise Forbidden("auth.no_seat")
    return person.agent_id
