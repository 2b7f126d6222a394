"""Voice messages: each ends, is recorded or says why not, and nobody talks meanwhile (I1, I3, I15, I16)."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.core.audits.model import Broken, Visit
from hotline.core.facts import MESSAGE_OUTCOMES, Fact


def messages_end(call: Visit) -> Iterator[Broken]:
    """Each message has one end with a known outcome, lies outside every talk, and what was recorded is as long as it."""
    for start in call.named("message_started"):
        message_id = str(start.data["message_id"])
        ends = [fact for fact in call.named("message_ended") if fact.data["message_id"] == message_id]
        if len(ends) > 1:
            yield call.broken("I1", "message.ended_twice", message_id)
        if not ends:
            if call.closed:
                yield call.broken("I8", "message.not_ended", message_id)
            continue
        end = ends[0]
        if end.data["outcome"] not in MESSAGE_OUTCOMES:
            yield call.broken("I1", "end.unknown_word", message_id, key="outcome", value=str(end.data["outcome"])[:40])
        for talk in call.talks:
            if talk.started_at < end.at and (talk.ended_at is None or talk.ended_at > start.at):
                yield call.broken("I3", "talks.overlap", message_id, other=talk.talk_id)
        yield from _recorded(call, start, end)


def _recorded(call: Visit, start: Fact, end: Fact) -> Iterator[Broken]:
    message_id = str(start.data["message_id"])
    told = [fact for fact in call.named("recording_ended", "recording_failed") if fact.data["talk_id"] == message_id]
    if not told:
        yield call.broken("I15", "message.unrecorded", message_id)
    for fact in told:
        if fact.name == "recording_failed":
            if end.data["outcome"] != "failed":
                yield call.broken("I15", "message.unrecorded", message_id)
            continue
        seconds, wanted = float(fact.data["seconds"]), end.at - start.at
        if abs(seconds - wanted) > call.limits.recording_slack and not fact.data.get("cut"):
            recording_id = str(fact.data["recording_id"])
            yield call.broken("I16", "recording.length", recording_id, seconds=seconds, talk=round(wanted, 2))
