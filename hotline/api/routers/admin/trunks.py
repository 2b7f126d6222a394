"""Trunks, to look at: the settings in force, how each one does, and what the edge has refused. They are changed in
`hotline.toml`, because a wrong one cuts every line."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from redis.exceptions import RedisError

from hotline import settings as settings_module
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.bus import keys
from hotline.core.errors import HotlineError

router = APIRouter(prefix="/api/trunks", tags=["trunks"])


class Value(BaseModel):
    """One setting in force: its key as it stands in `hotline.toml`, and its value as it would be written there."""

    key: str
    value: str
    default: bool


class TrunkRow(BaseModel):
    """`state`: `up`, `down`, `not_pinged`, or `unknown` when the edge does not answer. `calls`: live ones."""

    name: str
    state: str
    calls: int
    max_calls: int
    settings: list[Value]


class Refusal(BaseModel):
    """How often something was refused since the edge started; `code` as in `docs/operations.md`."""

    code: str
    count: int


class Trunks(BaseModel):
    """`file`: where to change them; empty: there is none. `edge`: whether it answers. `listening`: where carriers send to."""

    file: str
    edge: bool
    listening: str
    items: list[TrunkRow]
    refused: list[Refusal]
    registered: int


@router.get("")
async def list_trunks(
    person: Annotated[Person, Depends(need("trunks.read"))], context: Annotated[Context, Depends(current)]
) -> Trunks:
    """Every trunk of the settings."""
    settings = context.settings
    states: dict[str, str] = {}
    counters: dict[str, int] = {}
    registered, answers = 0, False
    if context.edge is not None:
        edge = context.edge
        try:
            states = await asyncio.to_thread(edge.trunks)
            counters = await asyncio.to_thread(edge.counters)
            registered = len(await asyncio.to_thread(edge.registered))
            answers = True
        except HotlineError:
            answers = False
    calls = await _calls(context)
    items = [
        TrunkRow(
            name=trunk.name,
            state=states.get(trunk.name, "not_pinged" if answers and not trunk.options_ping else "unknown"),
            calls=calls[trunk.name],
            max_calls=trunk.max_calls,
            settings=[
                Value(
                    key=key,
                    value=_written(value),
                    default=key not in trunk.model_fields_set,
                )
                for key, value in trunk.model_dump().items()
            ],
        )
        for trunk in settings.trunks
    ]
    try:
        file = str(settings_module.find_file() or "")
    except settings_module.SettingsError:
        file = ""
    return Trunks(
        file=file,
        edge=answers,
        listening=f"{settings.sip.host}:{settings.sip.port}/udp",
        items=items,
        refused=[Refusal(code=code, count=count) for code, count in counters.items()],
        registered=registered,
    )


def _written(value: object) -> str:
    """As it stands in TOML."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        rules = [", ".join(f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in rule.items()) for rule in value]
        return "[" + ", ".join(f"{{ {rule} }}" for rule in rules) + "]"
    return json.dumps(value, ensure_ascii=False)


async def _calls(context: Context) -> Counter[str]:
    now = time.time()
    try:
        found = [json.loads(text) for text in (await context.redis.hgetall(keys.LIVE)).values()]
    except (RedisError, OSError, TimeoutError, ValueError):
        return Counter()
    return Counter(str(one.get("trunk") or "") for one in found if one.get("lease", 0) > now)
