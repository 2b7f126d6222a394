"""Who has a form open, and what was saved of it: the entities `forms/<call_id>` on the board.

A console says over its feed which form it shows and which field the cursor is in; that ends with the feed, or when nothing has
been said for `desk.presence_seconds`. Everybody on the form sees the others, and fetches the form anew when its version is
newer than what they have.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hotline.api.board import Board
from hotline.api.people import Person

if TYPE_CHECKING:
    from hotline.api.connection import Connection
    from hotline.api.context import Context

SWEEP_SECONDS: Final = 2.0
MOST_FORMS: Final = 8
"""Forms one console may be looking at."""
MOST_REMEMBERED: Final = 2_000


@dataclass(frozen=True, slots=True)
class There:
    """One person at one form."""

    person: Person
    field: str
    since: float
    said_at: float


class Attendance:
    """All methods on the event loop."""

    def __init__(self, board: Board, keep_seconds: float) -> None:
        self._board = board
        self._keep = keep_seconds
        self._there: dict[str, dict[Connection, There]] = {}
        self._saved: dict[str, dict[str, Any]] = {}

    def say(self, connection: Connection, call_id: str, field: str, now: float) -> None:
        """That console shows this form, with the cursor in `field` (empty: in none). The right to see it was asked before."""
        people = self._there.setdefault(call_id, {})
        before = people.get(connection)
        people[connection] = There(connection.person, field, before.since if before else now, now)
        if before is None:
            shown = [name for name, entries in self._there.items() if connection in entries]
            for other in shown[: max(0, len(shown) - MOST_FORMS)]:
                self.leave(connection, other)
        self._publish(call_id)

    def knows(self, connection: Connection, call_id: str) -> bool:
        """Whether that console has been let in to the form already."""
        return connection in self._there.get(call_id, ())

    def leave(self, connection: Connection, call_id: str = "") -> None:
        """That console shows the form no more; without `call_id` none at all."""
        for name in [call_id] if call_id else list(self._there):
            people = self._there.get(name, {})
            if people.pop(connection, None) is not None:
                if not people:
                    del self._there[name]
                self._publish(name)

    def saved(self, call_id: str, version: int, person: Person, fields: list[str], at: float, *, submitted: bool) -> None:
        """The form was saved: whoever looks at it will fetch it."""
        if len(self._saved) >= MOST_REMEMBERED:
            self._saved = {name: kept for name, kept in self._saved.items() if name in self._there}
        self._saved[call_id] = {
            "version": version,
            "saved_by": person.user_id,
            "saved_by_name": person.name,
            "saved_at": at,
            "saved_fields": fields,
            "submitted": submitted,
        }
        self._publish(call_id)

    async def watch(self, context: Context) -> None:
        """Let go of consoles that have fallen silent. Runs until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(time.time())

    def sweep(self, now: float) -> None:
        """One round of :meth:`watch`."""
        for call_id, people in list(self._there.items()):
            for connection, there in list(people.items()):
                if now - there.said_at > self._keep:
                    self.leave(connection, call_id)

    def _publish(self, call_id: str) -> None:
        people = self._there.get(call_id, {})
        if not people:
            self._board.publish(f"forms/{call_id}", None)
            return
        entity = {
            "call_id": call_id,
            **self._saved.get(call_id, {"version": 0}),
            "agent_ids": sorted({there.person.agent_id for there in people.values() if there.person.agent_id}),
            "people": [
                {
                    "user_id": there.person.user_id,
                    "agent_id": there.person.agent_id,
                    "name": there.person.name,
                    "role": there.person.role,
                    "field": there.field,
                    "since": there.since,
                }
                for there in sorted(people.values(), key=lambda one: (one.since, one.person.user_id))
            ],
        }
        self._board.publish(f"forms/{call_id}", entity)
