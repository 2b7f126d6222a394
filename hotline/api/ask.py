"""Asking routing on behalf of a person."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from redis.exceptions import RedisError

from hotline.api.context import Context
from hotline.bus.client import ask_routing
from hotline.core.errors import HotlineError, Rejected


async def ask(context: Context, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The `data` of routing's answer. Raises Rejected with routing's code, or `routing.silent` after 3 s."""
    answer = await ask_routing(context.redis, name, data)
    if not answer.get("ok"):
        raise Rejected(str(answer.get("code") or "request.refused"), **dict(answer.get("details") or {}))
    found: dict[str, Any] = answer.get("data") or {}
    return found


async def reload(context: Context) -> None:
    """Tell routing that people, lines or days have changed. The change is stored: routing looks by itself within ten seconds
    when it does not hear this, so nothing fails for it."""
    with contextlib.suppress(HotlineError, RedisError, OSError):
        await ask(context, "reload", {})
