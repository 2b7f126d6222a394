"""Caller and desk: one person at a time, every leg ends, nobody is lost on the way (I3, I4, I8–I11, I13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from hotline.core.audits.model import CLOCK_SLACK, Broken, Visit
from hotline.core.facts import DIAL_STATUS, Fact

AIR_SECONDS: Final = 2.0
"""I10: a caller whom a human has just left hears something, or somebody, within this time."""


def one_at_a_time(call: Visit) -> Iterator[Broken]:
    """I3 and I13: talks do not overlap, lie within the answered call, and belong to one person each."""
    for first, second in pairwise(call.talks):
        if first.ended_at is None or second.started_at < first.ended_at - 0.001:
            yield call.broken("I3", "talks.overlap", second.talk_id, other=first.talk_id)
    ends = call.named("call_ended")
    for talk in call.talks:
        if talk.ended_at is None:
            if ends:
                yield call.broken("I8", "talk.not_ended", talk.talk_id, person=talk.person_id)
        elif talk.ended_at < talk.started_at - CLOCK_SLACK:
            yield call.broken("I13", "talk.negative", talk.talk_id)
        elif ends and talk.ended_at > ends[0].at + CLOCK_SLACK:
            yield call.broken("I13", "talk.after_end", talk.talk_id)
    told = Counter(str(fact.data["talk_id"]) for fact in call.named("agent_connected", "expert_connected", "party_connected"))
    for talk_id, count in told.items():
        if count > 1:
            yield call.broken("I13", "talk.doubled", talk_id)
    for fact in call.named("agent_left", "expert_left", "party_left"):
        kind = fact.name.partition("_")[0]
        its = next((item for item in call.talks if item.talk_id == fact.data["talk_id"]), None)
        if its is None or (its.kind, its.person_id) != (kind, fact.data[f"{kind}_id"]):
            yield call.broken("I13", "talk.other_person", str(fact.data["talk_id"]))


def offers_once(call: Visit) -> Iterator[Broken]:
    """I4: an offer is accepted at most once, and the phone that is dialled is that of the one who accepted."""
    accepted: dict[str, str] = {}
    for fact in call.routing:
        if fact.name == "offer_accepted":
            offer_id = str(fact.data["offer_id"])
            if offer_id in accepted:
                yield call.broken("I4", "offer.accepted_twice", offer_id)
            accepted[offer_id] = str(fact.data["agent_id"])
    for fact in call.named("agent_dialled"):
        wanted = accepted.get(str(fact.data["offer_id"]))
        if wanted is not None and wanted != fact.data["agent_id"]:
            yield call.broken("I4", "offer.other_agent", str(fact.data["offer_id"]), dialled=fact.data["agent_id"])
    for name in ("agent_dialled", "agent_connected"):
        for offer_id, count in Counter(str(fact.data["offer_id"]) for fact in call.named(name)).items():
            if count > 1:
                yield call.broken("I4", "offer.used_twice", offer_id, fact=name)


def dialled_legs_end(call: Visit) -> Iterator[Broken]:
    """I8: whoever is dialled is connected or given up; nobody is dialled while another rings or talks (I3)."""
    ringing: dict[str, Fact] = {}
    colleagues: set[str] = set()
    talking = False
    for fact in call.facts:
        if fact.name == "agent_dialled":
            if ringing or talking:
                yield call.broken("I3", "agent.dialled_while_busy", str(fact.data["offer_id"]))
            ringing[str(fact.data["offer_id"])] = fact
        elif fact.name == "third_tried" and (fact.data["person_kind"], fact.data["outcome"]) == ("agent", "answered"):
            colleagues.add(str(fact.data["try_id"]))
        elif fact.name in ("agent_connected", "agent_failed"):
            dialled = ringing.pop(str(fact.data["offer_id"]), None)
            came = dialled is not None or str(fact.data["offer_id"]) in colleagues or fact.data.get("by") == "takeover"
            if not came and fact.name == "agent_connected":
                yield call.broken("I8", "agent.connected_undialled", str(fact.data["offer_id"]))
        if fact.name in ("agent_connected", "expert_connected", "party_connected"):
            talking = True
        elif fact.name in ("agent_left", "expert_left", "party_left"):
            talking = False
        if fact.name == "agent_failed" and fact.data["dial_status"] not in (*DIAL_STATUS, "no_key"):
            yield call.broken("I1", "end.unknown_word", key="dial_status", value=str(fact.data["dial_status"])[:40])
    for offer_id, fact in ringing.items():
        # An agent by phone hears a brief before accepting.
        longest = call.limits.agent_ring_seconds + call.limits.brief_seconds + call.limits.accept_seconds
        if call.closed or call.now - fact.at > longest + 10:
            yield call.broken("I8", "agent.leg_not_ended", offer_id, agent=fact.data["agent_id"])


def not_too_often(call: Visit) -> Iterator[Broken]:
    """I9: no more offers or dialled legs for one caller in a minute than the bound."""
    for facts in (
        [fact for fact in call.routing if fact.name == "offer_made"],
        call.named("agent_dialled", "expert_dialled", "third_dialled"),
    ):
        bound = call.limits.dials_per_minute
        times = sorted(fact.at for fact in facts)
        for first, last in zip(times, times[bound:], strict=False):
            if last - first < 60.0:
                yield call.broken("I9", "dialled.too_often", what=facts[0].name, bound=bound)
                break


STAGES: Final = frozenset(
    {
        *("queue_entered", "flow_moved", "rating_offered", "rating_ended", "abuse_ended", "call_ended", "expert_connected"),
        *("agent_connected", "party_connected", "watchdog_fired"),
    }
)
"""Facts after which the caller is somewhere: with a person, in the queue, in the flow, or gone."""
_AFTER_LOSS: Final = frozenset({"queue_entered", "call_ended", "watchdog_fired", ""})
_LOST: Final = frozenset({"agent_left", "expert_left", "party_left"})


def never_in_the_air(call: Visit) -> Iterator[Broken]:
    """I10 and I11: when a human has left, the caller is somewhere else within 2 s; one who was lost, not finished
    with, is back in the queue."""
    transfer = False
    for place, fact in enumerate(call.facts):
        if fact.name in ("transfer_started", "transfer_ended"):
            transfer = fact.name == "transfer_started"
        if fact.name not in _LOST or transfer or fact.data["ended_by"] == "transfer":
            continue
        following = next((item for item in call.facts[place + 1 :] if item.name in STAGES), None)
        if following is None:
            if not call.closed and call.now - fact.at > AIR_SECONDS and not call.live:
                yield call.broken("I10", "caller.in_the_air", str(fact.data["talk_id"]))
            continue
        # What a supervisor says of a dead conversation comes when it comes.
        if following.at - fact.at > AIR_SECONDS and following.epoch == fact.epoch:
            yield call.broken("I10", "caller.in_the_air", str(fact.data["talk_id"]), seconds=round(following.at - fact.at, 2))
        lost = fact.data["ended_by"] == "system" and following.epoch == fact.epoch
        # "Not asked for a rating" is said on the way out: when the caller's own leg was lost, or the whole call ended.
        then = next((item.name for item in call.facts[place + 1 :] if item.name in STAGES - {"rating_ended"}), "")
        if lost and then not in _AFTER_LOSS | call.after_duty(fact):
            yield call.broken("I11", "caller.not_requeued", str(fact.data["talk_id"]), then=then)


LEFT_QUEUE: Final = frozenset({"connected", "timeout", "abandoned", "ended", "callback", "full", "closed"})
"""Every way out of a queue: a human, the time limit, the caller, the end of the call, a call-back taken, no room, the hours."""
_NOT_THE_CALLERS: Final = frozenset({"agent", "expert", "flow"})


def seniority_kept(call: Visit) -> Iterator[Broken]:
    """I11: an agent's phone that did not come ends nothing, and the place in the queue stays that of the first time."""
    first: float | None = None
    for place, fact in enumerate(call.facts):
        if fact.name == "queue_entered":
            at = float(fact.data.get("queued_at") or fact.at)
            if first is not None and fact.data.get("again") and abs(at - first) > 0.001:
                yield call.broken("I11", "queue.seniority_lost", by=round(at - first, 3))
            if not fact.data.get("again"):
                first = at
        elif fact.name == "place_restored" and first is not None:
            # The place of the call we cut off: older, never younger.
            at = float(fact.data["queued_at"])
            if at > first + 0.001:
                yield call.broken("I11", "queue.seniority_lost", by=round(at - first, 3))
            first = at
        following = call.facts[place + 1 : place + 2]
        # Cancelled is what a phone is when the call ends first, or when somebody was sent too late.
        if fact.name == "agent_failed" and fact.data["dial_status"] != "cancelled" and following:
            last = following[0]
            if last.name == "call_ended" and last.data["ended_by"] in _NOT_THE_CALLERS:
                yield call.broken("I11", "call.ended_by_failed_agent", str(fact.data["offer_id"]))
    for fact in call.named("queue_left"):
        if fact.data["reason"] not in LEFT_QUEUE:
            yield call.broken("I11", "queue.left_without_reason", reason=str(fact.data["reason"])[:40])
