"""What the routing brain remembers, what it is told (events), and what it orders (effects).

`State` is changed in place by `hotline.core.routing.engine.decide`: copying 700 records for every fact buys nothing, while
what tests need (no IO, no clock, no randomness of its own) is kept: `now` is an argument and ids come from `new_id`.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from hotline.core.abuse import Timing
from hotline.core.agents import Agent
from hotline.core.calendars.timetable import Timetable
from hotline.core.callbacks.caps import Ledger
from hotline.core.commands import Command
from hotline.core.conflicts import Book
from hotline.core.conversations.orders import Order
from hotline.core.experts import Expert, Use
from hotline.core.external_hotlines import ExternalHotline
from hotline.core.facts import Fact
from hotline.core.hunts import Hunt
from hotline.core.offers import Offer
from hotline.core.queues import ORDINARY, Line, Pace
from hotline.core.queues.places import Place
from hotline.core.queues.rules import Queues
from hotline.core.supervision.model import Help, OnLine

REMEMBER_REQUESTS: Final = 2_000
"""Request ids kept so that a request delivered twice acts once."""
LIVE_LEASE_SECONDS: Final = 8.0
"""A conversation that has not been heard of for this long is dead (docs/protocol.md, live calls)."""
CONNECT_GRACE_SECONDS: Final = 5.0
"""On top of the ringing time: how long routing waits for any word of an accepted offer before it looks for itself."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits from the settings, seconds. Same names as in `hotline.settings`."""

    offer_seconds: float = 20.0
    agent_ring_seconds: float = 20.0
    position_every_seconds: float = 30.0
    place_seconds: float = 1800.0
    """How long the place of a caller whom we cut off is kept for them."""
    missed_offers_to_pause: int = 3
    wrap_up_seconds: float = 60.0
    wrap_up_extension_seconds: float = 60.0
    agent_lease_seconds: float = 15.0
    ring_seconds: float = 20.0
    accept_seconds: float = 12.0
    max_tries: int = 3
    party_ring_seconds: float = 45.0
    parallel: int = 1
    brief_seconds: float = 30.0
    phones_together: bool = False
    phone_missed: int = 3
    """Calls not taken in a row after which an agent by phone gets no more."""
    trunks: tuple[str, ...] = ("demo",)
    outbound_ring_seconds: float = 45.0
    outbound_trunk: str = "demo"
    rating_calls_at_once: int = 2
    village_calls_at_once: int = 2
    abuse: Timing = field(default_factory=Timing)
    tell_agent: bool = True
    pinned_wrap_up_seconds: float = 3600.0
    """Wrap-up after a call with danger to life: nobody presses, but it does not last for ever."""
    queues: Queues = field(default_factory=Queues)
    only_staffed: tuple[str, ...] = ("NT",)
    """Queues nobody waits in while no agent is at work: their callers are sent on (`closed`)."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent as the database has them. `uri` is what a conversation dials."""

    id: str
    name: str
    extension: str
    uri: str
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    wish: str = "offline"
    """Desired state, for when nothing else is known."""
    number_enc: str = ""
    """Their plain telephone, sealed; empty: they have a console only."""
    trunk: str = ""
    region: str = ""
    """Name of the region they serve first; empty: all."""
    levels: Mapping[str, int] = field(default_factory=dict)
    """Skill → level, 1 the best; for strategy `ranked`."""


@dataclass(frozen=True, slots=True)
class People:
    """Everyone routing may call. `skill_of` is matter category → skill group, `region_names` code → name,
    `answered_today` expert → calls accepted since local midnight, as the database has it; `served_today` agent → callers
    talked with."""

    seats: Mapping[str, Seat] = field(default_factory=dict)
    experts: Mapping[str, Expert] = field(default_factory=dict)
    skill_of: Mapping[str, str] = field(default_factory=dict)
    region_names: Mapping[str, str] = field(default_factory=dict)
    answered_today: Mapping[str, int] = field(default_factory=dict)
    hotlines: Mapping[str, ExternalHotline] = field(default_factory=dict)
    """Other hotlines that may be dialled."""
    served_today: Mapping[str, int] = field(default_factory=dict)
    book: Book = field(default_factory=lambda: Book(complete=False))
    """Whom experts have advised; see :mod:`hotline.core.conflicts`."""


# Events


@dataclass(frozen=True, slots=True)
class FactSeen:
    """A fact from the stream."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `lease_seconds` is what is left of the asking agent's lease, looked up with the request, so that a
    console that has just connected need not wait for the next comparison; None when not looked up."""

    request_id: str
    name: str
    data: Mapping[str, Any]
    lease_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class World:
    """How things are: live snapshots by call id, seconds left of agents' leases (absent: none). `emptied`: Redis has
    lost everything since the last look. `interrupted`: Redis could not be reached for a while."""

    live: Mapping[str, Mapping[str, Any]]
    leases: Mapping[str, float]
    emptied: bool = False
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class PeopleLoaded:
    people: People


@dataclass(frozen=True, slots=True)
class CallerKnown:
    """What the database has on the caller of a live call: the place that is kept for them (they were cut off by our fault),
    and a class (`P2`) with its `reason` when their earlier forms open the green channel."""

    call_id: str
    place: Place | None = None
    priority: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallTask:
    """Somebody to be called, as the database has it. `call_id`: of the next try, or of the one under way, which was begun at
    `begun_at`. `number_enc` is sealed for the task."""

    task_id: str
    kind: str
    state: str
    reason: str
    call_id: str
    number_enc: str
    caller_masked: str
    caller_hash: str
    place_at: float
    due_at: float
    expires_at: float
    region_hint: str = ""
    trunk: str = ""
    queue: str = ""
    priority: int = 3
    language: str = ""
    calls: int = 1
    tries: int = 0
    of_call: str = ""
    """The first call behind it; of a rating or follow-up the consultation."""
    not_agent_id: str = ""
    talk: Mapping[str, str] = field(default_factory=dict)
    begun_at: float = 0.0

    @classmethod
    def from_record(cls, raw: Mapping[str, Any]) -> CallTask:
        """From JSON; unknown keys are ignored. Raises TypeError when something is missing."""
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in raw.items() if key in known})


@dataclass(frozen=True, slots=True)
class TasksLoaded:
    """Open tasks that are due (or will be within the minute), and those being called. `on`: dialling out is allowed, else
    `by` says who or what stopped it. `dialled`: calls of the last day as (key, destination, at), for the caps."""

    tasks: tuple[CallTask, ...]
    on: bool = True
    by: str = ""
    dialled: tuple[tuple[str, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TryBegun:
    """The database's answer to `BeginTry`: `task` when it may be called, else why not."""

    task_id: str
    call_id: str
    task: CallTask | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoursKnown:
    """When each line is open in the next days."""

    timetable: Timetable


@dataclass(frozen=True, slots=True)
class Restored:
    """What an earlier routing left behind: agents, expert uses, and its board. All empty: Redis is new."""

    agents: Mapping[str, Mapping[str, Any]]
    uses: Mapping[str, Mapping[str, Any]]
    board: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = FactSeen | Asked | World | PeopleLoaded | CallerKnown | HoursKnown | TasksLoaded | TryBegun | Restored | Tick


# Effects (besides Command and Fact)


@dataclass(frozen=True, slots=True)
class Reply:
    """The one answer to a request."""

    request_id: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RememberWish:
    """Write the agent's desired state to the database."""

    agent_id: str
    state: str


@dataclass(frozen=True, slots=True)
class LookUpCaller:
    """Find out in the database who calls; the answer is `CallerKnown`, or nothing."""

    call_id: str
    caller_hash: str
    arrived_at: float


@dataclass(frozen=True, slots=True)
class BeginTry:
    """Claim a task in the database for one call; the answer is `TryBegun`."""

    task_id: str
    call_id: str
    way: str
    agent_id: str
    offer_id: str


@dataclass(frozen=True, slots=True)
class DropTry:
    """A try that was begun and of which nothing came: the task is due again."""

    call_id: str


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Order a worker to call."""

    order: Order


Effect = Command | Fact | Reply | RememberWish | LookUpCaller | BeginTry | DropTry | PlaceCall


@dataclass(slots=True)
class Connecting:
    """An accepted offer whose agent is not yet connected."""

    offer_id: str
    agent_id: str
    command: Command | None
    deadline: float
    resent: bool = False


@dataclass(slots=True)
class Call:
    """What routing knows of one caller."""

    call_id: str
    arrived_at: float
    caller_masked: str = ""
    caller_hash: str = ""
    called: str = ""
    """The number they dialled: which line of ours."""
    region_hint: str = ""
    trunk: str = ""
    phase: str = "arrived"
    queue: str = ""
    priority: int = ORDINARY
    language: str = ""
    queued_at: float | None = None
    in_queue: bool = False
    answered_at: float | None = None
    connected_at: float | None = None
    """When the present (or last) agent was first heard."""
    agent_id: str = ""
    agent_state: str = "none"
    connecting: Connecting | None = None
    hold: bool = False
    agent_lost_at: float | None = None
    """Since when the agent's headset is lost; the conversation dials it again."""
    recording: bool = False
    expert_id: str = ""
    hunt: Hunt | None = None
    rating: int | None = None
    warned: tuple[float, ...] = ()
    """When an abusive caller was warned."""
    ended_at: float | None = None
    monitor: OnLine | None = None
    help: Help | None = None
    pinned: str = ""
    """The emergency that keeps this call."""
    recording_alarm: str = ""
    """Why the present talk is not being recorded although it should be."""
    vanished: bool = False
    """Ended by silence, not by a fact: may come back."""
    lease: float = 0.0
    heard: dict[str, tuple[int, int]] = field(default_factory=dict)
    """source → (epoch, seq) of its last fact taken."""
    party_id: str = ""
    """The other hotline the caller talks with, our agent having left."""
    wish: str = ""
    """The agent who should be asked first, until `wish_until`."""
    wish_until: float = 0.0
    waits_reminded: int = 0
    """Seconds of music after which the agent was last reminded, 0 when not."""
    talk_reminded: int = 0
    """Minutes of talk after which the talking person was last reminded."""
    offer_id: str = ""
    offered: deque[float] = field(default_factory=lambda: deque(maxlen=32))
    declined: dict[str, float] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    sent_on_at: float = 0.0
    """When the caller was last told to leave a queue nobody serves."""
    position: int | None = None
    told: int | None = None
    """The best place the caller has been told."""
    told_at: float = 0.0
    told_minutes: int | None = None
    """The shortest expected wait the caller has been told."""
    ordered: set[str] = field(default_factory=set)
    """Orders about the waiting that were given once."""
    restored: bool = False
    """An older place was found for them."""
    raise_to: str = ""
    """Class that their earlier calls give them (`P2`), why, and whether it was declared."""
    raise_why: str = ""
    raised: bool = False
    task: CallTask | None = None
    """Of a call that we make."""
    virtual: bool = False
    """A task in the line, or one just accepted: there is no conversation yet."""
    start_by: float = 0.0
    """Of a virtual caller who was accepted: until when something must come of it."""
    differs: tuple[float, object] | None = None
    """Since when the live snapshot has shown something else, and what."""

    @property
    def waiting(self) -> bool:
        """In the queue with no agent on the way."""
        return self.in_queue and self.connecting is None and self.agent_state == "none" and self.ended_at is None


@dataclass(frozen=True, slots=True)
class ClosedOffer:
    """An offer that is over; `taken_by` is empty unless it was accepted."""

    call_id: str
    taken_by: str
    at: float


@dataclass(slots=True)
class Asking:
    """A colleague, or several, asked to join a transfer: shown like an offer. `agent_id` is who asks."""

    offer_id: str
    call_id: str
    transfer_id: str
    agent_id: str
    shown: set[str]
    made_at: float
    expires_at: float


@dataclass(slots=True)
class State:
    """Routing's memory. `epoch` is the start time of this routing as an integer."""

    rules: Rules
    new_id: Callable[[str, float], str]
    epoch: int
    people: People = field(default_factory=People)
    agents: dict[str, Agent] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    line: Line = field(default_factory=Line)
    offers: dict[str, Offer] = field(default_factory=dict)
    askings: dict[str, Asking] = field(default_factory=dict)
    """Colleagues being asked to join a transfer."""
    closed_offers: OrderedDict[str, ClosedOffer] = field(default_factory=OrderedDict)
    uses: dict[str, Use] = field(default_factory=dict)
    on_console: dict[str, set[str]] = field(default_factory=dict)
    """agent → open offers shown to them."""
    listening: dict[str, str] = field(default_factory=dict)
    """Who is on the line of whose call (agent → call) without being the caller's: they are offered nobody."""
    gone: dict[str, float] = field(default_factory=dict)
    """Ended calls → when, so that a late snapshot or fact does not revive them."""
    pace: Pace = field(default_factory=Pace)
    timetable: Timetable = field(default_factory=Timetable)
    places: dict[str, Place] = field(default_factory=dict)
    """Caller (hash) → place of those we cut off; what this routing saw itself, the rest is in the database."""
    answered: OrderedDict[str, None] = field(default_factory=OrderedDict)
    tasks: dict[str, CallTask] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    """What was dialled out, and whether anything may be."""
    outbound_by: str = ""
    """Who stopped it, when it is stopped."""
    refused: dict[str, str] = field(default_factory=dict)
    """Tasks that a cap holds back → why, so that it is said once."""
    grace_until: float = 0.0
    """Until then a missing lease of an agent proves nothing (Redis was emptied or away)."""
    live_grace_until: float = 0.0
    """The same for a missing live snapshot."""
    hold_offers_until: float = 0.0
    restored: bool = False
    seen_world: bool = False
    seq: int = 0
    match_needed: bool = False
    checked_at: float = 0.0
    """Last time of what is done once a second."""
    board: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Entities as last handed out."""
    effects: list[Effect] = field(default_factory=list)
    dirty: set[str] = field(default_factory=set)
    """Board keys whose entity may have changed."""
    saved_agents: set[str] = field(default_factory=set)
    saved_uses: set[str] = field(default_factory=set)

    def command(self, name: str, call_id: str, now: float, **data: Any) -> Command:
        """Order something of the conversation that owns the call."""
        item = Command(name, call_id, self.new_id("cmd", now), data)
        self.effects.append(item)
        return item

    def fact(self, name: str, call_id: str, now: float, **data: Any) -> None:
        """Publish one of routing's own facts."""
        self.seq += 1
        self.effects.append(Fact(name, call_id, now, self.seq, "routing", self.epoch, data))

    def touch_call(self, call: Call) -> None:
        self.dirty.add(f"calls/{call.call_id}")

    def touch_queue(self, name: str) -> None:
        if name:
            self.dirty.add(f"queues/{name}")

    def set_agent(self, agent: Agent, now: float) -> None:
        """Put the new record in place of the old; a changed state is told, and frees or clears the console."""
        old = self.agents.get(agent.id)
        if old == agent:
            return
        self.agents[agent.id] = agent
        self.dirty.add(f"agents/{agent.id}")
        self.saved_agents.add(agent.id)
        if old is not None and (old.state, old.reason) == (agent.state, agent.reason):
            return
        self.fact(
            "agent_state_changed",
            agent.call_id or (old.call_id if old else ""),
            now,
            agent_id=agent.id,
            state=agent.state,
            reason=agent.reason,
        )
        self.match_needed = True
        if agent.state != "available":
            self.clear_console(agent.id)
        if old is not None and old.state == "on_call":
            self.pace.talked(now - old.since)
        elif old is not None and old.state == "wrap_up":
            self.pace.rested(now - old.since)

    def set_use(self, use: Use) -> None:
        """Remember what an expert is doing."""
        if self.uses.get(use.id) != use:
            self.uses[use.id] = use
            self.dirty.add(f"experts/{use.id}")
            self.saved_uses.add(use.id)

    def free_experts(self, call_id: str, now: float, *, but: str = "") -> None:
        """Nobody but `but` is busy with this call any more."""
        for use in list(self.uses.values()):
            if use.call_id == call_id and use.id != but and use.state != "free":
                self.set_use(replace(use, state="free", call_id="", since=now, last_used=now))

    def clear_console(self, agent_id: str) -> None:
        """Take every offer off one console. Offers left on no console are dealt with by the next match."""
        for offer_id in self.on_console.pop(agent_id, set()):
            asked = self.askings.get(offer_id)
            if asked is not None:
                asked.shown.discard(agent_id)
                asked.expires_at = asked.expires_at if asked.shown else 0.0  # nobody is left to ask: the next tick says so
                self.dirty.add(f"offers/{offer_id}")
            offer = self.offers.get(offer_id)
            if offer is not None:
                offer.shown.pop(agent_id, None)
                self.dirty.add(f"offers/{offer_id}")
                self.match_needed = True
        self.dirty.add(f"agents/{agent_id}")

    def close_offer(self, offer_id: str, now: float, *, taken_by: str = "") -> None:
        """The offer leaves every console."""
        offer = self.offers.pop(offer_id, None)
        if offer is None:
            return
        for agent_id in offer.shown:
            self.on_console.get(agent_id, set()).discard(offer_id)
            self.dirty.add(f"agents/{agent_id}")
        self.dirty.add(f"offers/{offer_id}")
        self.closed_offers[offer_id] = ClosedOffer(offer.call_id, taken_by, now)
        call = self.calls.get(offer.call_id)
        if call is not None and call.offer_id == offer_id:
            call.offer_id = ""
        self.match_needed = True

    def stand_in_line(self, call: Call) -> None:
        """Put the call into the line or take it out, as :attr:`Call.waiting` says."""
        if call.waiting and call.queued_at is not None:
            if call.call_id not in self.line:
                self.line.add(call.call_id, call.priority, call.queued_at)
                self.match_needed = True
        elif call.call_id in self.line:
            self.line.remove(call.call_id)
            call.position = None
            self.match_needed = True
        if call.virtual:
            self.dirty.add("outbound/state")
        self.touch_call(call)
        self.touch_queue(call.queue)

    def enter_queue(self, call: Call, at: float, *, queue: str = "", priority: int | None = None, language: str = "") -> None:
        """The caller waits. `queued_at` only ever moves back in time: seniority is not lost by coming again."""
        call.queue = queue or call.queue
        call.priority = call.priority if priority is None else priority
        call.language = language or call.language
        call.queued_at = at if call.queued_at is None else min(call.queued_at, at)
        call.in_queue = True
        self.line.remove(call.call_id)
        self.stand_in_line(call)
