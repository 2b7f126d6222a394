"""The rating: at most one, in its window, for the person who was talked with (I20)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hotline.core.audits.model import Broken, Visit

METHODS: Final = frozenset({"rfc4733", "info", "inband"})


def rated_once(call: Visit) -> Iterator[Broken]:
    """I20: one rating at most, between its offer and its end, by a key of the scale, after that talk."""
    ratings = call.named("rated")
    about = call.facts[0].data.get("of_call")  # a rating call asks about a talk of another call
    if len(ratings) > 1:
        yield call.broken("I20", "rating.twice", times=len(ratings))
    for fact in ratings:
        talk_id = str(fact.data["talk_id"])
        talk = next((item for item in call.talks if item.talk_id == talk_id), None)
        place = call.facts.index(fact)
        before = [item for item in call.facts[:place] if item.data.get("talk_id") == talk_id]
        if not any(item.name == "rating_offered" for item in before):
            yield call.broken("I20", "rating.unasked", talk_id)
        if any(item.name == "rating_ended" for item in before):
            yield call.broken("I20", "rating.after_window", talk_id)
        if talk is None:
            if not about:
                yield call.broken("I20", "rating.without_talk", talk_id)
        elif (talk.kind, talk.person_id) != (fact.data["person_kind"], fact.data["person_id"]):
            yield call.broken("I20", "rating.other_person", talk_id, person=fact.data["person_id"])
        elif talk.ended_at is None or talk.ended_at > fact.at + 0.001:
            yield call.broken("I20", "rating.during_talk", talk_id)
        score = fact.data["score"]
        if not isinstance(score, int) or score not in call.limits.rating_scores:
            yield call.broken("I20", "rating.off_scale", talk_id, score=str(score)[:10])
        if fact.data["method"] not in METHODS:
            yield call.broken("I20", "rating.method", talk_id, method=str(fact.data["method"])[:20])


def outcome_of_rating(call: Visit) -> Iterator[Broken]:
    """Each offer of a rating has one end; a rated one says so."""
    for offer in call.named("rating_offered"):
        talk_id = str(offer.data["talk_id"])
        talk = next((item for item in call.talks if item.talk_id == talk_id), None)
        if talk and (talk.kind, talk.person_id) != (offer.data["person_kind"], offer.data["person_id"]):
            yield call.broken("I20", "rating.other_person", talk_id, person=offer.data["person_id"])
        ends = [fact for fact in call.named("rating_ended") if fact.data["talk_id"] == talk_id]
        if not ends and call.closed:
            yield call.broken("I20", "rating.not_ended", talk_id)
        rated = any(fact.data["talk_id"] == talk_id for fact in call.named("rated"))
        if ends and rated and ends[0].data["outcome"] not in ("rated", "system_failure"):
            yield call.broken("I20", "rating.outcome_wrong", talk_id, outcome=ends[0].data["outcome"])
