"""The chapters of a call, from its facts: who was on, when it was held, what was played, when it was rated; and where in which
recording each begins. What was never recorded (the notice before the talk, the rating after it) is a chapter without a place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from hotline.core.facts import Fact

CHAPTERS: Final = (
    "notice", "desk", "hold", "consult", "conference", "expert", "party", "message", "warning", "barge", "rating",
)  # fmt: skip
"""Kinds, each with a word in the console."""
SLACK: Final = 1.0
"""Seconds by which a fact may lie outside its recording and still belong to it: the recorder starts a moment beside it."""

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One recording: its time in Unix seconds (`ended_at` None: still going on) and the talk it is of."""

    recording_id: str
    talk_id: str
    started_at: float
    ended_at: float | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """`at` and `until` (None: to the end) in Unix seconds; `offset` in seconds within `recording_id`, which is empty for
    what no recording holds. `detail`: the prompt of a notice, the number of a warning, the score of a rating."""

    kind: str
    at: float
    until: float | None = None
    person_kind: str = ""
    person_id: str = ""
    detail: str = ""
    recording_id: str = ""
    offset: float = 0.0


def _person(kind: str) -> Callable[[Data], tuple[str, str]]:
    return lambda data: (kind, str(data.get(f"{kind}_id", "")))


def _named(data: Data) -> tuple[str, str]:
    return str(data.get("person_kind", "")), str(data.get("person_id", ""))


def _nobody(_: Data) -> tuple[str, str]:
    return "", ""


@dataclass(frozen=True, slots=True)
class _Begin:
    """How a fact begins a chapter: its kind, whom it is with, and which datum says which one it is (the end names the same)."""

    kind: str
    who: Callable[[Data], tuple[str, str]] = _nobody
    key: str = ""
    detail: str = ""
    momentary: bool = False


_BEGINS: Final[Mapping[str, _Begin]] = {
    "notice_played": _Begin("notice", detail="prompt", momentary=True),
    "agent_connected": _Begin("desk", _person("agent"), "talk_id"),
    "hold_started": _Begin("hold"),
    "expert_connected": _Begin("expert", _person("expert"), "talk_id"),
    "party_connected": _Begin("party", _person("party"), "talk_id"),
    "side_talk_started": _Begin("consult", _named, "talk_id"),
    "message_started": _Begin("message", key="message_id"),
    "abuse_warned": _Begin("warning", _person("agent"), detail="number", momentary=True),
    "rating_offered": _Begin("rating", _named, "talk_id"),
}
_ENDS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "agent_left": (("desk",), "talk_id"),
    "hold_ended": (("hold",), ""),
    "expert_left": (("expert",), "talk_id"),
    "party_left": (("party",), "talk_id"),
    "side_talk_ended": (("consult", "conference"), "talk_id"),
    "message_ended": (("message",), "message_id"),
    "rating_ended": (("rating",), "talk_id"),
}


def chapters(facts: Iterable[Fact], recordings: Sequence[Stretch]) -> list[Chapter]:
    """In order of time. Facts may come in any order and be incomplete: a chapter whose end is unknown ends with the call."""
    found: list[Chapter] = []
    keys: list[str] = []
    open_: dict[tuple[str, str], int] = {}
    last: float | None = None
    ordered = sorted(facts, key=lambda one: (one.at, one.epoch, one.seq))
    for fact in ordered:
        begin = _BEGINS.get(fact.name)
        if begin is not None:
            kind = "conference" if fact.data.get("role") == "conference" else begin.kind
            key = str(fact.data.get(begin.key, "")) if begin.key else ""
            who = begin.who(fact.data)
            detail = str(fact.data.get(begin.detail, "")) if begin.detail else ""
            if (kind, key) in open_:
                continue  # told twice: after a take-over, or a second hold within a hold
            if not begin.momentary:
                open_[kind, key] = len(found)
            found.append(Chapter(kind, fact.at, fact.at if begin.momentary else None, *who, detail))
            keys.append(key)
        elif fact.name in _ENDS:
            kinds, name = _ENDS[fact.name]
            for kind in kinds:
                place = open_.pop((kind, str(fact.data.get(name, "")) if name else ""), None)
                if place is not None:
                    found[place] = replace(found[place], until=fact.at)
        elif fact.name == "monitor_changed" or fact.name == "monitor_started":
            if fact.data.get("mode") == "barge":
                found.append(Chapter("barge", fact.at, fact.at, "supervisor", str(fact.data.get("agent_id", ""))))
                keys.append("")
        elif fact.name == "rated":
            place = open_.get(("rating", str(fact.data.get("talk_id", ""))))
            if place is not None:
                found[place] = replace(found[place], detail=str(fact.data.get("score", "")))
        elif fact.name == "call_ended":
            last = fact.at
    done = [replace(one, until=last) if one.until is None else one for one in found]
    return [_placed(one, key, recordings) for one, key in zip(done, keys, strict=True)]


def _placed(chapter: Chapter, key: str, recordings: Sequence[Stretch]) -> Chapter:
    """Where it is to be heard: in the recording of its own talk, else in the latest one that was running."""
    own = next((one for one in recordings if key and one.talk_id == key and chapter.kind != "rating"), None)
    running = [one for one in recordings if _within(chapter.at, one)]
    place = own or max(running, key=lambda one: one.started_at, default=None)
    if place is None:
        return chapter
    return replace(chapter, recording_id=place.recording_id, offset=max(0.0, chapter.at - place.started_at))


def _within(at: float, one: Stretch) -> bool:
    ended = float("inf") if one.ended_at is None else one.ended_at
    return one.started_at - SLACK <= at < max(ended, one.started_at + 0.001)
