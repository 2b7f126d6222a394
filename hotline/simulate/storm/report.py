"""The end of a storm: a summary for machines (JSON) and for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hotline.simulate.storm.scene import Harm, Race
from hotline.simulate.storm.verdict import Judged


@dataclass(slots=True)
class StormSummary:
    """All that came of it. `load` is the machine's one-minute load at the beginning, in the middle and at the end."""

    judged: list[Judged]
    troubles: list[str]
    races: list[Race]
    harms: list[Harm]
    seed: int
    callers: int
    seats: int
    seconds: float
    load: list[float]
    late_ticks: int
    feed_gaps: int
    counts: dict[str, int] = field(default_factory=dict)
    latest: float = 0.0
    """The most seconds by which the simulator itself was late."""

    @property
    def unexpected(self) -> list[Judged]:
        return [one for one in self.judged if one.reasons]

    @property
    def doubled(self) -> list[Race]:
        """Offers that more than one agent was given."""
        return [race for race in self.races if len(race.winners) > 1]

    @property
    def good(self) -> bool:
        """Nothing unexpected at all."""
        return not self.unexpected and not self.troubles and not self.doubled

    def to_dict(self) -> dict[str, Any]:
        """The JSON summary."""
        ran = [race for race in self.races if len(race.contenders) > 1]
        return {
            "calls": len(self.judged),
            "as_expected": sum(not one.reasons for one in self.judged),
            "unexpected": [
                {"call": one.call_id, "scenario": one.what, "reason": "; ".join(one.reasons)} for one in self.unexpected
            ],
            "cut_by_us": sum(one.cut for one in self.judged),
            "troubles": self.troubles,
            **self.counts,
            "double_accepts": {
                "offers": len(ran),
                "agents_at_once_most": max((len(race.contenders) for race in ran), default=0),
                "one_winner": sum(len(race.winners) == 1 for race in ran),
                "gone_before": sum(not race.winners for race in ran),
                "two_winners": len(self.doubled),
            },
            "wait_s": _spread(one.figures["wait"] for one in self.judged if "wait" in one.figures),
            "caller_quiet_s": _spread(one.figures["quiet"] for one in self.judged if "quiet" in one.figures),
            "caller_voice_gap_s": _spread(one.figures["voice_gap"] for one in self.judged if "voice_gap" in one.figures),
            "caller_packet_gap_s": _spread(one.figures["packet_gap"] for one in self.judged if "packet_gap" in one.figures),
            "harm": [f"{harm.what}{' ' + harm.call_id if harm.call_id else ''}" for harm in self.harms],
            "scenarios": dict(sorted(Counter(one.what.partition("+")[0] for one in self.judged).items())),
            "seed": self.seed,
            "callers": self.callers,
            "seats": self.seats,
            "seconds": round(self.seconds, 1),
            "late_ticks": self.late_ticks,
            "simulator_late_s": round(self.latest, 2),
            "feed_gaps": self.feed_gaps,
            "load": [round(value, 1) for value in self.load],
        }


def _spread(found: Iterable[float]) -> dict[str, float]:
    values = sorted(found)
    if not values:
        return {}

    def rank(share: float) -> float:
        return round(values[max(0, math.ceil(share * len(values)) - 1)], 2)

    return {"median": rank(0.5), "p95": rank(0.95), "max": round(values[-1], 2), "count": len(values)}


def lines(summary: StormSummary) -> list[str]:
    """The totals, the figures, and everything unexpected."""
    said = summary.to_dict()
    races = said["double_accepts"]
    bad, cut = len(said["unexpected"]), said["cut_by_us"]
    found = [
        f"通话 calls {said['calls']}   符合预期 as expected {said['as_expected']}   意外 unexpected {bad}   "
        f"被我们切断 cut by us {cut}   其他问题 other troubles {len(said['troubles'])}",
        f"同时接受 accepted together {races['offers']} (至多 up to {races['agents_at_once_most']} 人): "
        f"一人接通 one bridge {races['one_winner']}, 来电已走 caller gone {races['gone_before']}, "
        f"两人 two {races['two_winners']}",
        "   ".join(f"{key} {value}" for key, value in summary.counts.items()),
    ]
    names = {
        "wait_s": "排队 wait",
        "caller_quiet_s": "来电方静音 quiet",
        "caller_voice_gap_s": "通话中断 voice gap",
        "caller_packet_gap_s": "缺包 packet gap",
    }
    for key, name in names.items():
        if values := said[key]:
            found.append(
                f"{name}: 中位 median {values['median']} s, p95 {values['p95']} s, max {values['max']} s ({values['count']})"
            )
    found += [f"✗ {one['scenario']} {one['call']}: {one['reason']}" for one in said["unexpected"]]
    found += [f"✗ {trouble}" for trouble in said["troubles"]]
    return found
