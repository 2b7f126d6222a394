"""Facts of calls as the real conversation logic writes them, for tests of what checks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from hotline.core.conversations import events as ev
from hotline.core.conversations.recovery import closing_facts
from hotline.core.facts import Fact
from tests.unit.conversation_harness import ARRIVAL, Driver

START = 1_795_312_800.0  # 2026-11-22 02:00 UTC


def facts_of(driver: Driver, call_id: str = "call_x", worker: str = "w-1") -> list[Fact]:
    """What the conversation would have journalled."""
    found = []
    for number, (at, (name, data)) in enumerate(zip(driver.times, driver.facts, strict=True), start=1):
        more = {"worker": worker} if name == "call_arrived" else {}
        found.append(Fact(name, call_id, at, number, "call", 1, {**data, **more}))
    return found


def whole_call(call_id: str = "call_x", start: float = START, agent: str = "a1", suffix: str = "") -> list[Fact]:
    """Menu, queue, agent, hold, one expert who does not come, one who does, rating, good-bye."""
    driver = Driver(now=start)
    driver.to_queue()
    driver.now += 3
    driver.to_agent(f"off{suffix or call_id}", agent)
    driver.command("hold", agent_id=agent)
    driver.now += 4
    driver.command("unhold", agent_id=agent)
    driver.now += 5
    driver.command("start_transfer", transfer_id=f"trf{suffix}", agent_id=agent)
    driver.now += 1
    leg = _try(driver, 1, suffix)
    driver.now += 2
    driver.feed(ev.LegEnded(leg, 486))
    leg = _try(driver, 2, suffix)
    driver.feed(ev.LegRinging(leg))
    driver.now += 3
    driver.feed(ev.LegAnswered(leg))
    driver.brief_heard()
    driver.key("1", leg)
    driver.now += 30
    driver.feed(ev.LegEnded(leg, 200, remote=True))
    driver.heard()
    driver.key("2")
    driver.heard()
    return facts_of(driver, call_id)


def _try(driver: Driver, number: int, suffix: str) -> str:
    driver.command(
        "try_expert",
        transfer_id=f"trf{suffix}",
        try_id=f"try{number}{suffix}",
        expert_id=f"e{number}{suffix}",
        number_enc="v1.n",
        trunk="demo",
        brief={"category": "0201"},
    )
    return f"expert:try{number}{suffix}"


def waiting_call(call_id: str, start: float = START) -> list[Fact]:
    """In the queue since a few seconds after `start`."""
    driver = Driver(now=start)
    driver.to_queue()
    return facts_of(driver, call_id)


def recovered(facts: Sequence[Fact], died_at: float) -> list[Fact]:
    """The same call closed by the supervisor after its conversation died."""
    made = closing_facts(facts, died_at)
    return [
        *facts,
        *(Fact(name, facts[0].call_id, died_at, number, "call", 2, data) for number, (name, data) in enumerate(made, start=1)),
    ]


def routing(call_id: str, seq: int, at: float, name: str, **data: Any) -> Fact:
    """One of routing's own facts."""
    return Fact(name, call_id, at, seq, "routing", 1, data)


def changed(facts: Iterable[Fact], name: str, number: int = 0, *, at: float = 0.0, **data: Any) -> list[Fact]:
    """The same facts, with the `number`-th of that name altered (`at` is added to its time)."""
    found = list(facts)
    places = [place for place, fact in enumerate(found) if fact.name == name]
    fact = found[places[number]]
    found[places[number]] = replace(fact, at=fact.at + at, data={**fact.data, **data})
    return found


def renumbered(facts: Iterable[Fact]) -> list[Fact]:
    """Numbered anew in the order given."""
    return [replace(fact, seq=number) for number, fact in enumerate(facts, start=1)]


def without(facts: Iterable[Fact], *names: str) -> list[Fact]:
    """All but the facts of these names, numbered anew."""
    return renumbered(fact for fact in facts if fact.name not in names)


def doubled(facts: Iterable[Fact], name: str) -> list[Fact]:
    """The first fact of that name said twice, numbered anew."""
    found: list[Fact] = []
    for fact in facts:
        found.append(fact)
        if fact.name == name and sum(item.name == name for item in found) == 1:
            found.append(fact)
    return renumbered(found)


def moved(facts: Sequence[Fact], name: str, to: Callable[[Fact], bool]) -> list[Fact]:
    """The first fact of that name said right before the first that `to` picks, numbered anew."""
    fact = next(item for item in facts if item.name == name)
    rest = [item for item in facts if item is not fact]
    place = next(index for index, item in enumerate(rest) if to(item))
    return renumbered([*rest[:place], replace(fact, at=rest[place].at), *rest[place:]])


__all__ = [
    "ARRIVAL",
    "START",
    "changed",
    "doubled",
    "facts_of",
    "moved",
    "recovered",
    "renumbered",
    "routing",
    "waiting_call",
    "whole_call",
    "without",
]
