"""Transfers to experts: each ends, in time, and never with the caller nowhere (I3, I8, I11, I12)."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.core.audits.desk import AIR_SECONDS, STAGES
from hotline.core.audits.model import Broken, Visit
from hotline.core.facts import TRY_OUTCOMES, Fact


def transfers_end(call: Visit) -> Iterator[Broken]:
    """I12: each transfer ends once, in time, with the caller at an expert, at the agent, in the queue, or gone; experts
    are tried one after another, each to an outcome, and only one who accepted is connected."""
    for start in call.named("transfer_started"):
        transfer_id = str(start.data["transfer_id"])
        ends = [fact for fact in call.named("transfer_ended") if fact.data["transfer_id"] == transfer_id]
        if len(ends) > 1:
            yield call.broken("I12", "transfer.ended_twice", transfer_id)
        until = ends[0].at if ends else call.now
        if not ends and call.closed:
            yield call.broken("I12", "transfer.not_ended", transfer_id)
        elif until - start.at > call.limits.transfer_seconds and (not ends or ends[0].epoch == start.epoch):
            yield call.broken("I12", "transfer.too_long", transfer_id, seconds=round(until - start.at, 1))
        yield from _tries(call, transfer_id)
        if ends:
            yield from _where_the_caller_is(call, ends[0])


def _tries(call: Visit, transfer_id: str) -> Iterator[Broken]:
    dialled: dict[str, Fact] = {}
    outcomes: dict[str, str] = {}
    ringing = ""
    for fact in call.facts:
        if fact.data.get("transfer_id") != transfer_id or "try_id" not in fact.data:
            continue
        try_id = str(fact.data["try_id"])
        if fact.name == "expert_dialled":
            if ringing:
                yield call.broken("I12", "experts.dialled_at_once", try_id, other=ringing)
            dialled[try_id], ringing = fact, try_id
        elif fact.name == "expert_tried":
            if fact.data["outcome"] not in TRY_OUTCOMES:
                yield call.broken("I12", "end.unknown_word", try_id, key="outcome", value=str(fact.data["outcome"])[:40])
            if try_id in outcomes:
                yield call.broken("I12", "try.ended_twice", try_id)
            outcomes[try_id] = str(fact.data["outcome"])
            ringing = "" if ringing == try_id else ringing
        elif fact.name == "expert_connected" and outcomes.get(try_id) != "accepted":
            yield call.broken("I12", "expert.connected_unaccepted", try_id, outcome=outcomes.get(try_id, ""))
    for try_id in dialled:
        if try_id not in outcomes and call.closed:
            yield call.broken("I8", "expert.leg_not_ended", try_id)
    if len(dialled) > call.limits.max_tries:
        yield call.broken("I12", "transfer.too_many_tries", transfer_id, tries=len(dialled))
    if sum(outcome == "accepted" for outcome in outcomes.values()) > 1:
        yield call.broken("I3", "transfer.accepted_twice", transfer_id)


def _where_the_caller_is(call: Visit, end: Fact) -> Iterator[Broken]:
    """After a transfer that failed the agent still talks with the caller, or the caller is in the queue again."""
    if end.data["outcome"] not in ("returned", "cancelled"):
        return
    place = call.facts.index(end)
    with_agent = any(
        talk.kind == "agent" and talk.started_at <= end.at and (talk.ended_at is None or talk.ended_at >= end.at)
        for talk in call.talks
    )
    following = next((fact for fact in call.facts[place + 1 :] if fact.name in STAGES), None)
    queued = following is not None and following.name in ("queue_entered", "call_ended", "watchdog_fired")
    just_now = following is None and call.now - end.at <= AIR_SECONDS
    if not (with_agent or queued or just_now):
        yield call.broken("I11", "transfer.caller_lost", str(end.data["transfer_id"]))
