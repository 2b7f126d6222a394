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
    kind: str = "auto"
    """How the agent hands on (`auto`, `attended`, `three_way`, `blind`)."""
    hotline: str = ""
    """Row of the list of other hotlines that joins for a while."""
    disposition: str = "D01"
    service_type: str = "S01"
    then: Literal["", "call_back", "rating_call"] = ""
    """What follows by itself once the caller is gone."""
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
        return (self.leaves is None and self.rating != "") or self.then == "rating_call"


_ALL: Final = (
    Scenario("answered", "坐席当场解答", "answered at the desk", 4),
    Scenario("transferred", "转专家接听", "an expert takes it", 4, transfer="accepts", first_try="accepted", disposition="D02"),
    Scenario(
        *("consult_first", "先咨询再转交", "consults the expert first", 1),
        kind="attended",
        transfer="accepts",
        first_try="accepted",
        disposition="D02",
    ),
    Scenario(
        *("three_way", "三方通话", "all three, then the agent leaves", 1),
        kind="three_way",
        transfer="accepts",
        first_try="accepted",
        disposition="D02",
    ),
    Scenario(
        *("blind", "直接转", "the agent leaves at once", 1),
        kind="blind",
        transfer="accepts",
        first_try="accepted",
        disposition="D02",
    ),
    Scenario("other_hotline", "三方转其他热线", "another hotline joins", 1, hotline="hl_12345", disposition="D06"),
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
    Scenario(
        "call_back",
        "放弃后被回拨",
        "gives up, and is called back",
        0,
        leaves="queue",
        cause="abandoned",
        outcome="callback",
        rating="",
        then="call_back",
    ),
    Scenario(
        "rating_call",
        "挂机后电话评价",
        "hangs up first, and rates when called",
        0,
        leaves="talk",
        rating="",
        disposition="D01",
        then="rating_call",
    ),
    Scenario("decline_first", "坐席先拒接", "one agent declines, another takes it", 1, decline_first=True),
)

SCENARIOS: Final[dict[str, Scenario]] = {scenario.name: scenario for scenario in _ALL}
NIGHT: Final = Scenario("night", "夜间来电", "a closed line: duty mobiles, voice message", 0, menu_key="")
"""Played by `night.py`, on a line of its own, and so not in the mix."""
PHONE_AGENT: Final = Scenario("phone_agent", "电话坐席", "a clerk with a plain telephone and no console", 0)
"""Played by `phone_agent.py`, on a town without consoles."""
APART: Final = {scenario.name: scenario for scenario in (NIGHT, PHONE_AGENT)}
MIX: Final = "mix"


def rotation(name: str, count: int) -> list[Scenario]:
    """The scenarios of `count` calls: `name` again and again, or for `mix` each by its weight, spread out evenly, so
    that every one of them comes up once among the first calls already. Raises KeyError for an unknown name."""
    if name != MIX:
        return [SCENARIOS[name]] * count
    # By weight: the k-th of w calls of a kind stands at (k + ½) / w; one round is one of each weight.
    # Weight 0: takes longer than a call (somebody is called back), or wants settings of its own; by name only.
    mixed = [scenario for scenario in _ALL if scenario.weight]
    first = sorted(mixed, key=lambda scenario: -scenario.weight)
    more = [
        ((k + 0.5) / (scenario.weight - 1), index, scenario)
        for index, scenario in enumerate(first)
        for k in range(scenario.weight - 1)
    ]
    cycle = first + [scenario for _, _, scenario in sorted(more, key=lambda item: item[:2])]
    return [cycle[i % len(cycle)] for i in range(count)]
