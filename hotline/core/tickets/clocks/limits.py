"""The limits a ticket may run under: one row of `ticket_clocks.csv` each, with the acts that start and end it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

Unit = Literal["second", "same_day", "workday", "day", "hour", "month", "year", "immediate"]
UNITS: Final = ("second", "same_day", "workday", "day", "hour", "month", "year", "immediate")
IN_DAYS: Final = frozenset({"same_day", "workday", "day", "month", "year"})
"""Units that end at the close of a day; the others end at a moment."""
EXTENDABLE: Final = frozenset({"workday", "day", "hour"})


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule. `start`: the event of the law it runs from, for people. `on` and `stops`: acts of the ticket's table that
    start and end it (`register` is its beginning); without `on` it is started by hand, with the date of the event. `when`: a
    further condition on the ticket, ("service" | "source" | "flag" | "kind", values). `legal`: set by law, not by the house.
    `extend`: by how many units it may be extended at most; 0: not at all."""

    rule: str
    start: str
    amount: int
    unit: Unit
    then: str = "escalate"
    source: str = ""
    legal: bool = False
    on: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    when: tuple[str, frozenset[str]] | None = None
    extend: int = 0

    def fits(self, facts: Mapping[str, frozenset[str]]) -> bool:
        """Whether the condition holds; `facts`: {"service": …, "source": …, "flag": …, "kind": …}."""
        return self.when is None or not self.when[1].isdisjoint(facts.get(self.when[0], frozenset()))


def read_limits(rows: Iterable[Mapping[str, str]]) -> dict[str, Limit]:
    """The rows of `ticket_clocks.csv`. Raises ValueError on a row that makes no sense, naming the rule."""
    found: dict[str, Limit] = {}
    for row in rows:
        name = row["rule"]
        unit, amount, extend = row["unit"], int(row["amount"]), int(row.get("extend") or 0)
        key, _, values = (row.get("when") or "").partition("=")
        good = unit in UNITS and amount >= 0 and name not in found and (not extend or unit in EXTENDABLE)
        if not good or (key and (key not in ("service", "source", "flag", "kind") or not values)):
            raise ValueError(f"ticket clock {name}: bad row")
        found[name] = Limit(
            rule=name,
            start=row["start"],
            amount=amount,
            unit=cast(Unit, unit),
            then=row["then"],
            source=row["source"],
            legal=row.get("kind") == "legal",
            on=_words(row.get("on")),
            stops=_words(row.get("stops")),
            when=(key, frozenset(values.split("|"))) if key else None,
            extend=extend,
        )
    return found


@dataclass(frozen=True, slots=True)
class Steps:
    """What an act does to a ticket's clocks: rules to start, and of those running which end or stand still."""

    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    beaten: tuple[str, ...] = ()
    """House limits that end because a limit of the law now runs for the same thing."""
    pause: tuple[str, ...] = ()
    resume: tuple[str, ...] = ()


ALWAYS_RUNS: Final = frozenset({"immediate"})
"""Units that no pause holds up: a minor at risk is reported at once, whatever the ticket waits for."""


def steps(
    act: str, limits: Mapping[str, Limit], running: Sequence[str], facts: Mapping[str, frozenset[str]], *, over: bool
) -> Steps:
    """What `act` does. `running`: rules that run (or stand still) now; `over`: the ticket ends with this act.

    A limit of the law beats the house's own for the same thing (same `stops`): the house's is not started, or ends.
    """
    stop = {rule for rule in running if over or (rule in limits and act in limits[rule].stops)}
    if act == "merge":
        stop = set(running)
    left = [rule for rule in running if rule not in stop]
    fresh = [] if over else [row for row in limits.values() if act in row.on and row.fits(facts) and row.rule not in left]
    both = [limits[rule] for rule in left if rule in limits] + fresh
    by_law = [row for row in both if row.legal]
    beaten = {row.rule for row in both if not row.legal and any(row.stops and row.stops == law.stops for law in by_law)}
    held = [rule for rule in left if rule in limits and limits[rule].unit not in ALWAYS_RUNS]
    return Steps(
        start=tuple(row.rule for row in fresh if row.rule not in beaten),
        stop=tuple(sorted(stop)),
        beaten=tuple(sorted(rule for rule in left if rule in beaten)),
        pause=tuple(held) if act == "suspend" else (),
        resume=tuple(held) if act == "resume" else (),
    )


def _words(text: str | None) -> frozenset[str]:
    return frozenset(word for word in (text or "").split("|") if word)
