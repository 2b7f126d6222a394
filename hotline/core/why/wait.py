"""Why did this caller wait? From the call's facts, and what the agents of the desk were doing meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from hotline.core.facts import Fact
from hotline.core.queues.priorities import raises
from hotline.core.queues.relaxing import Ring, Skills, serves
from hotline.core.why.texts import GROUPS, Reason, desk_words

WORTH_SAYING_SECONDS: Final = 3.0
"""A shorter stretch is the time things take."""
CHINA: Final = timezone(timedelta(hours=8))
_BUSY: Final = {"reserved": "on_call", "ringing": "on_call"}
_LEFT: Final = {"abandoned": "gave_up", "callback": "callback", "timeout": "timeout", "full": "full", "closed": "closed"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who could have taken the call. `agents`: id → (name, skills), `words`: skill group → names, `rings` of the queue;
    `states`: `agent_state_changed` facts from some hours before the wait on, in order."""

    agents: Mapping[str, tuple[str, Skills]] = field(default_factory=dict)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rings: Sequence[Ring] = ()
    states: Sequence[Fact] = ()

    def name(self, agent_id: str) -> str:
        return self.agents.get(agent_id, (agent_id, Skills()))[0]

    def group(self, queue: str) -> tuple[str, str]:
        return self.words.get(queue, (queue, queue))


def why_waited(facts: Iterable[Fact], desk: Desk, now: float) -> list[Reason]:
    """The parts of the answer in order of time: how long; what was lacking at first; what went wrong; how it ended. For a
    caller who still waits at `now`, up to now."""
    ordered = sorted(facts, key=lambda fact: fact.at)
    entered = next((fact for fact in ordered if fact.name == "queue_entered"), None)
    if entered is None:
        return [Reason("not_queued")]
    since = float(entered.data.get("queued_at") or entered.at)
    end = next((fact for fact in ordered if _ends(fact)), None)
    until = end.at if end else now
    of_wait = [fact for fact in ordered if fact.at <= until]
    said = [Reason("waited", {"for_": until - since})]
    said += _restored(of_wait)
    said += _at_first(of_wait, entered, until, desk)
    said += _on_the_way(of_wait, entered, desk)
    return [*said, _ending(end, desk)]


def _ends(fact: Fact) -> bool:
    if fact.name == "queue_left":
        return bool(fact.data["reason"] != "connected")  # then the agent who connected follows
    return fact.name in ("agent_connected", "call_ended")


def _restored(facts: Sequence[Fact]) -> list[Reason]:
    return [Reason("restored")] if any(fact.name == "place_restored" for fact in facts) else []


def _at_first(facts: Sequence[Fact], entered: Fact, until: float, desk: Desk) -> list[Reason]:
    """What was lacking until the first offer."""
    queue = str(entered.data["queue"])
    offer = next((fact for fact in facts if fact.name == "offer_made"), None)
    lacking = (offer.at if offer else until) - entered.at
    if lacking < WORTH_SAYING_SECONDS:
        return [] if offer is None else [Reason("at_once")]
    told = next((int(fact.data["position"]) for fact in facts if fact.name == "position_told"), 1)
    behind = [Reason("behind", {"count": told - 1})] if told > 1 else []
    counts = Counter(_states(entered.at, queue, desk).values())
    at_work = sum(count for state, count in counts.items() if state != "offline")
    figures = {"for_": lacking, "group": desk.group(queue)}
    if not at_work:
        return [*behind, Reason("none_at_work", figures)]
    return [*behind, Reason("none_free", {**figures, "desk": desk_words(counts)})]


def _states(at: float, queue: str, desk: Desk) -> dict[str, str]:
    """What each agent of the queue's own group was doing at that moment. The general group counts where nobody else is."""
    own = {key for key, (_, skills) in desk.agents.items() if not skills.groups or queue in skills.groups}
    group = own or {key for key, (_, skills) in desk.agents.items() if serves(skills, queue)}
    found = dict.fromkeys(group, "offline")
    for fact in desk.states:
        if fact.at > at:
            break
        agent_id = str(fact.data["agent_id"])
        if agent_id in found:
            state = str(fact.data["state"])
            found[agent_id] = _BUSY.get(state, state)
    return found


def _on_the_way(facts: Sequence[Fact], entered: Fact, desk: Desk) -> list[Reason]:
    said: list[Reason] = []
    names = Counter(fact.name for fact in facts)
    failed = sum(1 for fact in facts if fact.name == "agent_failed" and fact.data["dial_status"] != "cancelled")
    for code, count in (
        ("missed", names["offer_missed"]),
        ("declined_times", names["offer_declined"]),
        ("phone_failed", failed),
    ):
        if count:
            said.append(Reason(code, {"count": count}))
    queue = str(entered.data["queue"])
    ring = 0
    for fact in facts:
        if fact.name == "queue_entered" and str(fact.data["queue"]) != queue:
            queue = str(fact.data["queue"])
            said.append(Reason("moved", {"at": clock(fact.at), "group": desk.group(queue)}))
        elif fact.name in ("offer_made", "offer_widened") and int(fact.data.get("ring") or 0) > ring:
            ring = int(fact.data["ring"])
            said.append(Reason("widened", {"at": clock(fact.at), "group": _ring_words(desk.rings, ring)}))
        elif fact.name == "priority_changed" and raises(fact.data["priority"], fact.data["before"]):
            said.append(Reason("raised", {"at": clock(fact.at), "priority": str(fact.data["priority"])}))
    return said


def _ring_words(rings: Sequence[Ring], index: int) -> tuple[str, str]:
    ring = rings[min(index, len(rings) - 1)] if rings else Ring(0, "any")
    if ring.language == "any":
        return GROUPS["language"]
    return GROUPS["any" if ring.skill == "any" else "neighbour"]


def _ending(end: Fact | None, desk: Desk) -> Reason:
    if end is None:
        return Reason("waiting")
    if end.name == "agent_connected":
        return Reason("answered_by", {"name": desk.name(str(end.data["agent_id"]))})
    if end.name == "queue_left":
        return Reason(_LEFT.get(str(end.data["reason"]), "ended"))
    return Reason("gave_up" if end.data["ended_by"] == "caller" else "ended")


def clock(at: float) -> str:
    """Time of day in China, `14:02:31`."""
    return datetime.fromtimestamp(at, CHINA).strftime("%H:%M:%S")
