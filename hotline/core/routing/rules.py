"""The limits routing keeps to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from hotline.core.abuse import Timing
from hotline.core.queues.rules import Queues

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
