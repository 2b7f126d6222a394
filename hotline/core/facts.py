"""Facts: what has happened to a call, in the past tense. Frozen, ordered by `seq` within their `source`.

A call's facts are written by one writer, the conversation that owns it (or, after its death, the pool supervisor with
a higher `epoch`), to the call's journal first and to the Redis stream `hotline:facts` after. Routing writes facts of its
own (`source="routing"`). Readers are idempotent by (`source`, `epoch`, `seq`).

`FACTS` is the list of names with the data each must carry. Nothing in `data` may identify a caller in clear: numbers
travel as `*_enc` (sealed with `hotline.secrecy`), `*_masked` and `*_hash`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

FACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # the caller's visit
        "call_arrived": (
            "trunk",
            "called",
            "caller_enc",
            "caller_masked",
            "caller_hash",
            "region_hint",
            "flow",
            "flow_version",
            "worker",
        ),
        "call_answered": (),
        "notice_played": ("prompt",),
        # how the line stood when the flow asked: open, closed, holiday, unknown (taken for open)
        "hours_checked": ("line", "state"),
        "flow_moved": ("node",),
        "queue_entered": ("queue", "priority", "language"),
        "position_told": ("position",),
        "queue_left": ("reason",),
        # calls that we make: the person called is the leg `caller`
        "caller_dialled": ("task_id", "trunk"),
        "caller_ringing": (),
        "caller_failed": ("task_id", "dial_status", "sip_code"),
        "callback_offered": ("reason",),
        "callback_requested": ("queue", "priority", "language", "queued_at", "reason"),
        "place_restored": ("queued_at", "lost_call_id"),
        # the desk
        "agent_dialled": ("offer_id", "agent_id"),
        "agent_ringing": ("offer_id", "agent_id"),
        # of a call that we make: the agent's phone is up, the person is dialled next
        "agent_answered": ("offer_id", "agent_id"),
        "agent_connected": ("offer_id", "agent_id", "talk_id"),
        "agent_picked_up": ("offer_id", "agent_id"),
        "agent_failed": ("offer_id", "agent_id", "dial_status", "sip_code"),
        # a headset in the browser was lost (silent, leg), and is there again (heard, redialled)
        "agent_lost": ("agent_id", "talk_id", "reason", "seconds"),
        "agent_back": ("agent_id", "talk_id", "how", "seconds"),
        "agent_left": ("agent_id", "talk_id", "ended_by"),
        "hold_started": ("by",),
        "hold_ended": ("by",),
        # experts
        "transfer_started": ("transfer_id", "agent_id"),
        "expert_dialled": ("transfer_id", "try_id", "expert_id"),
        "expert_ringing": ("transfer_id", "try_id", "expert_id"),
        "expert_answered": ("transfer_id", "try_id", "expert_id"),
        "expert_tried": ("transfer_id", "try_id", "expert_id", "outcome", "sip_code", "seconds"),
        "expert_refusal_reason": ("transfer_id", "try_id", "expert_id", "reason"),
        "expert_connected": ("transfer_id", "try_id", "expert_id", "talk_id"),
        "expert_left": ("expert_id", "talk_id", "ended_by"),
        "transfer_ended": ("transfer_id", "outcome"),
        # transfers: the third person (a colleague or another hotline is dialled here; experts above), and who hears whom
        "third_asked": ("transfer_id", "offer_id", "agent_ids", "expires_at"),
        "third_dialled": ("transfer_id", "try_id", "person_kind", "person_id"),
        "third_ringing": ("transfer_id", "try_id", "person_kind", "person_id"),
        "third_tried": ("transfer_id", "try_id", "person_kind", "person_id", "outcome", "sip_code", "seconds"),
        "transfer_moved": ("transfer_id", "stage"),
        "side_talk_started": ("transfer_id", "talk_id", "person_kind", "person_id", "role"),
        "side_talk_ended": ("talk_id", "person_kind", "person_id"),
        "third_left": ("transfer_id", "try_id", "person_kind", "person_id", "ended_by"),
        "party_connected": ("transfer_id", "party_id", "talk_id"),
        "party_left": ("party_id", "talk_id", "ended_by"),
        "hold_reminded": ("agent_id", "seconds"),
        "talk_reminded": ("person_kind", "person_id", "minutes"),
        # recording
        "recording_started": ("recording_id", "talk_id", "person_kind", "person_id"),
        "recording_ended": ("recording_id", "talk_id", "seconds"),
        "recording_failed": ("talk_id", "reason"),
        # a voice message; its recording has the message_id in place of a talk_id, and person_kind "message"
        "message_started": ("message_id", "recording_id"),
        "message_ended": ("message_id", "outcome", "ended_by", "seconds"),
        # rating
        "rating_offered": ("talk_id", "person_kind", "person_id"),
        "rated": ("talk_id", "person_kind", "person_id", "score", "method"),
        "rating_ended": ("talk_id", "outcome"),
        # a supervisor on the line, and the agent's call for help
        "monitor_dialled": ("monitor_id", "agent_id", "mode"),
        "monitor_started": ("monitor_id", "agent_id", "mode", "told"),
        "monitor_changed": ("monitor_id", "mode"),
        "monitor_failed": ("monitor_id", "agent_id", "reason", "sip_code"),
        "monitor_ended": ("monitor_id", "agent_id", "ended_by"),
        "help_asked": ("help_id", "agent_id"),
        "help_ended": ("help_id", "ended_by"),
        # life danger, and a declared priority
        "call_pinned": ("emergency_id", "by"),
        "call_unpinned": ("emergency_id", "by"),
        # an abusive caller: method is played or read
        "abuse_warned": ("agent_id", "number", "method"),
        "abuse_ended": ("agent_id", "warnings"),
        "priority_changed": ("priority", "before", "reason", "by"),
        # the staff's telephone: their own menu, and keys during a talk
        "staff_menu_entered": (),
        "staff_recognised": ("kind",),
        "staff_refused": (),
        "progress_asked": (),
        "progress_told": (),
        "expert_state_set": ("expert_id", "state"),  # source "staff"
        "agent_keyed": ("agent_id", "wish"),
        # watch and end
        "watchdog_fired": ("kind", "leg"),
        "call_ended": ("cause", "ended_by", "phase", "sip_code", "answered"),
        # routing's own (source "routing")
        "offer_made": ("offer_id", "agent_ids", "expires_at"),
        "offer_widened": ("offer_id", "agent_ids", "ring"),
        "offer_accepted": ("offer_id", "agent_id"),
        "offer_declined": ("offer_id", "agent_id", "reason"),
        "offer_missed": ("offer_id", "agent_ids"),
        "agent_state_changed": ("agent_id", "state", "reason"),
        "wrap_up_extended": ("agent_id", "until"),
        # parties as keyed hashes of normalised names, ID numbers and telephone numbers; complete: past clients were known
        "conflict_checked": ("transfer_id", "caller_hashes", "opposing_hashes", "complete"),
        "conflict_found": ("transfer_id", "expert_id", "reason", "party_hash"),
        "transfer_refused": ("transfer_id", "agent_id", "reason"),
        "outbound_refused": ("kind", "reason"),
    }
)

CAUSES: Final = (
    "completed",  # a human was reached and the call came to its end
    "abandoned",  # answered by us, caller hung up before a human
    "cancelled",  # caller gave up before we answered
    "message_left",  # no human was reached; the caller's voice message becomes a ticket
    "callback_promised",  # the caller chose to be called back, at the place they had in the queue
    "queue_timeout",  # nobody free within the limit; call-back promised
    "restricted",  # the number is restricted, and the caller did not ask for help
    "rejected",  # no codec in common, malformed offer … (sip_code says which)
    "no_ack",
    "no_media",
    "rtp_timeout",
    "timeout_hold",  # the caller had put us on hold, and was silent too long
    "session_expired",
    "max_duration",
    "progress_told",  # the caller asked how far a ticket is, heard it, and wanted nobody
    "staff_menu",  # not a caller: one of the staff in their own menu
    "not_reached",  # we called, and the person did not come to the phone (or our agent did not)
    "drained",  # the hotline was stopped and the drain limit ran out
    "system_failure",
)
"""Every value of `call_ended.cause`."""

ENDED_BY: Final = ("caller", "agent", "expert", "party", "flow", "system", "transfer", "takeover")

PHASES: Final = (
    "arrived",
    "ivr",
    "queue",
    "calling",
    "agent_ringing",
    "agent_talk",
    "hold",
    "transfer",
    "conference",
    "expert_talk",
    "message",
    "party_talk",
    "rating",
    "goodbye",
    "staff",
)
"""Where a call stands; `call_ended.phase` is the one it was in when the first leg went."""

DIAL_STATUS: Final = ("answered", "no_answer", "busy", "refused", "failed", "cancelled")
"""What became of a dialled leg. For experts `refused` covers both a SIP 603 and the key 2; `no_key` is a leg that was
answered but pressed nothing (voicemail)."""

MONITOR_MODES: Final = ("listen", "whisper", "barge")
"""How a supervisor is on a call: hears all and is heard by none, by the agent, or by all."""

MESSAGE_OUTCOMES: Final = ("recorded", "empty", "failed")
"""Of `message_ended.outcome`: something was said, nothing was said, it could not be recorded."""

TRY_OUTCOMES: Final = (*DIAL_STATUS, "accepted", "no_key")

TRANSFER_OUTCOMES: Final = (
    "connected",  # the caller talks with the third person, the agent has left
    "conferred",  # all three talked; then the third person, or the caller, left
    "returned",  # nobody came, or who came left: the caller is with the agent, or in the queue at the old place
    "cancelled",  # the agent took the caller back
    "queued",  # blind to a colleague or a group: the caller is in the queue, at the old place
    "refused",  # it did not fit any more
    "caller_gone",
)
"""Every value of `transfer_ended.outcome`."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened. `at` is Unix time in seconds (wall clock), `seq` counts from 1 within (source, epoch)."""

    name: str
    call_id: str
    at: float
    seq: int
    source: str
    epoch: int = 1
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        required = FACTS.get(self.name)
        if required is None:
            raise ValueError(f"unknown fact {self.name!r}")
        missing = [key for key in required if key not in self.data]
        if missing:
            raise ValueError(f"fact {self.name} lacks {', '.join(missing)}")

    def to_json(self) -> str:
        """One line of JSON, keys sorted."""
        return json.dumps(
            {
                "name": self.name,
                "call_id": self.call_id,
                "at": self.at,
                "seq": self.seq,
                "source": self.source,
                "epoch": self.epoch,
                "data": dict(self.data),
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Fact:
        """Inverse of :meth:`to_json`. Raises ValueError on anything else."""
        try:
            raw = json.loads(text)
            return cls(
                name=raw["name"],
                call_id=raw["call_id"],
                at=float(raw["at"]),
                seq=int(raw["seq"]),
                source=raw["source"],
                epoch=int(raw["epoch"]),
                data=raw["data"],
            )
        except (KeyError, TypeError, json.JSONDecodeError) as exc:
            raise ValueError(f"not a fact: {exc}") from exc
