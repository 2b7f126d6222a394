"""Transfers to experts: each ends, in time, and never with the caller nowhere (I3, I8, I11, I12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hotline.core.audits.desk import AIR_SECONDS, STAGES
from hotline.core.audits.model import Broken, Visit
from hotline.core.facts import TRANSFER_OUTCOMES, TRY_OUTCOMES, Fact

_SOMEWHERE: Final = frozenset({"queue_entered", "call_ended", "watchdog_fired", "agent_connected"})
"""The last: a supervisor took over."""


def transfers_end(call: Visit) -> Iterator[Broken]:
    """I12: each transfer ends once, in time, with the caller with somebody, in the queue, or gone; experts
    are tried, no more at once than allowed, each to an outcome, and only one who accepted is connected."""
    for start in call.named("transfer_started"):
        transfer_id = str(start.data["transfer_id"])
        ends = [fact for fact in call.named("transfer_ended") if fact.data["transfer_id"] == transfer_id]
        if len(ends) > 1:
            yield call.broken("I12", "transfer.ended_twice", transfer_id)
        if not ends and call.closed:
            yield call.broken("I12", "transfer.not_ended", transfer_id)
        yield from _in_time(call, start, transfer_id, ends[0] if ends else None)
        yield from _tries(call, transfer_id)
        yield from _thirds(call, transfer_id)
        if ends:
            yield from _where_the_caller_is(call, ends[0])


def _in_time(call: Visit, start: Fact, transfer_id: str, end: Fact | None) -> Iterator[Broken]:
    """I12: a search, and each stretch in which agent and third person talk while the caller waits, is bounded. A conference is
    not: nobody waits in it."""
    if call.named("call_pinned"):
        return  # danger to life: people decide
    stages = [(start, "seeking")]
    moves = call.named("transfer_moved")
    stages += [(fact, str(fact.data["stage"])) for fact in moves if fact.data["transfer_id"] == transfer_id]
    bounds = {"seeking": call.limits.transfer_seconds, "consult": call.limits.consult_seconds + 5.0}
    for place, (fact, stage) in enumerate(stages):
        until = stages[place + 1][0] if place + 1 < len(stages) else end
        if until is None and call.closed:
            continue
        seconds = (until.at if until else call.now) - fact.at
        if stage in bounds and seconds > bounds[stage] and (until is None or until.epoch == fact.epoch):
            yield call.broken("I12", "transfer.too_long", transfer_id, seconds=round(seconds, 1), stage=stage)


_CONNECTED: Final = {"agent_connected": "offer_id", "expert_connected": "try_id", "party_connected": "transfer_id"}


def _thirds(call: Visit, transfer_id: str) -> Iterator[Broken]:
    """I8 and I3: who is dialled comes to an end; who came talks with the caller in the end, or leaves; one at a time."""
    dialled: dict[str, Fact] = {}
    came: dict[str, str] = {}
    for fact in call.facts:
        if fact.name in _CONNECTED:
            key = str(fact.data.get(_CONNECTED[fact.name], ""))
            came.pop(transfer_id if fact.name == "party_connected" and key == transfer_id else key, None)
        if fact.data.get("transfer_id") != transfer_id:
            continue
        try_id = str(fact.data.get("try_id", ""))
        if fact.name == "third_dialled":
            dialled[try_id] = fact
        elif fact.name == "third_tried":
            if fact.data["outcome"] not in TRY_OUTCOMES:
                yield call.broken("I12", "end.unknown_word", try_id, key="outcome", value=str(fact.data["outcome"])[:40])
            dialled.pop(try_id, None)
        if (fact.name, fact.data.get("outcome")) in (("third_tried", "answered"), ("expert_tried", "accepted")):
            if came:
                yield call.broken("I3", "third.two_at_once", try_id, other=next(iter(came)))
            party = fact.data.get("person_kind") == "party"
            came[transfer_id if party else try_id] = fact.name
        elif fact.name == "third_left":
            came.pop(transfer_id if fact.data["person_kind"] == "party" else try_id, None)
    if call.closed:
        for try_id in (*dialled, *came):
            yield call.broken("I8", "third.leg_not_ended", try_id)


def side_talks(call: Visit) -> Iterator[Broken]:
    """I3: a third person talks beside an agent's talk, one at a time, and only while it lasts."""
    agents = [talk for talk in call.talks if talk.kind == "agent"]
    latest: float | None = None
    for side in sorted(call.side_talks, key=lambda talk: talk.started_at):
        if side.ended_at is None:
            if call.closed:
                yield call.broken("I8", "talk.not_ended", side.talk_id, person=side.person_id)
            continue
        if latest is not None and side.started_at < latest - 0.001:
            yield call.broken("I3", "talks.overlap", side.talk_id)
        latest = side.ended_at
        inside = (
            talk.started_at <= side.started_at and (talk.ended_at is None or side.ended_at <= talk.ended_at + 0.001)
            for talk in agents
        )
        if not any(inside):
            yield call.broken("I3", "talk.third_alone", side.talk_id)


def _tries(call: Visit, transfer_id: str) -> Iterator[Broken]:
    dialled: dict[str, Fact] = {}
    outcomes: dict[str, str] = {}
    ringing: list[str] = []
    for fact in call.facts:
        if fact.data.get("transfer_id") != transfer_id or "try_id" not in fact.data:
            continue
        try_id = str(fact.data["try_id"])
        if fact.name == "expert_dialled":
            if len(ringing) >= call.limits.parallel:
                yield call.broken("I12", "experts.dialled_at_once", try_id, other=ringing[0])
            dialled[try_id] = fact
            ringing.append(try_id)
        elif fact.name == "expert_tried":
            if fact.data["outcome"] not in TRY_OUTCOMES:
                yield call.broken("I12", "end.unknown_word", try_id, key="outcome", value=str(fact.data["outcome"])[:40])
            if try_id in outcomes:
                yield call.broken("I12", "try.ended_twice", try_id)
            outcomes[try_id] = str(fact.data["outcome"])
            ringing = [item for item in ringing if item != try_id]
        elif fact.name == "expert_connected" and outcomes.get(try_id) != "accepted":
            yield call.broken("I12", "expert.connected_unaccepted", try_id, outcome=outcomes.get(try_id, ""))
    for try_id in dialled:
        if try_id not in outcomes and call.closed:
            yield call.broken("I8", "expert.leg_not_ended", try_id)
    if len(dialled) > call.limits.max_tries and not call.named("call_pinned"):
        yield call.broken("I12", "transfer.too_many_tries", transfer_id, tries=len(dialled))
    if sum(outcome == "accepted" for outcome in outcomes.values()) > 1:
        yield call.broken("I3", "transfer.accepted_twice", transfer_id)


def _where_the_caller_is(call: Visit, end: Fact) -> Iterator[Broken]:
    """After a transfer that failed the agent still talks with the caller, or the caller is in the queue again."""
    if end.data["outcome"] not in TRANSFER_OUTCOMES:
        value = str(end.data["outcome"])[:40]
        yield call.broken("I12", "end.unknown_word", str(end.data["transfer_id"]), key="outcome", value=value)
    if end.data["outcome"] not in ("returned", "cancelled", "conferred", "queued"):
        return
    place = call.facts.index(end)
    with_agent = any(
        talk.kind == "agent" and talk.started_at <= end.at and (talk.ended_at is None or talk.ended_at >= end.at)
        for talk in call.talks
    )
    following = next((fact for fact in call.facts[place + 1 :] if fact.name in STAGES), None)
    queued = following is not None and following.name in _SOMEWHERE | call.after_duty(end)
    just_now = following is None and call.now - end.at <= AIR_SECONDS
    if not (with_agent or queued or just_now):
        yield call.broken("I11", "transfer.caller_lost", str(end.data["transfer_id"]))
