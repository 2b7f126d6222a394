"""What letters say: short, complete, nothing of the matter's substance in a text message (others read phones too). Pure.

The ticket's number and, for the caller, the code with which its progress is seen; what is missing; what was decided. Names,
addresses and the story stay in the house.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

LONGEST: Final = 1000
"""Characters of a letter's text; a text message of more than 70 goes in parts."""


@dataclass(frozen=True, slots=True)
class Text:
    """A letter's words. `subject`: of a mail."""

    subject: str
    body: str


_CALLER: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    # kind: ((subject zh, body zh), (subject en, body en))
    "papers": (
        ("补正材料告知 {number}", "您反映的事项（编号{number}）还需一次性补齐：{papers}。{due}逾期未补正的，视为撤回申请。"),
        (
            "Papers still needed, {number}",
            "Your matter {number} needs, all at once: {papers}. {due}What is not supplied in time counts as withdrawn.",
        ),
    ),
    "declined": (
        ("不予受理告知 {number}", "您反映的事项（编号{number}）不予受理：{reason}。建议通过以下途径办理：{route}"),
        ("Not accepted, {number}", "Your matter {number} is not accepted: {reason}. The proper route: {route}"),
    ),
    "result": (
        ("办理结果告知 {number}", "您反映的事项（编号{number}）已办结：{result}"),
        ("Result of {number}", "Your matter {number} is finished: {result}"),
    ),
    "extended": (
        ("延期告知 {number}", "您反映的事项（编号{number}）需延长办理时间。{due}"),
        ("More time for {number}", "Your matter {number} needs more time. {due}"),
    ),
    "progress": (
        ("办理进度 {number}", "您反映的事项（编号{number}）目前：{state}。查询码{code}，请勿告诉他人。"),
        ("Progress of {number}", "Your matter {number}: {state}. Code {code}: keep it to yourself."),
    ),
}
CALLER_KINDS: Final = tuple(_CALLER)
"""Letters that a person may send from the ticket."""
_APPOINTMENT: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "appointment.reminder": (
        (
            "预约提醒 {number}",
            "您就事项{number}预约的时间是{when}。改期或取消请凭查询码在网上办理，或致电12348。",
        ),
        ("Reminder, {number}", "Your appointment on matter {number} is on {when}. To change it, use your code or call 12348."),
    ),
    "appointment.moved": (
        ("预约改期 {number}", "您就编号{number}的事项预约的{when}已改期，请凭查询码查询新的时间，或致电12348。"),
        (
            "Appointment moved, {number}",
            "Your appointment of {when} on matter {number} was moved. See the new time with your code, or call 12348.",
        ),
    ),
    "appointment.cancelled": (
        ("预约取消 {number}", "很抱歉，您就编号{number}的事项预约的{when}已取消（{why}）。如需另约，请致电12348。"),
        (
            "Appointment cancelled, {number}",
            "We are sorry: your appointment of {when} on matter {number} is cancelled ({why}). For another one call 12348.",
        ),
    ),
}
"""Letters that the book of appointments sends by itself."""
APPOINTMENT_KINDS: Final = tuple(_APPOINTMENT)
_DISCREET: Final = (
    ("12348来信", "您咨询的事项有新的进展，请在方便时致电12348。"),
    ("A message from 12348", "There is news for you. Please call 12348 when it suits you."),
)
"""Where somebody else may read the phone: neither what it is about nor that it is a matter with a number."""
_ENGLISH_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DUE: Final = ("请最迟于{day}提交。", "Please supply them by {day}. ")
_DUE_EXTENDED: Final = ("办理期限至{day}。", "It is to be done by {day}.")

_STAFF: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "warning.yellow": (
        ("工单{number}时限提醒", "工单{number}的时限“{rule}”将于{day}届满，请及时办理。"),
        ("Ticket {number}: time is running", "Ticket {number}: the limit {rule} ends at {day}."),
    ),
    "warning.orange": (
        ("工单{number}即将超期", "工单{number}的时限“{rule}”即将于{day}届满，请督促办理。"),
        ("Ticket {number} is nearly late", "Ticket {number}: the limit {rule} ends at {day}. Please see to it."),
    ),
    "warning.red": (
        ("工单{number}已超期", "工单{number}的时限“{rule}”已于{day}届满，尚未办结。"),
        ("Ticket {number} is late", "Ticket {number}: the limit {rule} ended at {day}."),
    ),
    "owed.yellow": (
        ("待办“{rule}”时限提醒", "待办“{rule}”将于{day}届满，请及时办理。"),
        ("{rule}: time is running", "What is owed ({rule}) ends at {day}."),
    ),
    "owed.orange": (
        ("待办“{rule}”即将超期", "待办“{rule}”即将于{day}届满，请督促办理。"),
        ("{rule} is nearly late", "What is owed ({rule}) ends at {day}. Please see to it."),
    ),
    "owed.red": (
        ("待办“{rule}”已超期", "待办“{rule}”已于{day}届满，尚未完成。"),
        ("{rule} is late", "What is owed ({rule}) ended at {day}."),
    ),
    "supervision": (
        ("工单{number}被督办", "工单{number}已被督办（{way}），请登录系统查看要求。"),
        ("Ticket {number} is under supervision", "Ticket {number} is under supervision ({way}). See the console."),
    ),
    "supervision_over": (
        ("工单{number}督办已结束", "工单{number}的督办已结束，请登录系统查看结果。"),
        ("Supervision of {number} is over", "The supervision of ticket {number} is over. See the console."),
    ),
    "village_unreached": (
        ("工单{number}村级未接通", "工单{number}的村级工作室电话未能接通，请联系该村或代为签收。"),
        ("Village not reached, {number}", "The village of ticket {number} was not reached by phone. Call it, or sign for it."),
    ),
    "returned": (
        ("工单{number}被退回", "您首接的工单{number}已被退回异议，请关注后续分派。"),
        ("Ticket {number} was sent back", "Ticket {number}, which you took, was sent back. See the console."),
    ),
    "handover_offered": (
        ("工单{number}移交给您", "工单{number}拟移交给您，请登录系统接收或退回。"),
        ("Ticket {number} is offered to you", "Ticket {number} is to be handed to you. Accept or refuse it in the console."),
    ),
}


def caller(kind: str, values: Mapping[str, Any], language: str = "zh-CN") -> Text:
    """The letter to a caller. `values`: number, and what the kind names; `papers` a list, `day` a date in words or empty.
    Raises KeyError for a kind that is none, or a value that is missing."""
    place = _place(language)
    subject, body = (_CALLER.get(kind) or _APPOINTMENT[kind])[place]
    papers: Sequence[str] = values.get("papers", ())
    due = _DUE_EXTENDED if kind == "extended" else _DUE
    last = str(values.get("day", ""))
    filled = {
        **values,
        "papers": ("、" if not place else ", ").join(papers),
        "due": due[place].format(day=last) if last else "",
    }
    return Text(subject.format_map(filled), _cut(body.format_map(filled)))


def matter_over(language: str = "zh-CN") -> str:
    """Why the house cancels an appointment of a ticket that has ended."""
    return ("工单已结束", "the matter is closed")[_place(language)]


def day(when: date, language: str = "zh-CN") -> str:
    """A date in words.

    >>> day(date(2026, 11, 22)), day(date(2026, 11, 22), "en")
    ('2026年11月22日', '22 November 2026')
    """
    if _place(language):
        return f"{when.day} {_ENGLISH_MONTHS[when.month - 1]} {when.year}"
    return f"{when.year}年{when.month}月{when.day}日"


def day_and_time(when: datetime, language: str = "zh-CN") -> str:
    """A date of the coming weeks with the time of day, in words.

    >>> day_and_time(datetime(2026, 11, 22, 9, 5)), day_and_time(datetime(2026, 11, 22, 9, 5), "en")
    ('11月22日09:05', '22 November at 09:05')
    """
    if _place(language):
        return f"{when.day} {_ENGLISH_MONTHS[when.month - 1]} at {when:%H:%M}"
    return f"{when.month}月{when.day}日{when:%H:%M}"


def _place(language: str) -> int:
    """English where it is known to be the caller's; Chinese for everything else."""
    return 1 if language.startswith("en") else 0


def discreet(language: str = "zh-CN") -> Text:
    """The letter to a caller whose safety may hang on who reads it."""
    return Text(*_DISCREET[_place(language)])


def staff(kind: str, level: str, values: Mapping[str, Any], language: str = "zh-CN") -> Text | None:
    """The letter that goes with a notice; None where the notice in the console is enough."""
    pair = _STAFF.get(f"{kind}.{level}" if level else kind)
    if pair is None:
        return None
    subject, body = pair[_place(language)]
    return Text(subject.format_map(values), _cut(body.format_map(values)))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
