"""The words. A reason is a code with its figures; a sentence is made of one or several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # why an agent gets no calls
        "no_seat": ("您的坐席没有启用，请联系管理员", "Your seat is not active: ask the administrator"),
        "offline": ("您处于离线状态，点“就绪”才会有来电", "You are offline: press Ready to get calls"),
        "offline_lease": (
            "您的页面与系统断开过，已转为离线；点“就绪”恢复",
            "Your page lost the system and you were taken offline: press Ready",
        ),
        "paused": ("您处于示忙状态（{reason}），已 {for_}", "You are paused ({reason}) for {for_}"),
        "paused_missed": (
            "您连续 {count} 次没有接听，系统已自动示忙；点“就绪”恢复",
            "You missed {count} offers in a row and were paused: press Ready",
        ),
        "paused_phone": (
            "上次转给您时话机没有接通，系统已自动示忙；请检查话机后点“就绪”",
            "Your phone did not take the last call and you were paused: check it, then press Ready",
        ),
        "connecting": ("正在为您接通一位来电人", "A caller is being put through to you"),
        "on_call": ("您正在通话，已 {for_}", "You are on a call, for {for_} now"),
        "wrap_up": ("您处于整理状态，还剩 {left}", "You are in wrap-up, {left} left"),
        "ringing": ("有来电正在您的屏幕上振铃", "A caller is ringing on your screen"),
        "nobody_waits": ("您已就绪 {for_}，现在没有人排队", "You have been ready for {for_}; nobody is waiting"),
        "elsewhere": (
            "排队的 {waiting} 人都在其他坐席处振铃；您前面还有 {ahead} 位空闲更久的坐席",
            "All {waiting} who wait are ringing elsewhere; {ahead} agents have been free for longer than you",
        ),
        "widens": (
            "排队的 {waiting} 人先等{group}坐席，再过 {left} 没人接就会转到您这里",
            "The {waiting} who wait are kept for {group} agents first; in {left} they will come to you",
        ),
        "never": ("排队的 {waiting} 人您不能接（{group}）", "Those who wait ({waiting}) are not for you ({group})"),
        "declined": (
            "您拒接过排队的这位来电人，{left} 内不会再给您",
            "You declined the caller who waits: you will not be shown them for another {left}",
        ),
        # why a caller waited
        "waited": ("排队 {for_}", "Waited {for_}"),
        "not_queued": ("没有排过队", "Never stood in the queue"),
        "at_once": ("一进队就有坐席可接", "an agent was free from the start"),
        "none_free": (
            "前 {for_} 没有空闲的{group}坐席（{desk}）",
            "for the first {for_} no {group} agent was free ({desk})",
        ),
        "none_at_work": ("前 {for_} 没有{group}坐席在岗", "for the first {for_} no {group} agent was at work"),
        "behind": ("进队时前面有 {count} 人", "{count} were ahead on coming"),
        "missed": ("振铃 {count} 次无人接听", "{count} offers were missed"),
        "declined_times": ("被拒接 {count} 次", "{count} were declined"),
        "phone_failed": ("{count} 次坐席话机没有接通", "{count} times the agent's phone failed"),
        "widened": ("{at} 放宽到{group}", "at {at} widened to {group}"),
        "moved": ("{at} 转到{group}队列", "at {at} moved to the {group} queue"),
        "raised": ("{at} 升为 {priority}", "at {at} raised to {priority}"),
        "restored": ("保留了上次中断时的位置", "kept the place of the call that was cut off"),
        "answered_by": ("由 {name} 接听", "answered by {name}"),
        "gave_up": ("来电人挂断", "the caller hung up"),
        "callback": ("来电人选择了回电", "the caller chose a call-back"),
        "timeout": ("超过等待时限", "the time limit ran out"),
        "full": ("队列已满", "the queue was full"),
        "closed": ("服务时间结束", "the hours were over"),
        "ended": ("通话中断", "the call was cut off"),
        "waiting": ("仍在等候", "still waiting"),
    }
)
GROUPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "neighbour": ("综合组", "the general group"),
        "any": ("全部坐席", "all agents"),
        "language": ("不限语言的坐席", "agents of any language"),
    }
)
_CODES: Final = frozenset({"group", "reason"})
STATES: Final = (
    ("on_call", "{} 人通话", "{} on calls"),
    ("wrap_up", "{} 人整理", "{} in wrap-up"),
    ("paused", "{} 人示忙", "{} paused"),
    ("offline", "{} 人离线", "{} offline"),
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is true, with its figures: seconds as `for_` and `left`, words as (Chinese, English)."""

    code: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """In Chinese, or English when `language` begins with `en`."""
        english = language.startswith("en")
        said = {key: _say(key, value, english) for key, value in self.figures.items()}
        return TEXTS[self.code][english].format(**said)


def named(reason: Reason, words: Mapping[str, tuple[str, str]]) -> Reason:
    """The reason with words (Chinese, English) in place of codes; a code nobody knows stands for itself."""
    figures = {key: words.get(str(value), value) if key in _CODES else value for key, value in reason.figures.items()}
    return Reason(reason.code, figures)


def sentence(reasons: Iterable[Reason], language: str) -> str:
    """All of them as one sentence; the first is followed by a colon when more come."""
    parts = [reason.text(language) for reason in reasons]
    english = language.startswith("en")
    colon, comma, stop = (": ", "; ", ".") if english else ("：", "，", "。")
    return (colon.join([parts[0], comma.join(parts[1:])]) if len(parts) > 1 else parts[0]) + stop


def span(seconds: float, english: bool) -> str:
    """A length of time as people say it: `3 分 20 秒`, `3 min 20 s`."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    words = ("min", "s") if english else ("分", "秒")
    said = [f"{minutes} {words[0]}"] if minutes else []
    return " ".join([*said, *([f"{rest} {words[1]}"] if rest or not minutes else [])])


def desk_words(counts: Mapping[str, int]) -> tuple[str, str]:
    """`2 人通话，1 人整理` in both languages."""
    zh = "，".join(text.format(counts[state]) for state, text, _ in STATES if counts.get(state))
    en = ", ".join(text.format(counts[state]) for state, _, text in STATES if counts.get(state))
    return zh, en


def _say(key: str, value: Any, english: bool) -> str:
    if key in ("for_", "left"):
        return span(float(value), english)
    if isinstance(value, tuple):
        return str(value[english])
    return str(value)
