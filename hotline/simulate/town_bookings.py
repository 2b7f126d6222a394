"""The demo town's agents make appointments for most of their tickets, in person, by video or to be called back, so that a
newcomer finds a book with something in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from hotline import logs
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.console import ApiError

if TYPE_CHECKING:
    from hotline.simulate.town import Town

log = logs.get("hotline.simulate.town")

BOOKED: Final = 0.7
"""Share of the town's tickets that get an appointment."""
MOST: Final = 12
"""No more are made while so many are to come: a demo that ran for days should still have places."""
LOOKS, LOOK_SECONDS = 10, 2.0
"""How often, and how long apart, the ticket of a call is looked for: it is made after the call."""
SOON: Final = 8
"""One of so many next times is taken, so that neighbouring days have something too."""


async def book(town: Town, agent: SimAgent, call_id: str) -> None:
    """Make an appointment for the ticket of a call, now and then. Never raises ApiError."""
    if town.dice.random() >= BOOKED:
        return
    try:
        coming = (await town.eye.get("/api/appointments", days=14))["items"]
        if sum(one["state"] == "booked" for one in coming) < MOST and (number := await _ticket(agent, call_id)):
            await _book(town, agent, number)
    except ApiError as exc:  # somebody was quicker at that place, or the ticket is another's now
        log.info("sim_town_no_appointment", agent=agent.name, why=exc.code)


async def _ticket(agent: SimAgent, call_id: str) -> str:
    for _ in range(LOOKS):
        if ticket := (await agent.console.get(f"/api/calls/{call_id}")).get("ticket"):
            return str(ticket["number"])
        await asyncio.sleep(LOOK_SECONDS)
    return ""


async def _book(town: Town, agent: SimAgent, number: str) -> None:
    path = f"/api/tickets/{number}"
    kinds: list[str] = (await agent.console.get(f"{path}/appointment-slots"))["kinds"]
    if not kinds:
        return
    kind = town.dice.choice(kinds)
    slots: list[dict[str, Any]] = (await agent.console.get(f"{path}/appointment-slots", kind=kind))["items"]
    if not slots:
        return
    slot = town.dice.choice(slots[:SOON])
    await agent.console.post(f"{path}/appointments", {"kind": kind, "plan_id": slot["plan_id"], "starts_at": slot["starts_at"]})
