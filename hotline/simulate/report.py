"""The end of a run: summary for machines (JSON) and for people (a table)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from hotline.simulate.outcome import CallResult
from hotline.simulate.scenarios import APART, SCENARIOS


@dataclass(frozen=True, slots=True)
class Summary:
    """All results of a run, with how it was made. `load` is the machine's one-minute load at the end."""

    results: list[CallResult]
    scenario: str
    seed: int
    seconds: float
    late_ticks: int
    feed_gaps: int
    load: float

    @property
    def unexpected(self) -> list[CallResult]:
        return [result for result in self.results if result.reasons]

    def to_dict(self) -> dict[str, Any]:
        """The JSON summary. Times in milliseconds are named `…_ms`."""
        results = self.results
        bad = self.unexpected
        return {
            "calls": len(results),
            "as_expected": len(results) - len(bad),
            "unexpected": [
                {"call": result.call_id or result.number, "scenario": result.scenario, "reason": "; ".join(result.reasons)}
                for result in bad
            ],
            "transferred": sum(result.transferred for result in results),
            "rated": sum(result.rated for result in results),
            "tickets": sum(bool(result.ticket) for result in results),
            "recordings": sum(result.recordings for result in results),
            "redialled": sum(result.redialled for result in results),
            "timings": {
                "answer_ms": spread(results, "answer"),
                "accept_to_ring_ms": spread(results, "ring"),
                "offer_ms": spread(results, "offer"),
                "transfer_ms": spread(results, "transfer"),
            },
            "scenarios": self._by_scenario(),
            "scenario": self.scenario,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "late_ticks": self.late_ticks,
            "feed_gaps": self.feed_gaps,
            "load": round(self.load, 2),
        }

    def _by_scenario(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for result in self.results:
            row = found.setdefault(result.scenario, {"calls": 0, "as_expected": 0})
            row["calls"] += 1
            row["as_expected"] += not result.reasons
        return found


def spread(results: list[CallResult], name: str) -> dict[str, float]:
    """Median, p99 and number of one timing, in milliseconds (nearest rank); empty when it never came up."""
    values = sorted(result.timings[name] * 1000 for result in results if name in result.timings)
    if not values:
        return {}

    def rank(share: float) -> float:
        return round(values[max(0, math.ceil(share * len(values)) - 1)], 1)

    return {"median": rank(0.5), "p99": rank(0.99), "max": round(values[-1], 1), "count": len(values)}


def table(summary: Summary) -> Table:
    """One line a scenario, in Chinese and English."""
    found = Table(title=f"12348 模拟呼叫 simulated calls · {summary.scenario} · seed {summary.seed}")
    for title, justify in (("场景 scenario", "left"), ("说明", "left"), ("通话 calls", "right"), ("符合 as expected", "right")):
        found.add_column(title, justify="right" if justify == "right" else "left")
    for name, row in summary.to_dict()["scenarios"].items():
        good = row["as_expected"] == row["calls"]
        colour = "green" if good else "red"
        scenario = SCENARIOS.get(name) or APART[name]
        found.add_row(name, f"{scenario.zh} {scenario.en}", str(row["calls"]), f"[{colour}]{row['as_expected']}[/{colour}]")
    return found


def lines(summary: Summary) -> list[str]:
    """The totals, the times, and each unexpected call."""
    said = summary.to_dict()
    found = [
        f"通话 calls {said['calls']}   符合预期 as expected {said['as_expected']}   "
        f"意外 unexpected {len(said['unexpected'])}   "
        f"转专家 transferred {said['transferred']}   评价 rated {said['rated']}   工单 tickets {said['tickets']}   "
        f"录音 recordings {said['recordings']}   用时 {said['seconds']} s   负载 load {said['load']}"
    ]
    names = {
        "answer_ms": "接通 INVITE→200",
        "accept_to_ring_ms": "接受→振铃 accept→ring",
        "transfer_ms": "转接 transfer→expert",
    }
    for key, name in names.items():
        if times := said["timings"][key]:
            found.append(f"{name}: 中位 median {times['median']} ms, p99 {times['p99']} ms ({times['count']})")
    found += [f"✗ {one['scenario']} {one['call']}: {one['reason']}" for one in said["unexpected"]]
    return found
