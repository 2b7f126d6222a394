"""The visit as a whole: begun once, ended once, in order (I1, I2, I24)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hotline.core.audits.model import CLOCK_SLACK, Broken, Visit
from hotline.core.facts import CAUSES, ENDED_BY, PHASES

LATE: Final = 60.0
"""I1: no call is open longer than its maximum and this."""


def numbered(call: Visit) -> Iterator[Broken]:
    """I24: facts count from 1 without a gap within each epoch, and times do not run backwards (I1)."""
    expected: dict[tuple[str, int], int] = {}
    latest = 0.0
    for fact in call.facts:
        key = (fact.source, fact.epoch)
        wanted = expected.get(key, 1)
        if fact.seq != wanted:
            yield call.broken("I24", "facts.gap", epoch=fact.epoch, expected=wanted, found=fact.seq)
        expected[key] = fact.seq + 1
        if fact.at < latest - CLOCK_SLACK:
            yield call.broken("I1", "times.backwards", fact=fact.name, by=round(latest - fact.at, 3))
        latest = max(latest, fact.at)


def begun_and_ended(call: Visit) -> Iterator[Broken]:
    """I1: one `call_arrived`, first; one `call_ended`, last but for recordings that end after it."""
    if call.facts[0].name != "call_arrived":
        yield call.broken("I1", "call.no_arrival", first=call.facts[0].name)
    if len(call.named("call_arrived")) > 1:
        yield call.broken("I1", "call.arrived_twice")
    ends = call.named("call_ended")
    if len(ends) > 1:
        yield call.broken("I1", "call.ended_twice", times=len(ends))
    if not ends and not call.live:
        # Nobody owns it, and nobody has taken it over.
        yield call.broken("I8", "call.no_owner", last=call.facts[-1].name)
    if ends:
        after = call.facts[call.facts.index(ends[0]) + 1 :]
        for fact in after:
            if not fact.name.startswith("recording_") and fact.name != "call_ended":
                yield call.broken("I1", "call.fact_after_end", fact=fact.name)
                break


def not_too_long(call: Visit) -> Iterator[Broken]:
    """I1: no call lasts, or is open, longer than the maximum and 60 s."""
    ends = call.named("call_ended")
    until = ends[0].at if ends else call.now
    if call.recovered_at is not None:
        until = call.last_word  # how long nobody noticed a death is not the call's length
    seconds = until - call.facts[0].at
    if call.named("call_pinned"):
        return  # danger to life: people decide
    if seconds > call.limits.max_call_seconds + LATE:
        yield call.broken("I1", "call.too_long", seconds=round(seconds, 1), limit=call.limits.max_call_seconds)


def answered(call: Visit) -> Iterator[Broken]:
    """I2: `answered` is true if and only if we sent 200; nobody is heard before that."""
    said = call.named("call_answered")
    if len(said) > 1:
        yield call.broken("I1", "call.answered_twice")
    for end in call.named("call_ended"):
        if bool(end.data["answered"]) != bool(said):
            yield call.broken("I2", "call.answered_wrong", said=bool(end.data["answered"]), sent=bool(said))
    if not said and call.talks:
        yield call.broken("I2", "talk.before_answer", call.talks[0].talk_id)


_Needs = Callable[[Visit, Mapping[str, Any]], bool]
_CAUSE_NEEDS: Final[Mapping[str, _Needs]] = {
    "completed": lambda call, end: bool(end["answered"]),
    "abandoned": lambda call, end: bool(end["answered"]) and not call.talks and end["ended_by"] == "caller",
    "cancelled": lambda call, end: not end["answered"],
    "callback_promised": lambda call, end: bool(call.named("callback_requested")),
    "queue_timeout": lambda call, end: not call.talks and bool(call.named("queue_entered")),
    "rejected": lambda call, end: not end["answered"] and int(end["sip_code"]) >= 300,
    "message_left": lambda call, end: not call.talks and call.message_left,
    "progress_told": lambda call, end: not call.talks and bool(call.named("progress_told")),
    "no_ack": lambda call, end: bool(end["answered"]) and not call.talks,
}


def causes(call: Visit) -> Iterator[Broken]:
    """I1, I2: a known cause, which fits what happened."""
    for end in call.named("call_ended"):
        data = end.data
        for key, known in (("cause", CAUSES), ("ended_by", ENDED_BY), ("phase", PHASES)):
            if data[key] not in known:
                yield call.broken("I1", "end.unknown_word", key=key, value=str(data[key])[:40])
        needs = _CAUSE_NEEDS.get(str(data["cause"]))
        if needs is not None and not needs(call, data):
            yield call.broken("I2", "end.cause_does_not_fit", cause=data["cause"], ended_by=data["ended_by"])
