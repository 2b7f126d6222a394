"""Agents of the desk: the table of their states, and what each event makes of one agent.

::

    offline → available → reserved (accepted, command sent) → ringing (own phone rings) → on_call → wrap_up → available
    paused(reason) from available or wrap_up

What an agent asks for while a caller is theirs becomes the *requested* state, taken when the caller is done. Presence
is a lease: `present` says whether it holds. A lease that lapses never touches a call; it takes an idle agent offline,
and the agent's own last wish is honoured again when the console comes back soon (:data:`RETURN_SECONDS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.errors import IllegalTransition, Rejected
from hotline.core.experts import local_day

STATES: Final = ("offline", "available", "reserved", "ringing", "on_call", "wrap_up", "paused")

WITH_CALLER: Final = frozenset({"reserved", "ringing", "on_call"})
"""States in which a caller is the agent's: nothing but the call itself ends them."""

NEXT: Final = "→ requested"
"""In the table: whatever the agent asked for, else available; offline when the lease is gone."""
ASK: Final = "→ later"
"""In the table: the state stays, the wish becomes the requested next state."""

_WISHES: Final = {"ready": ASK, "pause": ASK, "leave": ASK}

TABLE: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "offline": {
            "ready": "available",
            "pause": "paused",
            "leave": "offline",
            "lapse": "offline",
            "connect": "on_call",
        },
        "available": {
            "ready": "available",
            "pause": "paused",
            "leave": "offline",
            "lapse": "offline",
            "accept": "reserved",
            "take": "reserved",
            "miss": "paused",
            "connect": "on_call",
        },
        "reserved": {
            **_WISHES,
            "lapse": "reserved",
            "ring": "ringing",
            "connect": "on_call",
            "fail": "paused",
            "release": NEXT,
            "finish": "wrap_up",
        },
        "ringing": {
            **_WISHES,
            "lapse": "ringing",
            "ring": "ringing",
            "connect": "on_call",
            "fail": "paused",
            "release": NEXT,
            "finish": "wrap_up",
        },
        "on_call": {**_WISHES, "lapse": "on_call", "ring": "on_call", "connect": "on_call", "finish": "wrap_up"},
        "wrap_up": {
            "ready": ASK,
            "pause": "paused",
            "leave": "offline",
            "lapse": "offline",
            "rested": NEXT,
            "take": "reserved",
            "connect": "on_call",
        },
        "paused": {
            "ready": "available",
            "pause": "paused",
            "leave": "offline",
            "lapse": "offline",
            "take": "reserved",
            "connect": "on_call",
        },
    }
)
"""state → event → next state. Events: `ready`, `pause`, `leave` (the agent's or a supervisor's wish), `lapse` (lease
ran out), `accept` (an offer), `take` (they call somebody themselves), `ring`, `connect`, `fail` (the agent's phone),
`release` (the caller went before the talk), `finish` (the talk ended), `rested` (wrap-up over), `miss` (too many offers
ignored). An event without a row is refused."""

EVENT_OF_WISH: Final[Mapping[str, str]] = MappingProxyType({"available": "ready", "paused": "pause", "offline": "leave"})

RETURN_SECONDS: Final = 120.0
"""A console that comes back within two minutes (a reload, a dropped network, the API restarted) is the same person at
the same desk, and the last wish stands. After that the agent says "ready" again, so nobody is offered a caller by
merely logging in the next morning."""


@dataclass(frozen=True, slots=True)
class Agent:
    """What routing knows of one agent beyond the database row. Times are Unix seconds."""

    id: str
    state: str = "offline"
    reason: str = ""
    since: float = 0.0
    requested: str = ""
    requested_reason: str = ""
    wrap_up_until: float = 0.0
    extended: bool = False
    """This wrap-up has been lengthened already."""
    call_id: str = ""
    """The caller who is theirs, also during wrap-up."""
    offer_id: str = ""
    """The offer accepted for `call_id`."""
    missed: int = 0
    """Offers ignored in a row."""
    missed_at: float = 0.0
    idle_since: float = 0.0
    """When they last became free: the longest idle is served first."""
    asked_at: float = 0.0
    """When their console was last picked for an offer: round robin asks the others first."""
    served_day: int = 0
    served: int = 0
    """Callers talked with on `served_day` (days since 1970 in the bureau's time)."""
    present: bool = False
    wish: str = "offline"
    """What the agent last asked for: `available`, `paused` or `offline`."""
    wish_reason: str = ""
    console: bool = False
    """A console of theirs is connected."""
    by_phone_until: float = 0.0
    """They take calls on a plain telephone until then (Unix time)."""
    wish_until: float = 0.0
    """While absent: until when the wish is honoured on return."""

    def served_on(self, now: float) -> int:
        """Callers talked with today."""
        return self.served if self.served_day == local_day(now) else 0

    def to_record(self) -> dict[str, Any]:
        """JSON-able, for `hotline:agents`."""
        return asdict(self)

    @classmethod
    def from_record(cls, raw: Mapping[str, Any]) -> Agent:
        """Inverse of :meth:`to_record`; unknown keys are ignored. Raises KeyError without an `id`."""
        known = {item.name for item in fields(cls)}
        agent = cls(**{"id": raw["id"], **{key: value for key, value in raw.items() if key in known}})
        return agent if agent.state in STATES else replace(agent, state="offline")


def step(agent: Agent, event: str, now: float, *, reason: str = "", wrap_up_seconds: float = 0.0) -> Agent:
    """The agent after `event`. Raises :class:`IllegalTransition` (`agent.transition`) when the table has no row for
    it."""
    target = TABLE[agent.state].get(event)
    if target is None:
        raise IllegalTransition("agent.transition", state=agent.state, event=event)
    if event == "lapse":
        agent = replace(agent, present=False, wish_until=now + RETURN_SECONDS if agent.present else agent.wish_until)
        if target == agent.state:
            return agent  # a caller is theirs, or they were offline already
        reason = "lease"
    if target is ASK:
        wish = next(wish for wish, name in EVENT_OF_WISH.items() if name == event)
        return replace(agent, requested=wish, requested_reason=reason)
    if target is NEXT:
        target, reason = _next_state(agent)
    entered = _enter(agent, target, now, reason, wrap_up_seconds)
    if event == "lapse" and agent.state == "wrap_up":  # a reload in the middle of wrap-up resumes it
        return replace(entered, call_id=agent.call_id, wrap_up_until=agent.wrap_up_until)
    return entered


def _next_state(agent: Agent) -> tuple[str, str]:
    if not agent.present:
        return "offline", "lease"
    if agent.requested:
        return agent.requested, agent.requested_reason
    return "available", ""


def _enter(agent: Agent, target: str, now: float, reason: str, wrap_up_seconds: float) -> Agent:
    if target == agent.state and reason == agent.reason and target != "on_call":
        return agent
    since = agent.since if target == agent.state else now
    changed = replace(agent, state=target, reason=reason, since=since)
    if target == "wrap_up":
        return replace(changed, wrap_up_until=now + wrap_up_seconds, extended=False, offer_id="")
    if target in WITH_CALLER:
        return changed
    changed = replace(changed, call_id="", offer_id="", wrap_up_until=0.0, requested="", requested_reason="")
    if target == "available" and agent.state != "available":
        return replace(changed, idle_since=now, missed=0)
    return changed


def ask(agent: Agent, state: str, reason: str, now: float) -> Agent:
    """The agent (or a supervisor) asks for `available`, `paused` or `offline`.

    With a caller, or for `available` during wrap-up, it becomes the requested next state. Without a lease only the wish
    is noted: it takes effect when the console's lease appears. Raises KeyError for another state.
    """
    event = EVENT_OF_WISH[state]
    agent = replace(agent, wish=state, wish_reason=reason, missed=0)
    if not agent.present and agent.state == "offline":
        return replace(agent, wish_until=now + RETURN_SECONDS)
    return step(agent, event, now, reason=reason)


def appear(agent: Agent, now: float) -> Agent:
    """The lease is there (again). An agent who was offline gets back what they last asked for, if that is recent."""
    agent = replace(agent, present=True)
    if agent.state != "offline":
        return agent
    if agent.wrap_up_until > now:
        return replace(agent, state="wrap_up", reason="", since=now)
    agent = replace(agent, call_id="", wrap_up_until=0.0)
    if agent.wish == "offline" or now > agent.wish_until:
        return agent
    return step(agent, EVENT_OF_WISH[agent.wish], now, reason=agent.wish_reason)


def forget_wish(agent: Agent, now: float) -> Agent:
    """An absent agent's wish has run out."""
    stale = agent.state == "offline" and not agent.present and agent.wish != "offline" and now > agent.wish_until
    return replace(agent, wish="offline", wish_reason="") if stale else agent


def missed_offer(agent: Agent, now: float, *, offer_seconds: float, limit: int) -> Agent:
    """One more offer ignored; at `limit` the agent is paused with reason `missed_offers`.

    Several callers may show on one console at once: offers that run out within the same `offer_seconds` count once.
    """
    if agent.state != "available" or now - agent.missed_at < 0.9 * offer_seconds:
        return agent
    agent = replace(agent, missed=agent.missed + 1, missed_at=now)
    return step(agent, "miss", now, reason="missed_offers") if agent.missed >= limit else agent


def count_served(agent: Agent, now: float) -> Agent:
    """One more caller talked with today."""
    return replace(agent, served_day=local_day(now), served=agent.served_on(now) + 1)


def extend_wrap_up(agent: Agent, seconds: float) -> Agent:
    """More time to write down, once in a wrap-up. Raises Rejected: `agent.not_in_wrap_up`, `agent.wrap_up_extended`."""
    if agent.state != "wrap_up":
        raise Rejected("agent.not_in_wrap_up")
    if agent.extended:
        raise Rejected("agent.wrap_up_extended")
    return replace(agent, wrap_up_until=agent.wrap_up_until + seconds, extended=True)
