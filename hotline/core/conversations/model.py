"""The state of a conversation. Frozen; a decision makes a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from hotline.core.conversations.events import Wait

CALLER = "caller"


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits and choices a conversation runs under; seconds. Figures come from the settings file."""

    language: str = "zh-CN"
    agent_ring_seconds: float = 20.0
    expert_ring_seconds: float = 20.0
    accept_seconds: float = 12.0
    max_call_seconds: float = 7200.0
    no_ack_seconds: float = 32.0
    drain_seconds: float = 30.0
    routing_silent_seconds: float = 5.0
    record_agent: bool = True
    """False: recording starts only with the expert (`recording.start = from_transfer`)."""
    rating_enabled: bool = True
    min_talk_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Talk:
    """A stretch of the call that belongs to one person."""

    talk_id: str
    kind: Literal["agent", "expert"]
    person_id: str
    leg: str
    started_at: float
    recording_id: str = ""


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """The desk's leg. `talk` is set once it was answered."""

    offer_id: str
    agent_id: str
    leg: str
    state: Literal["dialling", "ringing", "connected"] = "dialling"
    talk: Talk | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One expert being tried."""

    try_id: str
    expert_id: str
    leg: str
    started_at: float
    state: Literal["dialling", "ringing", "brief", "deciding"] = "dialling"
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """The hunt for an expert. With `current` None the next order of routing is awaited."""

    transfer_id: str
    agent_id: str
    current: Try | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """`at` is the caller's seniority: it stays the same through failed offers and lost agents."""

    queue: str
    priority: str
    at: float
    until: float
    waiting: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """Everything the rules need to know about one call."""

    call_id: str
    policy: Policy
    phase: str = "arrived"
    language: str = "zh-CN"
    arrived: bool = False
    answered: bool = False
    confirmed: bool = False
    ended: bool = False
    playback: int = 0
    """Number of the playback the caller hears now, 0 when none."""
    playbacks: int = 0
    expert_playback: int = 0
    wait: Wait | None = None
    armed: bool = False
    """Whether `wait` has begun to count (its prompts are over)."""
    hang_up_after: bool = False
    flow_cause: str = ""
    rest: tuple[str, ...] = ()
    """Prompts still to be played after the current ones, which a key may cut short."""
    cuttable: bool = False
    early_key: str = ""
    """A key pressed while prompts played that must be heard to their end."""
    notice_pending: bool = False
    """The notice of recording is among the prompts being played."""
    reached: bool = False
    """Whether the caller ever talked with a human."""
    queue_timed_out: bool = False
    queued: Queued | None = None
    agent: AgentLeg | None = None
    held: bool = False
    transfer: Transfer | None = None
    expert: Talk | None = None
    rated_talk: Talk | None = None
    """The last talk that is over: the one a rating belongs to."""
    rated_seconds: float = 0.0
    rating_open: bool = False
    rating_prompts_left: int = 0
    first_end: str = ""
    """Who ended the last talk; becomes `call_ended.ended_by`."""
    legs: tuple[str, ...] = ()
    """Every leg that is not known to be over yet."""

    def live(self) -> dict[str, Any]:
        """The changing part of the snapshot in `hotline:live` (docs/protocol.md)."""
        transfer = None
        if self.transfer:
            current = self.transfer.current
            transfer = {
                "transfer_id": self.transfer.transfer_id,
                "try_id": current.try_id if current else "",
                "expert_id": current.expert_id if current else "",
                "state": current.state if current else "waiting",
            }
        talk = self.expert or (self.agent.talk if self.agent else None)
        return {
            "phase": self.phase,
            "language": self.language,
            "queue": self.queued.queue if self.queued else "",
            "priority": self.queued.priority if self.queued else "",
            "queued_at": self.queued.at if self.queued else None,
            "waiting": bool(self.queued and self.queued.waiting),
            "offer_id": self.agent.offer_id if self.agent else "",
            "agent_id": self.agent.agent_id if self.agent else "",
            "agent_state": self.agent.state if self.agent else "none",
            "hold": self.held,
            "transfer": transfer,
            "expert_id": self.expert.person_id if self.expert else "",
            "recording": bool(talk and talk.recording_id),
        }
