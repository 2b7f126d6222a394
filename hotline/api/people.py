"""Who is asking: the person behind a session."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A logged-in user as every route sees him. `agent_id` is empty without a seat; `by_cookie` asks for the CSRF guard."""

    session_id: str
    user_id: str
    username: str
    name: str
    role: str
    agent_id: str
    extension: str
    language: str
    by_cookie: bool
