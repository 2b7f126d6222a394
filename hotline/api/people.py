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

    def may(self, right: str) -> bool:
        """Whether his role has `right` (see :mod:`hotline.api.rights`)."""
        return allowed(self.role, right)
