"""The ledgers' own words, for files (the console has its own texts): list → code → (zh, en). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = MappingProxyType(
    {
        "visit_outcome": {
            "answered": ("当场答复", "answered"),
            "ticket": ("转为工单", "ticket"),
            "referred": ("引导至其他单位", "referred"),
            "appointment": ("预约", "appointment"),
            "declined": ("不予受理", "declined"),
        },
        "adviser_work": {"onsite": ("驻村服务", "on site"), "lecture": ("法治讲座", "lecture"), "other": ("其他", "other")},
        "duty_post": {"desk": ("坐席", "desk agent"), "expert": ("专家", "expert")},
        "call_direction": {"inbound": ("呼入", "in"), "outbound": ("呼出", "out")},
        "ticket_state": {
            "registered": ("登记", "registered"),
            "accepted": ("已受理", "accepted"),
            "to_complete": ("待补正", "papers asked for"),
            "declined": ("不予受理", "declined"),
            "assigned": ("已分派", "assigned"),
            "signed": ("已签收", "signed"),
            "handling": ("办理中", "being handled"),
            "done": ("已办结", "done"),
            "told": ("已告知", "told"),
            "followed_up": ("已回访", "followed up"),
            "archived": ("已归档", "archived"),
            "objected": ("退回异议", "sent back"),
            "suspended": ("已挂起", "suspended"),
            "merged": ("已并单", "merged"),
            "withdrawn": ("已撤回", "withdrawn"),
        },
    }
)


def word(words: str, code: str, *, english: bool) -> str:
    """The word for a code; a code that is not in the list stands for itself."""
    pair = WORDS.get(words, {}).get(code)
    return code if pair is None else pair[1 if english else 0]
