"""How an agent of the demo town serves a caller: talks, fills the form bit by bit, now and then asks an expert."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from hotline import logs
from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.console import ApiError
from hotline.simulate.people.desk import tolerate
from hotline.simulate.town_bookings import book

if TYPE_CHECKING:
    from hotline.simulate.town import Town

log = logs.get("hotline.simulate.town")

RING_SECONDS: Final = 10.0
TALK_SECONDS: Final = (15.0, 45.0)
WRAP_UP_SECONDS: Final = (4.0, 12.0)
TRANSFERRED: Final = 0.4
TICKETED: Final = 0.25
TRANSFER_SECONDS: Final = 200.0
TICKET: Final = "D04"
"""Disposition of a call that becomes a ticket."""

MATTERS: Final = (
    # category, facts, request
    ("0101", "夫妻长期分居，咨询离婚条件与财产分割。", "了解起诉离婚需要的材料"),
    ("0201", "在工地干活三个月，工资一直没有发。", "追讨工资"),
    ("0301", "借给朋友钱，到期不还，只有转账记录。", "咨询如何起诉"),
    ("0103", "老人赡养费兄弟姐妹分担不均。", "请求调解"),
)


async def serve(town: Town, agent: SimAgent, masked: str) -> None:
    """Take the offer of that caller and see the call through; gives the agent back whatever happens."""
    call_id, form, finished = "", _form(town), False
    try:
        offer = agent.offer_of(masked)
        if offer is None:
            return
        call_id = await agent.accept(offer["offer_id"])
        ring = await agent.phone.rings(RING_SECONDS)
        if ring is None:
            return
        await _talk(town, agent, call_id, form, ring.call)
        finished = True
    except (ApiError, NotInTime) as exc:
        log.info("sim_town_service_failed", agent=agent.name, why=str(exc)[:120])
    finally:
        if call_id and not finished:
            await tolerate(agent.hang_up(call_id))
        if call_id:
            await tolerate(agent.submit_form(call_id, form))
            await tolerate(agent.free())
            if finished and form["disposition"] == TICKET:
                town.spawn(book(town, agent, call_id))
        town.desk.give_back(agent)


async def _talk(town: Town, agent: SimAgent, call_id: str, form: dict[str, Any], leg: Any) -> None:
    dice = town.dice
    typed: dict[str, Any] = {}
    pause = dice.uniform(*TALK_SECONDS) / len(form)
    for name, value in form.items():
        if await leg.ended(pause):
            form["disposition"] = "D09"  # the caller hung up before the end
            return
        typed[name] = value
        await tolerate(agent.save_form(call_id, typed))
    if dice.random() < TRANSFERRED and await _transfer(agent, call_id, form, leg):
        form["disposition"] = "D02"
        return
    if leg.is_up:
        await tolerate(agent.hang_up(call_id))
    await asyncio.sleep(dice.uniform(*WRAP_UP_SECONDS))


async def _transfer(agent: SimAgent, call_id: str, form: dict[str, Any], leg: Any) -> bool:
    """Ask for an expert; True when the own leg ended for it, False when the caller came back."""
    try:
        await agent.transfer(call_id, form["category"], form["matter_region"])
    except ApiError as exc:
        log.info("sim_town_no_expert", why=exc.code)
        return False
    gone = asyncio.ensure_future(leg.ended(TRANSFER_SECONDS))
    back = asyncio.ensure_future(
        agent.console.until(lambda _: _transfer_state(agent, call_id) in ("returned", "cancelled"), TRANSFER_SECONDS)
    )
    _, waiting = await asyncio.wait({gone, back}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return leg.leg.end is not None


def _transfer_state(agent: SimAgent, call_id: str) -> str:
    return str((agent.call(call_id).get("transfer") or {}).get("state", ""))


def _form(town: Town) -> dict[str, Any]:
    category, facts, request = town.dice.choice(MATTERS)
    ticket = town.dice.random() < TICKETED
    return {
        "caller_name": town.dice.choice("王李张刘陈杨赵黄") + town.dice.choice(("先生", "女士")),
        "category": category,
        "matter_region": town.dice.choice(("990102", "990103", "990121")),
        "service_type": "S03" if ticket else "S01",
        "caller_groups": ["G99"],
        "risk_flags": [],
        "facts": facts,
        "request": request,
        "advice": "已告知办理途径与所需材料。",
        "legal_aid": "told",
        "disposition": TICKET if ticket else "D01",
    }
