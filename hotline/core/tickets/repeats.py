"""A caller who calls again about what is in hand: nothing is begun anew, they are told how it stands (rules F.49: repeated
without new facts → answer with progress or result). What to read out, in short plain sentences. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from hotline.core.calendars.days import ZONE

ANSWERED_WITH_PROGRESS: Final = "D13"
"""Disposition of a call that brought no news and was told how the matter stands."""


@dataclass(frozen=True, slots=True)
class Progress:
    """To be read out to the caller; nothing in it names a person."""

    zh: str
    en: str


_STANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "registered": ("已经登记，正在审核是否受理", "has been registered and is being looked at"),
        "to_complete": ("还需要您补充材料，材料补齐后继续办理", "waits for papers from you and goes on when they are here"),
        "accepted": ("已经受理，正在安排承办单位", "has been accepted and is being given to an office"),
        "assigned": ("已经转到{centre}，等待签收", "has been sent to {centre}, which is about to take it up"),
        "objected": ("正在重新确定承办单位", "is being given to another office"),
        "signed": ("{centre}已经签收，即将办理", "has been taken up by {centre}"),
        "handling": ("{centre}正在办理", "is being handled by {centre}"),
        "suspended": ("暂时中止，等待必要的材料或意见，恢复后继续办理", "stands still until what it waits for is there"),
        "done": ("已经办结，结果将告知您", "is finished: you will be told the result"),
        "told": ("已经办结，结果已告知您", "is finished and you have been told the result"),
        "followed_up": ("已经办结并回访", "is finished and followed up"),
        "declined": (
            "经审核不予受理，理由和办理途径已告知您",
            "could not be accepted: you were told why, and where it belongs",
        ),
        "withdrawn": ("已经撤回", "has been withdrawn"),
        "merged": ("已与您先前反映的同一事项合并办理", "is being handled together with your earlier matter"),
        "archived": ("已经办结归档", "is finished and filed"),
    }
)
_WAITING: Final = frozenset({"registered", "accepted", "assigned", "objected", "signed", "handling"})
NEWS: Final = (
    "如有新的情况请现在告诉我；没有新情况，办结后我们会主动告知您，不用再次来电。",
    "If there is anything new, please tell me now; if not, we will tell you when it is finished.",
)


def progress(state: str, *, number: str, received_at: float, centre: str, due_at: float | None, now: float) -> Progress:
    """How a ticket stands, for the caller. `due_at`: until when it is to be done; a time that has passed is not promised.

    Raises KeyError for a word that is no state.
    """
    day = datetime.fromtimestamp(received_at, ZONE)
    zh, en = _STANDS[state]
    said_zh = zh.format(centre=centre or "承办单位")
    said_en = en.format(centre=centre or "the office")
    zh = f"您{day.month}月{day.day}日反映的事项，工单号{number}，{said_zh}。"
    en = f"Your matter of {day:%d %B}, ticket {number}, {said_en}."
    if state in _WAITING and due_at is not None:
        if due_at > now:
            until = datetime.fromtimestamp(due_at, ZONE)
            zh += f"按规定应在{until.month}月{until.day}日前办结。"
            en += f" It is due by {until:%d %B}."
        else:
            zh += "办理已超过时限，我现在就为您催办。"
            en += " It is overdue: I am pressing for it now."
    return Progress(zh + NEWS[0], f"{en} {NEWS[1]}")
