"""Every talk is recorded, or it is said why not; as long as the talk (I15, I16)."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.core.audits.model import Broken, Visit


def talks_recorded(call: Visit) -> Iterator[Broken]:
    """I15: each talk has a recording that began and ended, or a reason; no recording without its talk."""
    started: dict[str, str] = {}
    ended: set[str] = set()
    reasons: set[str] = set()
    for fact in call.named("recording_started", "recording_ended", "recording_failed"):
        talk_id = str(fact.data["talk_id"])
        if fact.name == "recording_started":
            recording_id = str(fact.data["recording_id"])
            if recording_id in started or talk_id in started.values():
                yield call.broken("I15", "recording.doubled", recording_id, talk=talk_id)
            started[recording_id] = talk_id
            talk = next((item for item in call.all_talks if item.talk_id == talk_id), None)
            if fact.data["person_kind"] == "message" and talk_id in call.message_ids:
                continue
            if talk is None:
                yield call.broken("I15", "recording.without_talk", recording_id)
            elif (talk.kind, talk.person_id) != (fact.data["person_kind"], fact.data["person_id"]):
                yield call.broken("I13", "recording.other_person", recording_id)
        elif fact.name == "recording_ended":
            ended.add(talk_id)
        else:
            reasons.add(talk_id)
    for talk in call.all_talks:
        if talk.talk_id not in started.values() and talk.talk_id not in reasons:
            if call.closed or call.now - talk.started_at > 2:
                yield call.broken("I15", "talk.unrecorded", talk.talk_id)
        elif talk.ended_at is not None and talk.talk_id not in ended | reasons:
            yield call.broken("I15", "recording.not_ended", talk.talk_id)


def lengths(call: Visit) -> Iterator[Broken]:
    """I16: what was recorded is as long as the talk, within 1.2 s. A recording cut off by a crash may be shorter."""
    for fact in call.named("recording_ended"):
        talk = next((item for item in call.all_talks if item.talk_id == fact.data["talk_id"]), None)
        if talk is None or talk.ended_at is None:
            continue
        seconds, wanted = float(fact.data["seconds"]), talk.ended_at - talk.started_at
        too_short = not fact.data.get("cut") and seconds < wanted - call.limits.recording_slack
        if too_short or seconds > wanted + call.limits.recording_slack:
            recording_id = str(fact.data["recording_id"])
            yield call.broken("I16", "recording.length", recording_id, seconds=seconds, talk=round(wanted, 2))
