"""What routing remembers of one caller, and of the offers and askings about them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hotline.core.commands import Command
from hotline.core.hunts import Hunt
from hotline.core.queues import ORDINARY
from hotline.core.routing.events import CallTask
from hotline.core.supervision.model import Help, OnLine


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
