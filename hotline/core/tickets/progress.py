"""What a caller is told of their ticket's progress: how far it is, and until when; nothing of what it is about, and no person.
On the public page and by telephone (its phase), in a letter (a few words), and read out by the agent when they call again
with nothing new (rules F.49: repeated without new facts → answer with progress or result). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from hotline.core.calendars.days import ZONE
from hotline.core.tickets.table import STATES
from hotline.core.tickets.village import day

ANSWERED_WITH_PROGRESS: Final = "D13"
"""Disposition of a call that brought no news and was told how the matter stands."""
PRIVATE_FLAGS: Final = frozenset({"R03", "R04", "R11"})
"""Violence at home, a minor, secrets: whoever holds number and code may be the very person it must be kept from."""


@dataclass(frozen=True, slots=True)
class Stands:
    """How a state is put to the public. `phase`: its code on the page and of its prompt (that two offices argue is
    nobody's business outside); `zh`, `en`: a few words; `say_zh`, `say_en`: within a sentence that is read out."""

    phase: str
    zh: str
    en: str
    say_zh: str
    say_en: str


# fmt: off
STANDS: Final[Mapping[str, Stands]] = MappingProxyType({
    "registered": Stands("received", "已登记", "registered",
        "已经登记，正在审核是否受理", "has been registered and is being looked at"),
    "to_complete": Stands("papers", "待补正材料", "waiting for papers",
        "还需要您补充材料，材料补齐后继续办理", "waits for papers from you and goes on when they are here"),
    "accepted": Stands("accepted", "已受理", "accepted",
        "已经受理，正在安排承办单位", "has been accepted and is being given to an office"),
    "assigned": Stands("assigned", "已分派", "given to an office",
        "已经转到{centre}，等待签收", "has been sent to {centre}, which is about to take it up"),
    "objected": Stands("assigned", "分派核定中", "being given to an office",
        "正在重新确定承办单位", "is being given to another office"),
    "signed": Stands("handling", "已签收", "taken up",
        "{centre}已经签收，即将办理", "has been taken up by {centre}"),
    "handling": Stands("handling", "办理中", "being handled",
        "{centre}正在办理", "is being handled by {centre}"),
    "suspended": Stands("suspended", "暂缓办理", "on hold",
        "暂时中止，等待必要的材料或意见，恢复后继续办理", "stands still until what it waits for is there"),
    "done": Stands("done", "已办结", "finished",
        "已经办结，结果将告知您", "is finished: you will be told the result"),
    "told": Stands("told", "已告知", "finished, the result was told",
        "已经办结，结果已告知您", "is finished and you have been told the result"),
    "followed_up": Stands("told", "已回访", "finished and followed up",
        "已经办结并回访", "is finished and followed up"),
    "declined": Stands("declined", "不予受理", "not accepted",
        "经审核不予受理，理由和办理途径已告知您", "could not be accepted: you were told why, and where it belongs"),
    "withdrawn": Stands("withdrawn", "已撤回", "withdrawn",
        "已经撤回", "has been withdrawn"),
    "merged": Stands("merged", "已并入其他事项", "handled together with another matter",
        "已与您先前反映的同一事项合并办理", "is being handled together with your earlier matter"),
    "archived": Stands("closed", "已归档", "finished and filed",
        "已经办结归档", "is finished and filed"),
})
# fmt: on
"""State → how it is put."""
assert set(STANDS) == set(STATES)
PHASE: Final[Mapping[str, str]] = MappingProxyType({state: stands.phase for state, stands in STANDS.items()})
"""State → what it is called to the public."""
_WAITING: Final = frozenset({"registered", "accepted", "assigned", "objected", "signed", "handling"})
NEWS: Final = (
    "如有新的情况请现在告诉我；没有新情况，办结后我们会主动告知您，不用再次来电。",
    "If there is anything new, please tell me now; if not, we will tell you when it is finished.",
)


def private(risk_flags: frozenset[str], confidential: bool = False) -> bool:
    """Whether nothing is told but to call."""
    return confidential or bool(risk_flags & PRIVATE_FLAGS)


def normal_number(text: str) -> str:
    """A number as typed or keyed (`2026112200012 2`, `20261122-0001-22`) as it stands in the table; `` for none."""
    figures = "".join(char for char in text if char.isascii() and char.isdigit())
    return f"{figures[:8]}-{figures[8:-2]}-{figures[-2:]}" if 14 <= len(figures) <= 16 else ""


def words(state: str, language: str = "zh-CN") -> str:
    """A state in a few words, for a letter; the word itself where it is no state."""
    stands = STANDS.get(state)
    if stands is None:
        return state
    return stands.en if language.startswith("en") else stands.zh


def spoken(phase: str, due_at: float | None, now: float) -> tuple[str, ...]:
    """The prompts that tell it."""
    if due_at is None:
        return (f"progress_{phase}",)
    return (f"progress_{phase}", "progress_overdue") if now > due_at else (f"progress_{phase}", "progress_due", *day(due_at))


@dataclass(frozen=True, slots=True)
class Progress:
    """To be read out to the caller; nothing in it names a person."""

    zh: str
    en: str


def progress(state: str, *, number: str, received_at: float, centre: str, due_at: float | None, now: float) -> Progress:
    """How a ticket stands, for the caller. `due_at`: until when it is to be done; a time that has passed is not promised.

    Raises KeyError for a word that is no state.
    """
    received, stands = datetime.fromtimestamp(received_at, ZONE), STANDS[state]
    said_zh = stands.say_zh.format(centre=centre or "承办单位")
    said_en = stands.say_en.format(centre=centre or "the office")
    zh = f"您{received.month}月{received.day}日反映的事项，工单号{number}，{said_zh}。"
    en = f"Your matter of {received:%d %B}, ticket {number}, {said_en}."
    if state in _WAITING and due_at is not None:
        if due_at > now:
            until = datetime.fromtimestamp(due_at, ZONE)
            zh += f"按规定应在{until.month}月{until.day}日前办结。"
            en += f" It is due by {until:%d %B}."
        else:
            zh += "办理已超过时限，我现在就为您催办。"
            en += " It is overdue: I am pressing for it now."
    return Progress(zh + NEWS[0], f"{en} {NEWS[1]}")
