"""Emergencies on the consoles: cards pushed by the feed, watched until somebody has seen and taken them up.

Cards are this process's own board entities, made from the database: they reach consoles also while Redis or routing is
away, and they are there again after a restart of anything.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline import logs
from hotline.bus.client import ask_routing
from hotline.core.errors import HotlineError
from hotline.store.models import Account, Emergency, EmergencyTask
from hotline.store.repositories import emergencies

if TYPE_CHECKING:
    from hotline.api.context import Context

log = logs.get("hotline.api.alerts")

LOOK_SECONDS: Final = 0.5
PIN_AGAIN_SECONDS: Final = 2.0
GONE_SECONDS: Final = 10.0
"""A pinned call that is nowhere on a healthy board for this long is over."""


def card(session: Session, row: Emergency, repeat_seconds: float) -> dict[str, Any]:
    """The board entity of an emergency: nothing in it identifies the caller in clear."""
    ids = {row.raised_by, row.acknowledged_by} - {""}
    names = {row.id: row.display_name for row in session.scalars(select(Account).where(Account.id.in_(ids)))}
    back = (EmergencyTask.emergency_id == row.id, EmergencyTask.kind == "call_back")
    return {
        "id": row.id,
        "call_id": row.call_id,
        "state": row.state,
        "source": row.source,
        "flags": list(row.flags),
        "audience": row.audience,
        "helpers": list(row.helpers),
        "caller_masked": row.caller_masked,
        "region_hint": row.region_hint,
        "raised_by": row.raised_by,
        "raised_by_name": names.get(row.raised_by, ""),
        "raised_by_agent": row.raised_by_agent,
        "raised_at": row.raised_at,
        "alerted_at": row.alerted_at,
        "acknowledged_by_name": names.get(row.acknowledged_by, ""),
        "acknowledged_at": row.acknowledged_at,
        "dispatched_to": list(row.dispatched_to),
        "line_lost_at": row.line_lost_at,
        "callback_id": session.scalar(select(EmergencyTask.callback_id).where(*back)) or "",
        "repeat_seconds": repeat_seconds,
    }


class Alerts:
    """The open emergencies as this process shows them."""

    def __init__(self) -> None:
        self._pinned_at: dict[str, float] = {}
        self._missing_since: dict[str, float] = {}

    def show(self, context: Context, session: Session, row: Emergency) -> dict[str, Any] | None:
        """The card for :meth:`publish`; None takes it off."""
        return card(session, row, context.settings.emergency.repeat_seconds) if row.state != "closed" else None

    def publish(self, context: Context, emergency_id: str, entity: dict[str, Any] | None) -> None:
        """On every console at once. Runs on the event loop."""
        context.board.publish(f"emergencies/{emergency_id}", entity)

    def supervisors(self, context: Context, *, but: str = "") -> int:
        """Supervisors whose console is connected now, without the account `but`."""
        return len({one.person.user_id for one in context.feeds.open if one.person.role == "supervisor"} - {but})

    async def pin(self, context: Context, row_id: str, call_id: str, by: str) -> None:
        """Tell the conversation; whatever goes wrong is tried again by :meth:`watch`."""
        self._pinned_at[row_id] = time.monotonic()
        await _ask(context, "pin_call", call_id, row_id, by)

    async def unpin(self, context: Context, row_id: str, call_id: str, by: str) -> None:
        """The ordinary limits apply again."""
        await _ask(context, "unpin_call", call_id, row_id, by)

    async def watch(self, context: Context) -> None:
        """Until cancelled: load what is open, and look after it."""
        loaded = False
        while True:
            try:
                if not loaded:
                    await asyncio.to_thread(self._load, context)
                    loaded = True
                for key, entity in [item for item in context.board.own.items() if item[0].startswith("emergencies/")]:
                    await self._look_after(context, key.partition("/")[2], entity)
            except Exception as exc:  # the next look comes in half a second, whatever it was
                log.warning("emergency_watch_failed", kind=type(exc).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    def _load(self, context: Context) -> None:
        with context.store.read() as session:
            for row in emergencies.all_open(session):
                context.board.own[f"emergencies/{row.id}"] = self.show(context, session, row) or {}
        context.board.reset_all()

    async def _look_after(self, context: Context, emergency_id: str, entity: dict[str, Any]) -> None:
        now, settings = time.time(), context.settings.emergency
        unseen = entity["alerted_at"] is None and entity["audience"] != "everyone"
        if unseen and now - entity["raised_at"] >= settings.alert_seconds:
            log.error("emergency_unheard", emergency_id=emergency_id)
            await self.change(context, emergency_id, lambda session, row: emergencies.widen(session, row, now))
        if entity["line_lost_at"] is None and self._line_lost(context, entity):
            log.warning("emergency_line_lost", emergency_id=emergency_id)
            await self._lost(context, emergency_id, now)
        elif entity["line_lost_at"] is not None and not entity["callback_id"]:
            await self._lost(context, emergency_id, now)  # the call was not stored yet
        call = context.board.state.get(f"calls/{entity['call_id']}")
        if call is not None and call.get("phase") != "ended" and call.get("pinned") != emergency_id:
            waited = time.monotonic() - self._pinned_at.get(emergency_id, 0.0)
            if waited >= PIN_AGAIN_SECONDS and not context.board.degraded:
                await self.pin(context, emergency_id, entity["call_id"], entity["raised_by"])

    async def _lost(self, context: Context, emergency_id: str, now: float) -> None:
        await self.change(
            context,
            emergency_id,
            lambda session, row: emergencies.line_lost(session, context.secrecy, context.settings, row, now),
        )

    def _line_lost(self, context: Context, entity: dict[str, Any]) -> bool:
        call = context.board.state.get(f"calls/{entity['call_id']}")
        if context.board.degraded:
            self._missing_since.pop(entity["id"], None)
            return False
        if call is not None:
            self._missing_since.pop(entity["id"], None)
            return bool(call.get("phase") == "ended")
        since = self._missing_since.setdefault(entity["id"], time.monotonic())
        return time.monotonic() - since >= GONE_SECONDS

    async def change(self, context: Context, emergency_id: str, work: Any) -> Any:
        """Do `work(session, row)` in one transaction and show the outcome; what `work` returns is returned."""

        def write() -> tuple[Any, dict[str, Any] | None]:
            with context.store.write() as session:
                row = emergencies.get(session, emergency_id)
                answer = work(session, row)
                session.flush()
                return answer, self.show(context, session, row)

        answer, entity = await asyncio.to_thread(write)
        self.publish(context, emergency_id, entity)
        return answer


async def _ask(context: Context, name: str, call_id: str, emergency_id: str, by: str) -> None:
    try:
        await ask_routing(context.redis, name, {"call_id": call_id, "emergency_id": emergency_id, "by": by})
    except (HotlineError, RedisError, OSError, TimeoutError) as exc:
        log.warning("emergency_not_told", name=name, kind=type(exc).__name__)
