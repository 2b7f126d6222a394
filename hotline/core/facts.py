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
        "flow_moved": ("node",),
        "queue_entered": ("queue", "priority", "language"),
        "position_told": ("position",),
        "queue_left": ("reason",),
        # the desk
        "agent_dialled": ("offer_id", "agent_id"),
        "agent_ringing": ("offer_id", "agent_id"),
        "agent_connected": ("offer_id", "agent_id", "talk_id"),
        "agent_failed": ("offer_id", "agent_id", "dial_status", "sip_code"),
        "agent_left": ("agent_id", "talk_id", "ended_by"),
        "hold_started": ("by",),
        "hold_ended": ("by",),
        # experts
        "transfer_started": ("transfer_id", "agent_id"),
        "expert_dialled": ("transfer_id", "try_id", "expert_id"),
        "expert_ringing": ("transfer_id", "try_id", "expert_id"),
        "expert_answered": ("transfer_id", "try_id", "expert_id"),
        "expert_tried": ("transfer_id", "try_id", "expert_id", "outcome", "sip_code", "seconds"),
        "expert_connected": ("transfer_id", "try_id", "expert_id", "talk_id"),
        "expert_left": ("expert_id", "talk_id", "ended_by"),
        "transfer_ended": ("transfer_id", "outcome"),
        # recording
        "recording_started": ("recording_id", "talk_id", "person_kind", "person_id"),
        "recording_ended": ("recording_id", "talk_id", "seconds"),
        "recording_failed": ("talk_id", "reason"),
        # rating
        "rating_offered": ("talk_id", "person_kind", "person_id"),
        "rated": ("talk_id", "person_kind", "person_id", "score", "method"),
        "rating_ended": ("talk_id", "outcome"),
        # watch and end
        "watchdog_fired": ("kind", "leg"),
        "call_ended": ("cause", "ended_by", "phase", "sip_code", "answered"),
        # routing's own (source "routing")
        "offer_made": ("offer_id", "agent_ids", "expires_at"),
        "offer_accepted": ("offer_id", "agent_id"),
        "offer_declined": ("offer_id", "agent_id", "reason"),
        "offer_missed": ("offer_id", "agent_ids"),
        "agent_state_changed": ("agent_id", "state", "reason"),
        "transfer_refused": ("transfer_id", "agent_id", "reason"),
    }
)

CAUSES: Final = (
    "completed",  # a human was reached and the call came to its end
    "abandoned",  # answered by us, caller hung up before a human
    "cancelled",  # caller gave up before we answered
    "queue_timeout",  # nobody free within the limit; call-back promised
    "rejected",  # no codec in common, malformed offer … (sip_code says which)
    "no_ack",
    "no_media",
    "rtp_timeout",
    "session_expired",
    "max_duration",
    "drained",  # the hotline was stopped and the drain limit ran out
    "system_failure",
)
"""Every value of `call_ended.cause`."""

ENDED_BY: Final = ("caller", "agent", "expert", "flow", "system", "transfer")

PHASES: Final = (
    "arrived",
    "ivr",
    "queue",
    "agent_ringing",
    "agent_talk",
    "hold",
    "transfer",
    "expert_talk",
    "rating",
    "goodbye",
)
"""Where a call stands; `call_ended.phase` is the one it was in when the first leg went."""

DIAL_STATUS: Final = ("answered", "no_answer", "busy", "refused", "failed", "cancelled")
"""What became of a dialled leg. For experts `refused` covers both a SIP 603 and the key 2; `no_key` is a leg that was
answered but pressed nothing (voicemail)."""

TRY_OUTCOMES: Final = (*DIAL_STATUS, "accepted", "no_key")


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
