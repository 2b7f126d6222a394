"""What everybody in a storm shares: the people, the supervisor's eye on the board, and what was seen."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

from hotline import logs
from hotline.settings import Settings
from hotline.simulate.call import SimCall
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.console import Console, State
from hotline.simulate.people.phone import Ring
from hotline.simulate.storm import plans

log = logs.get("hotline.simulate.storm")

HARM_SECONDS: Final = 8.0
"""For so long after a part was killed a request may be refused, and a change may be late on the feed."""


@dataclass(slots=True)
class Seen:
    """One call of a caller (or to one who is called back), as it went at the caller's end."""

    who: str
    masked: str
    voice: int
    plan: plans.Visit | None
    call: SimCall
    began: float
    back: bool = False
    """The hotline called."""
    status: int = 0
    call_id: str = ""
    hung_up_at: float = 0.0
    vanished_at: float = 0.0
    held: list[tuple[float, float]] = field(default_factory=list)
    """When this caller's own phone held the line."""
    rating_keys: str = ""
    """Keys pressed while the hotline asked for them."""
    troubles: list[str] = field(default_factory=list)

    @property
    def answered_at(self) -> float:
        return self.call.leg.times.get("answered", 0.0)

    @property
    def ended_at(self) -> float:
        return self.vanished_at or self.call.leg.times.get("ended", 0.0)


@dataclass(slots=True)
class Served:
    """One accepted offer, as it went at the agent's end."""

    agent_id: str
    voice: int
    call_id: str
    offer_id: str
    kind: str
    mood: str
    accepted_at: float
    deed: str = ""
    ring: Ring | None = None
    dead_at: float = 0.0
    """When this agent's phone was made to die."""


@dataclass(slots=True)
class Race:
    """Several agents accept one offer in the same instant."""

    offer_id: str
    at: float
    """Of the loop's clock."""
    began: float = field(default_factory=time.time)
    contenders: list[str] = field(default_factory=list)
    winners: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    """What the others were told."""


@dataclass(frozen=True, slots=True)
class Harm:
    """Something the storm broke."""

    what: str
    at: float
    call_id: str = ""


class Scene:
    """See the module. `closing`: no new calls; `over`: the agents may go home."""

    def __init__(self, settings: Settings, seed: int, carrier: SimCarrier, records: Console, menu_seconds: float) -> None:
        self.settings = settings
        self.seed = seed
        self.carrier = carrier
        self.records = records
        self.menu_seconds = menu_seconds
        self.agents: list[SimAgent] = []
        self.regions: list[str] = []
        self.seen: list[Seen] = []
        self.served: list[Served] = []
        self.races: dict[str, Race] = {}
        self.harms: list[Harm] = []
        self.troubles: list[str] = []
        """What was not as it should be and belongs to no single call."""
        self.lag: list[tuple[float, float]] = []
        """When the simulator's own clock was late, and by how many seconds."""
        self.opening = True
        self.closing = asyncio.Event()
        self.over = asyncio.Event()
        self.live: dict[str, dict[str, Any]] = {}
        """Calls on the board by the caller's masked number; the newest of each."""
        self._moved: dict[str, asyncio.Event] = {}
        self._nudges: list[asyncio.Event] = []
        records.on_change = self._board_moved

    def _board_moved(self, new: State, gone: list[str]) -> None:
        for key, entity in new.items():
            # Whoever is to be called back stands in the line too, beside the call that the same person is making.
            inbound = key.startswith("calls/") and entity.get("direction") != "outbound"
            if inbound and (masked := entity.get("caller_masked")):
                known = self.live.get(masked)
                if known is None or float(entity.get("arrived_at") or 0) >= float(known.get("arrived_at") or 0):
                    self.live[masked] = entity
                    if masked in self._moved:
                        self._moved[masked].set()

    def trouble(self, what: str) -> None:
        """Note something that belongs to no single call."""
        self.troubles.append(f"{time.strftime('%H:%M:%S')} {what}")
        log.warning("storm_trouble", what=what)

    # ── a caller's call on the board ──────────────────────────────────────────────────────────────────────────────

    def on_board(self, seen: Seen) -> dict[str, Any]:
        """The call as the supervisor sees it; empty while it is not there."""
        entity = self.live.get(seen.masked, {})
        if float(entity.get("arrived_at") or 0) < seen.began - 2.0:
            return {}
        seen.call_id = seen.call_id or str(entity.get("call_id") or "")
        return entity

    async def until_phase(self, seen: Seen, *phases: str, timeout: float) -> bool:
        """Wait until the board shows that caller in one of the phases; False after `timeout` seconds or at the end."""
        moved = self._moved.setdefault(seen.masked, asyncio.Event())
        deadline = time.monotonic() + timeout
        while self.on_board(seen).get("phase") not in phases:
            if seen.call.leg.end is not None or (left := deadline - time.monotonic()) <= 0:
                return False
            moved.clear()
            try:
                async with asyncio.timeout(min(left, 2.0)):
                    await moved.wait()
            except TimeoutError:
                continue
        return True

    # ── agents who accept together ────────────────────────────────────────────────────────────────────────────────

    def nudge(self) -> asyncio.Event:
        """An event that is set when agents should look around."""
        event = asyncio.Event()
        self._nudges.append(event)
        return event

    def race(self, offer_id: str) -> Race:
        """The race for that offer: it begins a quarter of a second after the first agent asked."""
        race = self.races.get(offer_id)
        if race is None:
            race = self.races[offer_id] = Race(offer_id, asyncio.get_running_loop().time() + 0.25)
            for event in self._nudges:
                event.set()
        return race

    def race_open(self, offer_id: str) -> bool:
        """Whether others are about to accept that offer, and one more may join them."""
        race = self.races.get(offer_id)
        return race is not None and race.at > asyncio.get_running_loop().time()

    # ── what may excuse somebody ──────────────────────────────────────────────────────────────────────────────────

    def disturbed(self, since: float, until: float | None = None) -> bool:
        """Whether routing or Redis was away between the two (Unix times)."""
        end = time.time() if until is None else until
        return any(not harm.call_id and harm.at - 0.5 <= end and since <= harm.at + HARM_SECONDS for harm in self.harms)

    def cut(self, call_id: str) -> bool:
        """Whether the storm killed that call's worker."""
        return any(harm.call_id == call_id for harm in self.harms)
