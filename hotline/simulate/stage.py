"""Everything the calls of a run share: the carrier, the desk, the records, and the limits."""

from __future__ import annotations

import asyncio
import random
import wave
from dataclasses import dataclass, field
from typing import Any

from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.people import CALLER_VOICE_COUNT, CALLER_VOICES
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.carrier import Numbers, SimCarrier
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.people.desk import Desk
from hotline.simulate.turns import Turns

CATEGORY = "0101"
"""Divorce: skill MF. The demo city's experts with GN take any matter, so all eight are eligible."""


class StageError(Exception):
    """The stage cannot be set; the text says what is missing and what to do."""


@dataclass(slots=True)
class Stage:
    """The shared things. `patience` is how many seconds a caller waits in the queue at most."""

    settings: Settings
    carrier: SimCarrier
    desk: Desk
    records: Console
    numbers: Numbers
    dice: random.Random
    talk_seconds: float = 3.0
    patience: float = 240.0
    regions: list[str] = field(default_factory=list)
    categories: dict[str, str] = field(default_factory=dict)
    menu_seconds: float = 0.0
    transfers: Turns = field(default_factory=Turns)
    reserved_experts: set[str] = field(default_factory=set)
    _voice: int = -1

    def next_voice(self) -> int:
        """A caller's voice; they repeat after 60 callers."""
        self._voice = (self._voice + 1) % CALLER_VOICE_COUNT
        return CALLER_VOICES + self._voice


async def set_stage(settings: Settings, *, seed: int, talk_seconds: float, seats: int = 6) -> Stage:
    """Bring everybody: carrier, records, agents with their phones. Seats where somebody else is logged in stay his.

    Raises :class:`StageError`; whoever had come already has left again then.
    """
    carrier = demo_people.make_carrier(settings)
    records = Console(demo_people.base_url(settings), *demo_people.office_login("supervisor"))
    desk = Desk([])
    try:
        try:
            await carrier.start()
        except OSError as exc:
            raise StageError(f"port {settings.demo.carrier_port} (demo.carrier_port) is taken: {exc.strerror or exc}") from exc
        try:
            await records.log_in()
            await records.open_feed()
            catalogue = await records.get("/api/catalogue")
        except ApiError as exc:
            raise StageError(
                f"the API at {records.base_url} does not let the supervisor in: {exc}. Is the hotline running?"
            ) from exc
        desk = Desk([_seat(settings, index) for index in range(seats) if not _taken(records, index)])
        if not desk.agents:
            raise StageError("somebody is logged in at every seat: let one of them log out")
        try:
            await desk.start()
        except Exception as exc:
            raise StageError(f"an agent could not start work: {type(exc).__name__}: {exc}") from exc
    except BaseException:
        await strike(desk, records, carrier)
        raise
    return Stage(
        settings=settings,
        carrier=carrier,
        desk=desk,
        records=records,
        numbers=Numbers(seed),
        dice=random.Random(seed),
        talk_seconds=talk_seconds,
        regions=_codes(catalogue, "regions") or ["990100"],
        categories=_skills(catalogue),
        menu_seconds=menu_seconds(settings),
    )


async def strike(desk: Desk, records: Console, carrier: SimCarrier) -> None:
    """Send everybody home. Never raises."""
    await asyncio.gather(desk.close(), records.close(), return_exceptions=True)
    await asyncio.gather(carrier.close(), return_exceptions=True)


def _seat(settings: Settings, index: int) -> SimAgent:
    return demo_people.make_agent(settings, index, demo_people.make_phone(settings, index))


def _taken(records: Console, index: int) -> bool:
    """Whether somebody works at that seat now (a person at a browser: taking the seat would throw him out)."""
    extension = str(demo_people.FIRST_EXTENSION + index)
    seat = next((e for k, e in records.state.items() if k.startswith("agents/") and e.get("extension") == extension), {})
    return bool(seat.get("state", "offline") != "offline")


def _codes(catalogue: dict[str, Any], name: str) -> list[str]:
    return [str(item["code"]) for item in catalogue.get(name, []) if isinstance(item, dict) and "code" in item]


def _skills(catalogue: dict[str, Any]) -> dict[str, str]:
    return {str(item["code"]): str(item.get("skill", "")) for item in catalogue.get("categories", []) if isinstance(item, dict)}


def menu_seconds(settings: Settings) -> float:
    """Seconds of notice and greeting before the menu of the shipped flow: no key is taken by ear before that."""
    total = 0.0
    for name in ("notice", "greeting"):
        path = settings.prompts_dir / settings.flows.language / f"{name}.wav"
        try:
            with wave.open(str(path), "rb") as file:
                total += file.getnframes() / file.getframerate()
        except (OSError, EOFError, wave.Error):
            return 12.0  # the most the house rules allow a greeting (rules A.3)
    return total
