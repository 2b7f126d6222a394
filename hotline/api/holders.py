"""Who holds a call right now. The database hears of it a moment later: the board and `hotline:live` are asked first."""

from __future__ import annotations

import json
import time
from typing import Final

import redis.asyncio
from redis.exceptions import RedisError

from hotline.api.board import Board
from hotline.bus import keys

ACCEPT_SECONDS: Final = 10.0
"""An accepted offer counts this long by itself; then the board must say the same."""
MOST_ACCEPTS: Final = 1_000


class Holders:
    """Answers for calls that are live, or have ended so lately that their agent still writes them up."""

    def __init__(self, board: Board, client: redis.asyncio.Redis) -> None:
        self._board = board
        self._client = client
        self._accepts: dict[str, tuple[str, float]] = {}

    def accepted(self, call_id: str, agent_id: str) -> None:
        """Routing has just given that call to that agent; the board may say so a little later."""
        now = time.monotonic()
        if len(self._accepts) >= MOST_ACCEPTS:
            self._accepts = {key: kept for key, kept in self._accepts.items() if kept[1] > now}
        self._accepts[call_id] = (agent_id, now + ACCEPT_SECONDS)

    async def holds(self, agent_id: str, call_id: str) -> bool:
        """Whether `agent_id` is the agent of that live call, or writes it up now."""
        if not agent_id:
            return False
        own = self._board.state.get(f"agents/{agent_id}", {})
        if own.get("call_id") == call_id:
            return True
        call = self._board.state.get(f"calls/{call_id}", {})
        if call.get("agent_id"):
            return bool(call["agent_id"] == agent_id)
        accepted, until = self._accepts.get(call_id, ("", 0.0))
        if accepted == agent_id and until > time.monotonic():
            return True
        return await self._live_agent(call_id) == agent_id

    async def _live_agent(self, call_id: str) -> str | None:
        try:
            text = await self._client.hget(keys.LIVE, call_id)
        except (RedisError, OSError, TimeoutError):
            return None
        live = json.loads(text) if text else {}
        found: str | None = live.get("agent_id")
        return found

    def offered(self, agent_id: str, call_id: str) -> bool:
        """Whether that call rings on the console of `agent_id` now, or stands behind a call back that does."""
        return bool(agent_id) and any(
            key.startswith("offers/")
            and call_id in (entity.get("call_id"), (entity.get("task") or {}).get("of_call"))
            and agent_id in (entity.get("agent_ids") or ())
            for key, entity in list(self._board.state.items())
        )

    def masked_number(self, call_id: str) -> str:
        """The caller's masked number as the board has it, or nothing."""
        return str(self._board.state.get(f"calls/{call_id}", {}).get("caller_masked") or "")
