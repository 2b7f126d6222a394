"""Menus that ask the house: the staff's own (experts say by keypad whether they are available, agents without a console
take calls on this phone, clerks of village centres sign their tickets), and the public's (how far is my ticket).

Who of the staff calls is told by the number, else by a staff number that is keyed; then a PIN. A clerk whom we called is
known by the call. The public keys a ticket's number and its code. All of that is asked of the house (`act.AskStaff`),
which counts wrong ones and locks; what was keyed never gets into a fact or the journal.

========  ==========================  ==============================================
stage     waits for                   then
========  ==========================  ==============================================
asking    the house's answer          by :data:`ANSWERS`
number    keys and ``#``              asked as `number`
pin       keys and ``#``              asked as `pin`
code      six keys                    asked as `code`: a ticket's short code
ticket    fourteen keys               then `progress`
progress  six keys                    both asked as `progress`
menu      one key                     by :data:`MENU`
over      the last words to end       the flow goes on
========  ==========================  ==============================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations import flow
from hotline.core.conversations.model import CALLER, StaffMenu
from hotline.core.conversations.turn import Turn
from hotline.core.tickets.village import RESULTS, RETURNS

ANSWER_SECONDS: Final = 6.0
"""The house has so long to answer: a PIN check takes about 0.1 s, and a few may stand in line."""
KEY_SECONDS: Final = 10.0
MORE_KEYS_SECONDS: Final = 5.0
SILENCES: Final = 2
"""Repeats of what was asked, before the call is ended."""
LONGEST: Final = 12
SHORTEST_PIN: Final = 4
FULL: Final = MappingProxyType({"code": 6, "ticket": 14, "progress": 6})
"""Stages whose entry is complete with so many keys, without any hash key."""
SAID: Final = MappingProxyType({"ticket": "progress_number", "progress": "progress_code"})
"""What asks for an entry, where it is not `staff_<stage>`."""
HUMAN: Final = frozenset({"ticket", "progress"})
"""Stages in which the star key, pressed first, leads to a person: a zero is part of a number there."""

MENU: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "agent": {"1": "available", "2": "paused", "0": "offline", "3": "state"},
        "expert": {"1": "available", "2": "away", "3": "state"},
        "clerk": {"1": "next", "2": "report"},
        "ticket": {"1": "accept", "2": "reasons", "3": "again", "4": "contact"},
        "reason": {**{str(key): f"return_{code}" for key, code in enumerate(RETURNS, 1)}, "9": "again"},
        "result": {**{str(key): f"result_{code}" for key, code in enumerate(RESULTS, 1)}, "5": "contact", "9": "menu"},
        "progress": {"1": "again"},
    }
)
"""Which menu → key → what is asked of the house. 9 ends, where it is nothing else."""
END_KEY: Final = "9"
HUMAN_KEY: Final = "0"
"""To a person, in the public's menu."""


def begin(turn: Turn, wait: ev.StaffWait) -> None:
    """The welcome was heard."""
    turn.say("staff_menu_entered")
    turn.set(phase="staff", staff=StaffMenu())
    turn.do(act.Listen(CALLER, on=True), act.SetTimer("staff_all", wait.seconds))
    _ask(turn, "village" if turn.state.order else "recognise")


def begin_progress(turn: Turn, wait: ev.ProgressWait) -> None:
    """The same for somebody who asks how far their ticket is."""
    turn.say("progress_asked")
    turn.set(phase="staff", staff=StaffMenu(kind="progress"))
    turn.do(act.Listen(CALLER, on=True), act.SetTimer("staff_all", wait.seconds))
    _speak(turn, StaffMenu(kind="progress", stage="ticket"), SAID["ticket"])


def _ask(turn: Turn, question: str) -> None:
    menu = turn.state.staff
    assert menu is not None
    number = menu.number + 1
    turn.set(staff=replace(menu, stage="asking", number=number, question=question, keys="", silences=0))
    keys = f"{menu.number_keys}#{menu.keys}" if question == "progress" else menu.keys
    turn.do(act.AskStaff(number, question, {}, keys), act.SetTimer("staff", ANSWER_SECONDS))


def answered(turn: Turn, data: dict[str, Any]) -> None:
    """What the house says: `outcome`, and prompts that tell the state."""
    menu = turn.state.staff
    if menu is None or menu.stage != "asking" or int(data["number"]) != menu.number:
        return
    turn.do(act.CancelTimer("staff"))
    prompts = tuple(str(item) for item in data.get("prompts") or ())
    outcome = str(data["outcome"])
    step = ANSWERS.get((menu.question, outcome)) or THEN.get(outcome)
    if step is not None:
        step(turn, menu, prompts)
    elif menu.kind in ("agent", "expert") and menu.question in MENU[menu.kind].values():
        _offer_menu(turn, menu, prompts)
    else:
        _leave(turn, "failed")


def _offer_menu(turn: Turn, menu: StaffMenu, prompts: tuple[str, ...]) -> None:
    _speak(turn, replace(menu, stage="menu"), *prompts, f"staff_menu_{menu.kind}")


def _in_as(kind: str, who: str = "") -> Step:
    def step(turn: Turn, menu: StaffMenu, prompts: tuple[str, ...]) -> None:
        turn.say("staff_recognised", kind=who or kind)
        _offer_menu(turn, replace(menu, kind=kind), prompts)

    return step


def _want(stage: Any, *before: str) -> Step:
    def step(turn: Turn, menu: StaffMenu, prompts: tuple[str, ...]) -> None:
        _speak(turn, replace(menu, stage=stage, keys=""), *before, *prompts, SAID.get(stage, f"staff_{stage}"))

    return step


def _menu_of(kind: str) -> Step:
    def step(turn: Turn, menu: StaffMenu, prompts: tuple[str, ...]) -> None:
        _offer_menu(turn, replace(menu, kind=kind), prompts)

    return step


def _told(turn: Turn, menu: StaffMenu, prompts: tuple[str, ...]) -> None:
    """The caller hears how far the ticket is."""
    turn.say("progress_told")
    _offer_menu(turn, replace(menu, kind="progress", told=True), prompts)


def _last(outcome: str) -> Step:
    def step(turn: Turn, menu: StaffMenu, prompts: tuple[str, ...]) -> None:
        if prompts:
            _speak(turn, replace(menu, stage="last", question=outcome), *prompts)
        else:
            _leave(turn, outcome)

    return step


def _locked(turn: Turn, _menu: StaffMenu, _prompts: tuple[str, ...]) -> None:
    turn.say("staff_refused")
    _leave(turn, "refused")


def _failed(turn: Turn, _menu: StaffMenu, _prompts: tuple[str, ...]) -> None:
    _leave(turn, "failed")


Step = Callable[[Turn, StaffMenu, tuple[str, ...]], None]

ANSWERS: Final[Mapping[tuple[str, str], Step]] = MappingProxyType(
    {
        ("recognise", "known"): _want("pin"),
        ("recognise", "unknown"): _want("number"),
        ("number", "taken"): _want("pin"),
        ("pin", "agent"): _in_as("agent"),
        ("pin", "expert"): _in_as("expert"),
        ("pin", "clerk"): _in_as("clerk"),
        ("pin", "ticket"): _in_as("ticket", "clerk"),
        ("pin", "result"): _in_as("result", "clerk"),
        ("village", "ticket"): _in_as("ticket", "clerk"),
        ("progress", "wrong"): _want("ticket", "progress_wrong"),
        ("pin", "wrong"): _want("pin", "staff_wrong"),
        ("pin", "locked"): _locked,
        ("recognise", "failed"): _failed,
        ("number", "failed"): _failed,
        ("pin", "failed"): _failed,
        **{(question, "failed"): _failed for menu in MENU.values() for question in menu.values()},
        **{(question, "failed"): _failed for question in ("village", "code", "progress")},
    }
)
"""(question, outcome) → step. What a menu key asked for is answered by `done` or `told`: the state is said, then the menu."""

THEN: Final[Mapping[str, Step]] = MappingProxyType(
    {
        "menu_clerk": _menu_of("clerk"),
        "ticket": _menu_of("ticket"),
        "reason": _menu_of("reason"),
        "result": _menu_of("result"),
        "want_code": _want("code"),
        "want_pin": _want("pin"),
        "progress_told": _told,
        "over": _last("done"),
        "human": _last("human"),
    }
)
"""What comes next, whatever was asked: a clerk's menus and entries, and the ends."""


def _speak(turn: Turn, menu: StaffMenu, *prompts: str) -> None:
    turn.do(act.CancelTimer("staff"))
    turn.set(staff=menu)
    turn.play_caller(*prompts)


def played(turn: Turn, event: ev.Played) -> None:
    """The words are over."""
    menu = turn.state.staff
    if menu is None or event.playback != turn.state.playback:
        return
    turn.set(playback=0)
    if menu.stage == "last":
        _leave(turn, menu.question)
    elif menu.stage != "asking":
        turn.do(act.SetTimer("staff", MORE_KEYS_SECONDS if menu.keys else KEY_SECONDS))


def digit(turn: Turn, key: str) -> None:
    """A key; it may cut the words short."""
    menu = turn.state.staff
    if menu is None or menu.stage in ("asking", "last", "over"):
        return
    if turn.state.playback:
        turn.quiet_caller()
    if menu.stage == "menu":
        _menu_key(turn, menu, key)
    elif key == "*" and menu.stage in HUMAN and not menu.keys:
        _leave(turn, "human")
    elif key == "*":
        turn.set(staff=replace(menu, keys=""))
        turn.do(act.SetTimer("staff", KEY_SECONDS))
    elif key == "#":
        _entered(turn, menu)
    else:
        menu = replace(menu, keys=menu.keys + key)
        turn.set(staff=menu)
        turn.do(act.SetTimer("staff", MORE_KEYS_SECONDS))
        if len(menu.keys) >= FULL.get(menu.stage, LONGEST):
            _entered(turn, menu)


def _entered(turn: Turn, menu: StaffMenu) -> None:
    if menu.stage == "ticket" and menu.keys:
        _speak(turn, replace(menu, stage="progress", number_keys=menu.keys, keys=""), SAID["progress"])
    elif menu.keys:
        _ask(turn, menu.stage)
    else:
        turn.do(act.SetTimer("staff", KEY_SECONDS))


def _menu_key(turn: Turn, menu: StaffMenu, key: str) -> None:
    question = MENU[menu.kind].get(key)
    if key == HUMAN_KEY and menu.kind == "progress":
        _leave(turn, "human")
    elif question is None and key == END_KEY:
        _leave(turn, "done")
    elif question is None:
        _again(turn, menu, "staff_wrong")
    else:
        _ask(turn, question)


def silence(turn: Turn) -> None:
    """Time is up for an answer of the house, or for a key."""
    menu = turn.state.staff
    if menu is None or menu.stage == "over":
        return
    if menu.stage == "asking":
        _leave(turn, "failed")
    elif menu.stage == "last":
        _leave(turn, menu.question)
    elif len(menu.keys) >= SHORTEST_PIN and menu.stage not in FULL:
        _entered(turn, menu)  # who does not know of the hash key
    else:
        _again(turn, replace(menu, keys=""))


def _again(turn: Turn, menu: StaffMenu, *before: str) -> None:
    if menu.silences >= SILENCES:
        _leave(turn, "human" if menu.stage in HUMAN else "done")
        return
    asked = f"staff_menu_{menu.kind}" if menu.stage == "menu" else SAID.get(menu.stage, f"staff_{menu.stage}")
    _speak(turn, replace(menu, silences=menu.silences + 1), *before, asked)


def over(turn: Turn) -> None:
    """Longer than the flow allows."""
    menu = turn.state.staff
    if menu and menu.stage != "over":
        _leave(turn, "human" if menu.kind == "progress" and not menu.told else "done")


def _leave(turn: Turn, outcome: str) -> None:
    """The flow has the last word."""
    menu = turn.state.staff
    assert menu is not None
    # Who goes on to a person has not got what they wanted: lost in the queue, they are called back.
    turn.set(staff=replace(menu, stage="over", keys="", number_keys="", told=menu.told and outcome == "done"))
    turn.do(act.CancelTimer("staff"), act.CancelTimer("staff_all"))
    flow.step(turn, outcome)


def under_way(turn: Turn) -> bool:
    """Whether keys and the end of prompts are the menu's."""
    return turn.state.staff is not None and turn.state.staff.stage != "over"
