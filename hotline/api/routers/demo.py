""" "Call me now": a simulated caller for the seat of whoever presses the button. Demo city only."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends

from hotline.api.context import Context, current
from hotline.api.guard import need, seat
from hotline.api.people import Person
from hotline.api.shapes import Done
from hotline.bus import keys
from hotline.core.errors import Missing

router = APIRouter(prefix="/api/demo", tags=["demo"])

MOST_WAITING: Final = 20
"""Requests kept for the simulator; older ones are dropped when it does not come to fetch them."""


@router.post("/call-me")
async def call_me(
    person: Annotated[Person, Depends(need("demo.call_me"))], context: Annotated[Context, Depends(current)]
) -> Done:
    """A simulated caller rings the hotline for this seat. 404 `demo.off` outside the demo city."""
    if not context.settings.demo.enabled:
        raise Missing("demo.off")
    request = json.dumps({"agent_id": seat(person), "username": person.username}, ensure_ascii=False)
    async with context.redis.pipeline(transaction=True) as pipe:
        pipe.rpush(keys.DEMO_REQUESTS, request)
        pipe.ltrim(keys.DEMO_REQUESTS, -MOST_WAITING, -1)
        await pipe.execute()
    return Done()
