"""Waiting callers: `[queue]` and `[queues.<skill group>]`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from hotline.core.queues.relaxing import RINGS
from hotline.core.queues.strategies import Strategy
from hotline.settings.section import Seconds, Section


class RingSettings(Section):
    """One step by which a caller's need relaxes with the time waited (`hotline.core.queues.relaxing`)."""

    after: Annotated[float, Field(ge=0, le=7200)]
    """Seconds waited."""
    skill: Literal["own", "neighbour", "any"] = "own"
    """`neighbour`: also the queue's `neighbours`, and the general group."""
    language: Literal["own", "any"] = "own"
    region: Literal["own", "any"] = "any"


class QueueRulesSettings(Section):
    """What may differ from queue to queue. In `[queue]` for all of them, in `[queues.<skill group>]` for one."""

    strategy: Strategy = "ring_all"
    """Whose console shows a caller: everybody's (`ring_all`), or one: `longest_idle`, `fewest_calls` (today),
    `round_robin`, `ranked` (by level in the skill)."""
    relax: Annotated[list[RingSettings], Field(min_length=1)] = [
        RingSettings(after=ring.after, skill=ring.skill, language=ring.language, region=ring.region) for ring in RINGS
    ]
    neighbours: list[str] = []
    """Skill groups that help out before everybody does."""
    max_waiting: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Most callers waiting in the queue, 0: no limit. One more goes to `overflow_to`, else is promised a call-back."""
    overflow_seconds: Annotated[float, Field(ge=0, le=7200)] = 0
    """After so long the caller goes to `overflow_to`, at the old place; 0: never."""
    overflow_to: str = ""
    closing: Literal["keep", "offer_callback", "move"] = "keep"
    """At the end of the hours those who wait are served still, are offered a call-back, or go to `night_queue`."""
    night_queue: str = ""

    @field_validator("relax")
    @classmethod
    def _in_order(cls, value: list[RingSettings]) -> list[RingSettings]:
        if value[0].after != 0 or [item.after for item in value] != sorted(item.after for item in value):
            raise ValueError("the first step begins at 0, and each later than the one before")
        return value

    @model_validator(mode="after")
    def _somewhere(self) -> QueueRulesSettings:
        if self.overflow_seconds and not self.overflow_to:
            raise ValueError("overflow_seconds needs overflow_to")
        if self.closing == "move" and not self.night_queue:
            raise ValueError('closing = "move" needs night_queue')
        return self


class QueueSettings(QueueRulesSettings):
    """Waiting callers. Figures: 15 s to a human is the target of GB/T 33358; 20 s is the alarm."""

    offer_seconds: Seconds = 20
    """How long one agent's console rings before the offer goes on."""
    agent_ring_seconds: Seconds = 20
    """How long the agent's phone rings after accepting."""
    position_every_seconds: Seconds = 30
    callback_after_seconds: Annotated[float, Field(ge=0, le=3600)] = 60
    """rules A.6: after this a call-back is offered that keeps the place, where the flow has a route for it; 0: never."""
    callback_key_seconds: Seconds = 25
    """How long the key 1 takes the offer, from its first word."""
    callback_again_seconds: Seconds = 120
    """The offer is made again after this."""
    place_minutes: Annotated[float, Field(ge=0, le=1440)] = 30
    """A caller cut off by our own fault who calls again within this time gets the old place; 0: never."""
    max_wait_seconds: Seconds = 1800
    """After this the flow's `timeout` route is taken (call-back promised)."""
    missed_offers_to_pause: Annotated[int, Field(ge=1)] = 3
    wrap_up_seconds: Seconds = 60
    wrap_up_extension_seconds: Seconds = 60
    """What an agent may add to one wrap-up, once."""
    only_staffed: list[str] = ["NT"]
    """Queues nobody waits in while no agent who serves them is at work: the night desk."""
    agent_lease_seconds: Seconds = 15

    def longest_wrap_up(self, extended: bool) -> float:
        """Seconds an agent has to write a call down; `extended`: they asked for more."""
        return self.wrap_up_seconds + (self.wrap_up_extension_seconds if extended else 0.0)
