"""Whom a caller's need admits: the longer the wait, the wider the ring.

A caller needs a skill group (named by the queue), a language, and would be best served by somebody of their region.
:data:`RINGS` is the table by which the need relaxes with the time waited. It is read from the top: the last row whose
`after` has passed holds. A wider ring never changes the caller's place in the line (`hotline.core.queues.line`), and it
holds for an offer that is already on a console: the offer widens with the caller.

A need that nobody at work can meet excludes nobody, from the first second: a human who must struggle is better than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

FALLBACK_SKILL: Final = "GN"
"""The general group: it stands behind every other."""

Reach = Literal["own", "neighbour", "any"]


@dataclass(frozen=True, slots=True)
class Ring:
    """From `after` seconds of waiting on, agents are admitted whose skill, language and region reach as said.

    `skill`: `own` the queue's own group; `neighbour` also the groups named as its neighbours, and the general group;
    `any` everybody. `language` and `region`: `own` the caller's, or `any`.
    """

    after: float
    skill: Reach = "own"
    language: Literal["own", "any"] = "own"
    region: Literal["own", "any"] = "any"


RINGS: Final = (
    Ring(after=0, skill="own", language="own", region="own"),
    Ring(after=10, skill="neighbour", language="own", region="any"),
    Ring(after=30, skill="any", language="own", region="any"),
    Ring(after=60, skill="any", language="any", region="any"),
)
"""The default table. The answer target is 15 s (GB/T 33358): the general group must help before that. Language relaxes
last: somebody who is not understood is not served. Everything has relaxed after a minute, when the call-back is offered."""


@dataclass(frozen=True, slots=True)
class Skills:
    """What an agent can do. None noted: everything. `levels`: skill → 1 (best) to 9, for strategy `ranked`."""

    groups: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    region: str = ""
    """Name of the region they serve (`杭州`); empty: all."""
    levels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """What a caller asks for. An empty word excludes nobody."""

    skill: str
    language: str = ""
    region: str = ""
    """Where the caller seems to be, in words (`浙江杭州`)."""
    neighbours: tuple[str, ...] = ()
    near: bool = False
    """The neighbours count as the group's own from the start: nobody of the group itself is at work."""


def ring_at(rings: Sequence[Ring], waited: float) -> int:
    """Index of the ring that holds after `waited` seconds; the first one also before its time."""
    return max((index for index, ring in enumerate(rings) if ring.after <= waited), default=0)


def next_change(rings: Sequence[Ring], waited: float) -> float | None:
    """After how many seconds of waiting the need relaxes next, None when it never does."""
    return min((ring.after for ring in rings if ring.after > waited), default=None)


def admits(ring: Ring, need: Need, agent: Skills) -> bool:
    """Whether the ring lets this agent serve this need."""
    return _skill(ring.skill, need, agent) and _language(ring, need, agent) and _region(ring, need, agent)


def first_ring(rings: Sequence[Ring], need: Need, agent: Skills, upto: int) -> int | None:
    """The narrowest ring, of those up to index `upto`, that admits the agent; None when none does."""
    return next((index for index in range(upto + 1) if admits(rings[index], need, agent)), None)


def serves(agent: Skills, skill: str) -> bool:
    """Whether the agent is of the group, of the general group, or of none in particular."""
    return not agent.groups or skill in agent.groups or FALLBACK_SKILL in agent.groups


def speaks(agent: Skills, language: str) -> bool:
    """Whether the agent speaks it, or no language is noted for them."""
    return not agent.languages or language in agent.languages


def covers(agent: Skills, region: str) -> bool:
    """Whether the agent's region is that of the caller's words, or either is not known."""
    return not agent.region or not region or agent.region.rstrip("省市县区") in region


def attainable(need: Need, at_work: Iterable[Skills]) -> Need:
    """The need without what nobody at work can meet: waiting for them would be for nothing."""
    desk = list(at_work)
    own = any(_skill("own", need, agent) for agent in desk)
    close = own or any(_skill("neighbour", need, agent) for agent in desk)
    return replace(
        need,
        skill=need.skill if close else "",
        near=close and not own,
        language=need.language if any(speaks(agent, need.language) for agent in desk) else "",
        region=need.region if any(agent.region and covers(agent, need.region) for agent in desk) else "",
    )


def _skill(reach: Reach, need: Need, agent: Skills) -> bool:
    if not need.skill or reach == "any" or not agent.groups or need.skill in agent.groups:
        return True
    return (reach == "neighbour" or need.near) and bool({FALLBACK_SKILL, *need.neighbours} & set(agent.groups))


def _language(ring: Ring, need: Need, agent: Skills) -> bool:
    return ring.language == "any" or not need.language or speaks(agent, need.language)


def _region(ring: Ring, need: Need, agent: Skills) -> bool:
    return ring.region == "any" or covers(agent, need.region)
