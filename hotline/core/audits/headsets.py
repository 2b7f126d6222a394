"""A lost headset is found again, or the agent has lost the call, in bounded time; and the loss is noticed at once (I5, I10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hotline.core.audits.model import Broken, Visit

NOTICE_SLACK: Final = 1.5
"""Seconds a busy machine may add to `headset.silent_seconds` before the caller hears music."""
RETURN_SLACK: Final = 10.0


def lost_and_found(call: Visit) -> Iterator[Broken]:
    """Each `agent_lost` belongs to a talk under way, and ends in `agent_back`, or with the talk, within
    `headset.return_seconds`; silence was noticed in time."""
    talk_ends = {talk.talk_id: talk.ended_at for talk in call.talks}
    lost: dict[str, float] = {}
    for fact in call.named("agent_lost", "agent_back", "agent_left", "call_ended"):
        talk_id = str(fact.data.get("talk_id") or "")
        if fact.name == "agent_lost":
            if talk_id not in talk_ends or talk_id in lost:
                yield call.broken("I5", "agent.lost_without_talk", talk_id)
            lost[talk_id] = fact.at
            if fact.data["reason"] == "silent":
                seconds = float(fact.data["seconds"])
                if seconds > call.limits.silent_seconds + NOTICE_SLACK:
                    yield call.broken("I10", "agent.silence_unnoticed", talk_id, seconds=seconds)
            continue
        if fact.name == "agent_back" and talk_id not in lost:
            yield call.broken("I5", "agent.back_without_loss", talk_id)
        for ended in [talk_id] if fact.name != "call_ended" else list(lost):
            since = lost.pop(ended, None)
            if since is not None and fact.at - since > call.limits.return_seconds + RETURN_SLACK and fact.epoch == 1:
                yield call.broken("I10", "agent.lost_too_long", ended, seconds=round(fact.at - since, 1))
    for talk_id, since in lost.items():
        if call.live and call.now - since > call.limits.return_seconds + RETURN_SLACK:
            yield call.broken("I10", "agent.lost_too_long", talk_id, seconds=round(call.now - since, 1))
