"""Every scenario: who does what, and what must come of it. Data only; `play.py` plays it, `verdict.py` judges.

Order of a call: the caller dials, maybe presses a key in the menu, waits, talks with an agent, maybe is put on hold,
maybe is handed to an expert, and rates at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hotline.simulate.call import DtmfMethod
from hotline.simulate.people.expert import Character

LeavesIn = Literal["menu", "queue", "talk"]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row. `rating` is the key pressed at the prompt: `any` for 1–5 by chance, `` for none, two characters for a wrong
    key first. `transfer` is the character of the expert wished for."""

    name: str
    zh: str
    en: str
    weight: int
    # the caller
    menu_key: str = "0"
    dtmf: DtmfMethod = "rfc4733"
    leaves: LeavesIn | None = None
    rating: str = "any"
    # the desk
    decline_first: bool = False
    hold: bool = False
    transfer: Character | None = None
    disposition: str = "D01"
    service_type: str = "S01"
    # what must come of it
    queue: str = ""
    cause: str = "completed"
    outcome: str = "consultation"
    first_try: str = ""

    @property
    def reaches_agent(self) -> bool:
        return self.leaves not in ("menu", "queue")

    @property
    def is_rated(self) -> bool:
        """A rating must be on record: the caller stayed, and pressed a right key in the end."""
        return self.leaves is None and self.rating != ""


_ALL: Final = (
    Scenario("answered", "坐席当场解答", "answered at the desk", 4),
    Scenario("transferred", "转专家接听", "an expert takes it", 4, transfer="accepts", first_try="accepted", disposition="D02"),
    Scenario("caller_hangs_up_first", "来电人先挂机", "caller hangs up first", 1, leaves="talk", rating="", disposition="D09"),
    Scenario(
        "expert_refuses", "专家按2拒接", "expert presses 2", 1, transfer="refuses", first_try="refused", disposition="D02"
    ),
    Scenario("expert_busy", "专家忙", "expert is busy", 1, transfer="busy", first_try="busy", disposition="D02"),
    Scenario(
        "expert_no_answer",
        "专家无人接听",
        "expert does not answer",
        1,
        transfer="no_answer",
        first_try="no_answer",
        disposition="D02",
    ),
    Scenario(
        "expert_voicemail",
        "专家语音信箱",
        "expert's voicemail answers",
        1,
        transfer="voicemail",
        first_try="no_key",
        disposition="D02",
    ),
    Scenario(
        "abandon_in_queue",
        "排队中放弃",
        "gives up in the queue",
        1,
        leaves="queue",
        cause="abandoned",
        outcome="callback",
        rating="",
    ),
    Scenario(
        "abandon_in_menu",
        "菜单中放弃",
        "gives up in the menu",
        1,
        leaves="menu",
        menu_key="",
        cause="abandoned",
        outcome="callback",
        rating="",
    ),
    Scenario("hold", "通话保持", "put on hold and taken back", 1, hold=True),
    Scenario("ticket", "建单转办", "becomes a ticket", 2, disposition="D04", service_type="S03", outcome="ticket"),
    Scenario("no_rating", "不评价", "presses nothing at the rating", 1, rating=""),
    Scenario("wrong_rating_key", "评价误按", "a wrong key, then a right one", 1, rating="93"),
    Scenario("menu_key", "菜单选择", "chooses labour matters (RFC 4733)", 1, menu_key="2", queue="LB"),
    Scenario("info_digits", "SIP INFO 按键", "keys by SIP INFO", 1, menu_key="2", queue="LB", dtmf="info_relay"),
    Scenario(
        "info_plain_digits",
        "SIP INFO 纯按键",
        "keys by SIP INFO (application/dtmf)",
        1,
        menu_key="2",
        queue="LB",
        dtmf="info_plain",
    ),
    Scenario("inband_digits", "带内双音频", "keys as tones only", 1, menu_key="2", queue="LB", dtmf="inband"),
    Scenario("decline_first", "坐席先拒接", "one agent declines, another takes it", 1, decline_first=True),
)

SCENARIOS: Final[dict[str, Scenario]] = {scenario.name: scenario for scenario in _ALL}
MIX: Final = "mix"


def rotation(name: str, count: int) -> list[Scenario]:
    """The scenarios of `count` calls: `name` again and again, or for `mix` each by its weight, spread out evenly, so
    that every one of them comes up once among the first calls already. Raises KeyError for an unknown name."""
    if name != MIX:
        return [SCENARIOS[name]] * count
    # By weight: the k-th of w calls of a kind stands at (k + ½) / w; one round is one of each weight.
    first = sorted(_ALL, key=lambda scenario: -scenario.weight)
    more = [
        ((k + 0.5) / (scenario.weight - 1), index, scenario)
        for index, scenario in enumerate(first)
        for k in range(scenario.weight - 1)
    ]
    cycle = first + [scenario for _, _, scenario in sorted(more, key=lambda item: item[:2])]
    return [cycle[i % len(cycle)] for i in range(count)]
