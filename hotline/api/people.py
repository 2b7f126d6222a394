"""Who is asking: the person behind a session."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.api.rights import allowed


@dataclass(frozen=True, slots=True)
class Person:
    """A logged-in user as every route sees him. `session_id` is the hash of his token, `agent_id` is empty without a
    seat."""

    session_id: str
    user_id: str
    username: str
    name: str
    role: str
    agent_id: str
    extension: str
    language: str
    centre_id: str = ""
    """Of a centre's own people only."""
    director: bool = False
    """Head of that centre."""
    must_change: bool = False
    """Logged in with a one-time password: nothing but a new password is open until there is one."""

    def may(self, right: str) -> bool:
        """Whether his role has `right` (see :mod:`hotline.api.rights`)."""
        return allowed(self.role, right)
