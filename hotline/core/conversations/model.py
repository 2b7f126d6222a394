"""The state of a conversation. Frozen; a decision makes a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hotline.core.conversations.events import Wait
from hotline.core.conversations.orders import Order

Kind = Literal["auto", "blind", "attended", "three_way", "duty"]
"""How a caller is handed on; the table of `transfers/kinds.py` says what each means."""
Stage = Literal["seeking", "consult", "aside", "three"]
"""Where a transfer stands: somebody is looked for; agent and third person talk privately; the agent talks with the caller while
the third person waits; all three hear each other."""
PersonKind = Literal["agent", "expert", "party"]

CALLER = "caller"
LEGS = 4
"""A process has room for so many legs (pjsua2's limit a process)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits and choices a conversation runs under; seconds. Figures come from the settings file."""

    language: str = "zh-CN"
    agent_ring_seconds: float = 20.0
    expert_ring_seconds: float = 20.0
    accept_seconds: float = 12.0
    brief_seconds: float = 30.0
    """Longest a brief may last, should its end never be reported."""
    reason_seconds: float = 6.0
    """How long an expert who refused may key a reason; 0 does not ask."""
    max_call_seconds: float = 7200.0
    no_ack_seconds: float = 32.0
    drain_seconds: float = 30.0
    callback_key_seconds: float = 25.0
    """How long an offered call-back can be taken by a key, from the first word of the offer."""
    callback_again_seconds: float = 120.0
    party_ring_seconds: float = 45.0
    """How long another hotline may ring: they often have an announcement of their own first."""
    consult_seconds: float = 300.0
    """Longest time a caller hears music while agent and third person talk; then the agent has the caller back."""
    hold_reminder_seconds: float = 60.0
    talk_reminder_seconds: tuple[float, ...] = (900.0, 1500.0)
    """After so long the talking person is reminded by a soft tone; nothing is ever cut."""
    routing_silent_seconds: float = 5.0
    record_agent: bool = True
    """False: recording starts only with the expert (`recording.start = from_transfer`)."""
    rating_enabled: bool = True
    min_talk_seconds: float = 0.0
    monitor_ring_seconds: float = 20.0
    redial_seconds: float = 1.5
    """How often a lost headset is dialled again."""
    return_seconds: float = 30.0
    """How long an agent whose headset is lost may take to come back."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A stretch of the call that belongs to one person; or, beside it, a consultation or conference with a third."""

    talk_id: str
    kind: PersonKind
    person_id: str
    leg: str
    started_at: float
    recording_id: str = ""


@dataclass(frozen=True, slots=True)
class Away:
    """The agent's headset is lost (`away.py`). `leg`: dialled anew, empty between two tries; `alive`: the old leg is there
    still."""

    since: float
    alive: bool
    tries: int = 0
    leg: str = ""


@dataclass(frozen=True, slots=True)
class AgentLeg:
    """The desk's leg. `talk` is set once it was answered."""

    offer_id: str
    agent_id: str
    leg: str
    state: Literal["dialling", "ringing", "brief", "deciding", "connected"] = "dialling"
    talk: Talk | None = None
    phone: bool = False
    """Takes calls on a plain telephone, without a console: hears a brief, and accepts by a key."""
    brief: tuple[str, ...] = ()
    playback: int = 0
    headset: str = ""
    """Address of the browser's headset, which is dialled again when it is lost; empty for telephones."""
    away: Away | None = None
    star: bool = False
    """The agent pressed `*`: the next key is an order."""


@dataclass(frozen=True, slots=True)
class StaffMenu:
    """The staff's menu under way. `number` is that of the last question put to the house; `kind` whose menu it is, once the PIN
    was right. `keys` never get into a fact."""

    stage: Literal["asking", "number", "pin", "code", "ticket", "progress", "menu", "last", "over"] = "asking"
    number: int = 0
    question: str = ""
    kind: str = ""
    keys: str = ""
    silences: int = 0
    number_keys: str = ""
    """The ticket's number, keyed before its code."""
    told: bool = False
    """The public's menu: something was told."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The leg of an agent by phone after the talk: the result is asked for, and noted. `playback`: of the farewell, or 0."""

    leg: str
    agent_id: str
    playback: int = 0


@dataclass(frozen=True, slots=True)
class Try:
    """One expert being tried. `held`: ordered, but all legs are taken; dialled as soon as one is over."""

    try_id: str
    expert_id: str
    leg: str
    started_at: float
    number_enc: str = ""
    trunk: str = ""
    state: Literal["held", "dialling", "ringing", "brief", "deciding"] = "dialling"
    brief: tuple[str, ...] = ()
    playback: int = 0
    """Number of the playback of the brief, 0 when none runs."""

    @property
    def picked_up(self) -> bool:
        """Someone, or a voicemail, has answered."""
        return self.state in ("brief", "deciding")


@dataclass(frozen=True, slots=True)
class Dialled:
    """A colleague's or another hotline's phone, dialled for a transfer. `try_id` is the offer's id for an agent."""

    kind: Literal["agent", "party"]
    try_id: str
    person_id: str
    leg: str
    started_at: float
    state: Literal["dialling", "ringing"] = "dialling"
    headset: str = ""


@dataclass(frozen=True, slots=True)
class Third:
    """The third person of a transfer: has accepted, or picked up. `talk` is the consultation or conference under way."""

    kind: PersonKind
    try_id: str
    person_id: str
    leg: str
    talk: Talk | None = None
    headset: str = ""
    """Of a colleague who uses one."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A caller being handed on. While `seeking`, `tries` are the experts being called now, `dialled` is a colleague or hotline
    being called; with neither the next order of routing is awaited, for at most `patience` seconds."""

    transfer_id: str
    agent_id: str
    tries: tuple[Try, ...] = ()
    kind: Kind = "auto"
    target: Literal["expert", "agent", "queue", "hotline"] = "expert"
    stage: Stage = "seeking"
    patience: float = 0.0
    tried: int = 0
    """Experts ordered so far."""
    dialled: Dialled | None = None
    third: Third | None = None

    def on_leg(self, leg: str) -> Try | None:
        return next((item for item in self.tries if item.leg == leg), None)

    def find(self, try_id: str) -> Try | None:
        return next((item for item in self.tries if item.try_id == try_id), None)

    def live(self) -> dict[str, Any]:
        """As the snapshot shows it."""
        tries = [{"try_id": item.try_id, "expert_id": item.expert_id, "state": item.state} for item in self.tries]
        first = tries[0] if tries else {"try_id": "", "expert_id": "", "state": "waiting"}
        other = self.third or self.dialled
        third = None
        if other:
            state = self.stage if self.third else self.dialled.state if self.dialled else ""
            third = {"kind": other.kind, "id": other.person_id, "try_id": other.try_id, "state": state}
        return {
            "transfer_id": self.transfer_id,
            **first,
            "tries": tries,
            "kind": self.kind,
            "target": self.target,
            "stage": self.stage,
            "third": third,
        }


@dataclass(frozen=True, slots=True)
class Parting:
    """An expert who does not get the caller and is still being spoken to. `asking`: a key says why they refused."""

    leg: str
    transfer_id: str
    try_id: str
    expert_id: str
    playback: int
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Monitor:
    """A supervisor on the line (or an agent who stayed after a take-over). `told`: the agent's console says so."""

    monitor_id: str
    agent_id: str
    leg: str
    mode: str
    state: Literal["dialling", "on"] = "dialling"
    told: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """A voice message. `beep`: the tone still plays, nothing is recorded yet. `heard`: something was said."""

    message_id: str
    recording_id: str
    started_at: float = 0.0
    state: Literal["beep", "recording"] = "beep"
    heard: bool = False


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
    entering: bool = False
    """The queue is entered when the notice of recording has been heard: whoever answers is recorded at once."""
    leaving: Mapping[str, Any] | None = None
    """Routing's order to leave the queue, kept while something is being said."""
    queued: Queued | None = None
    told: int | None = None
    """The best place in the queue the caller has been told."""
    number_known: bool = False
    """Whether the caller can be called back at all."""
    callback_open: bool = False
    """A call-back was offered and a key may still take it."""
    callback_kept: bool = False
    """The caller took the offer: the place in the line is kept without them."""
    restored: tuple[float, str] | None = None
    """The place (`queued_at`) of a call that our own fault cut off, and that call's id."""
    tell_restored: bool = False
    agent: AgentLeg | None = None
    held: bool = False
    transfer: Transfer | None = None
    partings: tuple[Parting, ...] = ()
    expert: Talk | None = None
    message: Message | None = None
    message_left: bool = False
    """The caller has left a voice message."""
    party: Talk | None = None
    """The talk with another hotline after the agent has left."""
    reminders: int = 0
    """Reminders given in this talk."""
    hold_reminders: int = 0
    """Reminders given while the caller hears music."""
    rated_talk: Talk | None = None
    """The last talk that is over: the one a rating belongs to."""
    rated_seconds: float = 0.0
    rating_open: bool = False
    rating_prompts_left: int = 0
    rating_human: bool = False
    """The key for a human was pressed while the words before the question were spoken."""
    first_end: str = ""
    """Who ended the last talk; becomes `call_ended.ended_by`."""
    redials: int = 0
    """How often a lost headset was dialled again; numbers the legs."""
    legs: tuple[str, ...] = ()
    """Every leg that is not known to be over yet."""
    monitor: Monitor | None = None
    help_id: str = ""
    """The agent's open call for help."""
    staff: StaffMenu | None = None
    asked: Outcome | None = None
    """An agent by phone who is still asked for the result; also after the end of the call."""
    order: Order | None = None
    """Of a call that we make: what was ordered."""
    stage: Literal["", "agent", "brief", "caller", "notice", "over"] = ""
    """How far a call that we make has come (`outgoing.py`); empty: it is a call like any other."""
    agent_playback: int = 0
    """Number of the last words to our agent, of such a call."""
    warned: tuple[float, ...] = ()
    """When an abusive caller was warned."""
    pinned: str = ""
    """The emergency that keeps this call: nothing ends it by itself, and no limit applies."""

    @property
    def talk(self) -> Talk | None:
        """The talk this second belongs to (one person at a time, whoever else listens)."""
        return self.expert or self.party or (self.agent.talk if self.agent else None)

    def _agent_state(self) -> str:
        """`none`, `dialling`, `ringing` (also while a brief is heard) or `connected`."""
        if self.agent is None:
            return "none"
        return "ringing" if self.agent.state in ("brief", "deciding") else self.agent.state

    def live(self) -> dict[str, Any]:
        """The changing part of the snapshot in `hotline:live` (docs/protocol.md)."""
        talk = self.talk
        return {
            "phase": self.phase,
            "language": self.language,
            "queue": self.queued.queue if self.queued else "",
            "priority": self.queued.priority if self.queued else "",
            "queued_at": self.queued.at if self.queued else None,
            "waiting": bool(self.queued and self.queued.waiting),
            "told": self.told,
            "offer_id": self.agent.offer_id if self.agent else "",
            "agent_id": self.agent.agent_id if self.agent else "",
            "agent_state": self._agent_state(),
            "agent_lost_at": self.agent.away.since if self.agent and self.agent.away else None,
            "hold": self.held,
            "transfer": self.transfer.live() if self.transfer else None,
            "expert_id": self.expert.person_id if self.expert else "",
            "party_id": self.party.person_id if self.party else "",
            "recording": bool(talk and talk.recording_id) or bool(self.message and self.message.state == "recording"),
            "monitor": asdict(self.monitor) if self.monitor else None,
            "help_id": self.help_id,
            "pinned": self.pinned,
            "warned": list(self.warned),
        }
