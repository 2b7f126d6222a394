"""Who calls: what the number called about before, for the agent who has the call or on whose console it rings (rules B.19)."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy import not_

from hotline.api.access import may_read_call
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.rows import CallRow, TicketRow, call_rows, ticket_rows
from hotline.api.shapes import Id
from hotline.api.ticket_progress import ticket_progress
from hotline.api.ticket_sight import kept_secret, unguarded
from hotline.bus import keys
from hotline.core.errors import Forbidden, Missing
from hotline.store.models import Call
from hotline.store.repositories import histories

router = APIRouter(prefix="/api/calls", tags=["calls"])

LAST: Final = 5
"""Earlier calls everybody at the desk sees (rules B.19)."""
MOST: Final = 50
_DAY: Final = 86_400.0


class SameMatter(BaseModel):
    """Earlier calls of the number about the category asked for, within the last `desk.repeat_days`."""

    calls: list[str]
    tickets: list[str]


class ProgressRow(BaseModel):
    """How an open ticket stands, to be read out when there is nothing new (rules F.49). `same`: it is the matter asked for."""

    number: str
    same: bool
    zh: str
    en: str


class CallerAnswer(BaseModel):
    """`known`: the caller gave a number. `total`: earlier calls; `recent`: those of the last `days`, without this one;
    `repeat`: with this one they are repeated calls (risk flag R12). `more`: there are more than are shown, and the asker may
    see them."""

    known: bool
    open_tickets: list[TicketRow]
    calls: list[CallRow]
    total: int
    recent: int
    days: int
    repeat: bool
    more: bool
    same_matter: SameMatter
    progress: list[ProgressRow]


@router.get("/{call_id}/caller")
async def read_caller(
    call_id: Id,
    person: Annotated[Person, Depends(need("calls.read"))],
    context: Annotated[Context, Depends(current)],
    category: Annotated[str, Query(max_length=12, description="looks for the same matter")] = "",
    everything: Annotated[bool, Query(description="all earlier calls, not the last five; supervisors")] = False,
) -> CallerAnswer:
    """Open tickets and the last five calls of the number behind a call."""
    if everything and not person.may("callers.history"):
        raise Forbidden("auth.forbidden")
    mine = await context.holders.holds(person.agent_id, call_id) or context.holders.offered(person.agent_id, call_id)
    live_hash = await _live_hash(context, call_id)
    return await asyncio.to_thread(_read, context, person, call_id, mine, live_hash, category, everything)


async def _live_hash(context: Context, call_id: str) -> str:
    """The number's hash out of the live call: the database hears of a call a moment after it rings."""
    try:
        text = await context.redis.hget(keys.LIVE, call_id)
    except (RedisError, OSError, TimeoutError):
        return ""
    return str(json.loads(text).get("caller_hash") or "") if text else ""


def _read(
    context: Context, person: Person, call_id: str, mine: bool, live_hash: str, category: str, everything: bool
) -> CallerAnswer:
    settings = context.settings.desk
    with context.store.read() as session:
        on_board = person.may("calls.read_all") and f"calls/{call_id}" in context.board.state
        if not (mine or on_board or may_read_call(session, person, call_id)):
            raise Missing("call.missing")
        call = session.get(Call, call_id)
        number = (call.caller_hash if call is not None else "") or live_hash
        since = time.time() - settings.repeat_days * _DAY
        if not number:
            nothing = SameMatter(calls=[], tickets=[])
            return CallerAnswer(
                known=False,
                open_tickets=[],
                calls=[],
                total=0,
                recent=0,
                days=settings.repeat_days,
                repeat=False,
                more=False,
                same_matter=nothing,
                progress=[],
            )
        tickets = histories.open_tickets(session, number, unguarded(person))
        shown = histories.earlier_calls(session, number, call_id, MOST if everything else LAST, not_(kept_secret(person)))
        total = histories.count(session, number, call_id)
        recent = histories.count(session, number, call_id, since)
        same = histories.same_matter(session, number, call_id, category, since) if category else []
        return CallerAnswer(
            known=True,
            open_tickets=ticket_rows(session, tickets),
            calls=call_rows(session, shown, unguarded(person)),
            total=total,
            recent=recent,
            days=settings.repeat_days,
            repeat=recent + 1 >= settings.repeat_calls,
            more=total > len(shown) and person.may("callers.history"),
            same_matter=SameMatter(
                calls=same, tickets=[one.number for one in tickets if category and one.category == category]
            ),
            progress=[
                ProgressRow(number=one.number, same=bool(category) and one.category == category, zh=found.zh, en=found.en)
                for one, found in ticket_progress(session, tickets, time.time())
            ],
        )
