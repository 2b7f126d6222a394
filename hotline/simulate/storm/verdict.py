"""Compares what was done and heard in a storm with what is on record, call by call, by rules. Pure.

A call whose worker the storm killed is `cut`: it must be closed, accounted for, and nothing more. Every other call must tell
what happened on the wire, whoever was killed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.core.outcomes import TICKET_DISPOSITIONS
from hotline.simulate.ear import Ear
from hotline.simulate.storm.listening import longest_without, served_between, stretches
from hotline.simulate.storm.scene import Seen, Served

CLOCK_SECONDS: Final = 1.0
"""Times on the wire and on record may differ by this much."""
GAP_SECONDS: Final = 2.0
"""The longest a caller may hear nothing, and two people who are bridged may not hear one another."""
SHORT_SECONDS: Final = 1.0
"""Talks shorter than this are too short to be told by ear."""
TRIED: Final = frozenset(
    {"agent_connected", "agent_left", "third_dialled", "third_tried", "side_talk_started", "expert_connected"}
)

Record = Mapping[str, Any]


@dataclass(slots=True)
class Judged:
    """One call: what is wrong with it, and the figures taken from it."""

    call_id: str
    what: str
    cut: bool = False
    reasons: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One call from all ends. `ears` of the people who talked, by their id; `voices` by id; `excused` stretches of time."""

    seen: Seen
    served: Sequence[Served]
    ears: Mapping[str, Sequence[Ear]]
    voices: Mapping[str, int]
    cut: bool
    excused: Sequence[tuple[float, float]] = ()
    lag: Sequence[tuple[float, float]] = ()
    """When the simulator itself was late, and by how much: its own times are no better than that."""


def judge(evidence: Evidence, record: Record) -> Judged:
    """Everything on record that is not as it was seen, one sentence each."""
    seen = evidence.seen
    found = Judged(str(record["call_id"]), _what(evidence), evidence.cut, list(seen.troubles))
    found.reasons += _closed(record)
    if evidence.cut:
        found.reasons += _cut(record)
        return found
    found.reasons += [
        *_end(seen, record),
        *_times(evidence, record),
        *_outcome(record),
        *_talks(evidence, record),
        *_rating(seen, record),
        *_strangers(evidence, record),
        *_heard(evidence, record, found.figures),
    ]
    if record.get("queued_at") and record.get("agent_connected_at"):
        found.figures["wait"] = float(record["agent_connected_at"]) - float(record["queued_at"])
    return found


def _what(evidence: Evidence) -> str:
    plan = evidence.seen.plan
    deeds = [served.deed or served.mood for served in evidence.served]
    return "+".join([plan.kind if plan else "called_back", *deeds])


def _closed(record: Record) -> list[str]:
    found = []
    if record.get("state") != "closed":
        found.append(f"the record is still {record.get('state')} in phase {record.get('phase')}")
    elif not record.get("outcome"):
        found.append("nothing was made of it")
    open_ones = [one for one in record.get("recordings") or [] if one.get("state") not in ("sealed", "failed")]
    if open_ones:
        found.append(f"{len(open_ones)} recording(s) not sealed")
    return found


def _cut(record: Record) -> list[str]:
    found = []
    if record.get("cause") != "system_failure":
        found.append(f"its worker was killed, but the cause is {record.get('cause')!r}")
    if record.get("outcome") not in ("callback", "attempt") and not record.get("talks"):
        found.append(f"its worker was killed before any talk, and it became {record.get('outcome')!r}")
    return found


# ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _causes(seen: Seen, record: Record) -> set[str]:
    """The causes that fit what the caller did."""
    reached = bool(record.get("talks"))
    plan, end = seen.plan, seen.call.leg.end
    mine = end is not None and end.by == "local" and not seen.vanished_at
    kept = {"callback_promised"} if plan is not None and plan.wants_callback else set()
    if plan is not None and (plan.kind == "mute" or seen.vanished_at):
        kept.add("rtp_timeout")
    if plan is not None and plan.kind == "cancels":
        kept |= {"cancelled", "abandoned"}
    if mine:
        return kept | ({"completed"} if reached else {"abandoned"})
    return kept | ({"completed"} if reached else set())


def _end(seen: Seen, record: Record) -> list[str]:
    found = []
    cause, by = record.get("cause"), record.get("ended_by")
    causes = _causes(seen, record)
    if cause not in causes:
        end = seen.call.leg.end
        found.append(f"cause is {cause!r}, not {' or '.join(sorted(causes)) or 'any that fits'} (on the wire: {end})")
    crossed = abs(float(record.get("ended_at") or 0) - seen.hung_up_at) < 0.5
    if seen.hung_up_at and by != "caller" and not crossed and cause != "rtp_timeout":
        found.append(f"the caller hung up, but it was ended by {by!r}")
    if not seen.hung_up_at and not seen.vanished_at and by == "caller":
        found.append("ended by 'caller', who did not hang up")
    return found


def _times(evidence: Evidence, record: Record) -> list[str]:
    found = []
    seen = evidence.seen
    for name, wire in (("answered_at", seen.answered_at), ("ended_at", seen.ended_at)):
        noted = record.get(name)
        if (name == "ended_at" and seen.vanished_at) or not wire:
            continue
        if noted is None:
            found.append(f"{name} is not on record")
        elif abs(float(noted) - wire) > CLOCK_SECONDS + max(
            (late for at, late in evidence.lag if abs(at - wire) < 5.0), default=0
        ):
            found.append(f"{name} on record and on the wire differ by {float(noted) - wire:+.2f} s")
    return found


def _outcome(record: Record) -> list[str]:
    outcome, reached = record.get("outcome"), bool(record.get("talks"))
    outbound = record.get("direction") == "outbound"
    if not reached or record.get("cause") == "callback_promised":
        meant = {"attempt"} if outbound else {"callback"}
    elif record.get("disposition") in TICKET_DISPOSITIONS:
        meant = {"ticket"}
    else:
        meant = {"consultation"}
    found = [] if outcome in meant else [f"it became {outcome!r}, not {' or '.join(sorted(meant))}"]
    if bool(record.get("ticket_number")) != (outcome == "ticket"):
        found.append(f"outcome {outcome!r} with ticket {record.get('ticket_number')!r}")
    return found


# ── who talked ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _talks(evidence: Evidence, record: Record) -> list[str]:
    found = []
    talks, seen_back = record.get("talks") or [], evidence.seen.back
    named = {
        str(fact["data"].get(key))
        for fact in record.get("timeline") or []
        if fact["name"] in TRIED
        for key in ("person_id", "agent_id", "expert_id")
        if fact["data"].get(key)
    }
    # Of a call that the hotline makes, agent and person hear each other from the notice on, before it is a talk.
    timeline = record.get("timeline") or []
    failed_before = {str(f["data"]["agent_id"]) for f in timeline if f["name"] == "agent_failed" and seen_back}
    for served in evidence.served:
        ring = served.ring
        heard = ring is not None and evidence.seen.voice in ring.call.ear.voices_heard()
        if heard and served.agent_id not in named | failed_before:
            found.append(f"{served.agent_id} heard the caller, but is not on record")
    sealed = {str(one["talk_id"]) for one in record.get("recordings") or [] if one.get("state") == "sealed"}
    failed = {str(one["talk_id"]): one.get("reason") for one in record.get("recordings") or [] if one.get("state") == "failed"}
    for talk in talks:
        long = float(talk["ended_at"] or 0) - float(talk["started_at"])
        if str(talk["talk_id"]) not in sealed and long > SHORT_SECONDS:
            why = failed.get(str(talk["talk_id"]), "none was made")
            found.append(f"the talk of {long:.1f} s with {talk['person_id']} has no sealed recording: {why}")
    connected: dict[str, set[str]] = {}
    for fact in record.get("timeline") or []:
        if fact["name"] == "agent_connected" and fact["data"].get("by") != "takeover":
            connected.setdefault(str(fact["data"]["offer_id"]), set()).add(str(fact["data"]["agent_id"]))
    found += [f"offer {offer} was bridged to {sorted(who)}" for offer, who in connected.items() if len(who) > 1]
    return found


def _rating(seen: Seen, record: Record) -> list[str]:
    score = record.get("rating")
    if not seen.rating_keys:
        # A last key may cross the end of the call.
        return [f"rated {score} without a key"] if score is not None and not seen.back else []
    ended = float(record.get("ended_at") or 0)
    if score is None and record.get("ended_by") == "caller" and ended - seen.ended_at < CLOCK_SECONDS:
        return ["a key was pressed at the rating, and none is on record"] if not seen.hung_up_at else []
    if str(score) == seen.rating_keys or (score is None and seen.vanished_at):
        return []
    how = seen.plan.dtmf if seen.plan else ""
    return [f"rating is {score!r}, the caller pressed {seen.rating_keys} ({how})"]


def _together(record: Record) -> bool:
    """Whether three people were ever heard at once: then pairs of tones tell nothing."""
    stages = {str(f["data"].get("stage")) for f in record.get("timeline") or [] if f["name"] == "transfer_moved"}
    kinds = {str(f["data"].get("kind")) for f in record.get("timeline") or [] if f["name"] == "transfer_started"}
    return "three" in stages or "three_way" in kinds


def _strangers(evidence: Evidence, record: Record) -> list[str]:
    """Voices heard that have no business in this call."""
    if _together(record):
        return []
    known = {str(value) for f in record.get("timeline") or [] for value in f["data"].values() if isinstance(value, str)}
    meant = {evidence.voices[one] for one in known if one in evidence.voices} | {evidence.seen.voice}
    found = []
    for who, ears in (("the caller", [evidence.seen.call.ear]), *evidence.ears.items()):
        extra = {voice for ear in ears for voice in ear.voices_heard()} - meant
        if extra:
            found.append(f"{who} heard voices of others: {sorted(extra)}")
    return found


# ── who heard whom ────────────────────────────────────────────────────────────────────────────────────────────────────


def _heard(evidence: Evidence, record: Record, figures: dict[str, float]) -> list[str]:
    found: list[str] = []
    seen, timeline = evidence.seen, record.get("timeline") or []
    off = [*evidence.excused, *seen.held, *([(seen.vanished_at - 0.5, seen.vanished_at + 3600.0)] if seen.vanished_at else [])]
    end = (seen.ended_at or float(record.get("ended_at") or 0)) - 0.3
    mouth = seen.plan is None or seen.plan.kind not in ("silent", "mute")
    for stretch in stretches(timeline):
        since, until = stretch.since, min(stretch.until, end) - 0.3
        if until - since < GAP_SECONDS or stretch.person not in evidence.voices or _touches(off, since, until):
            continue
        there = longest_without([seen.call.ear], evidence.voices[stretch.person], since, until)
        figures["voice_gap"] = max(figures.get("voice_gap", 0.0), there)
        if there > GAP_SECONDS:
            found.append(
                f"the caller did not hear {stretch.person} for {there:.1f} s of {until - since:.1f} s from {since:.2f}"
            )
        ears = evidence.ears.get(stretch.person, ())
        if mouth and ears and (back := longest_without(ears, seen.voice, since, until)) > GAP_SECONDS:
            counts = [(ear.reception.packets, ear.reception.strangers) for ear in ears]
            found.append(
                f"{stretch.person} did not hear the caller for {back:.1f} s of {until - since:.1f} s from {since:.2f}, "
                f"packets and strangers {counts}"
            )
    for since, until in served_between(timeline):
        until = min(until, end)
        if until <= since or _touches(off, since, until):
            continue
        quiet = seen.call.ear.longest_quiet(since, until)
        figures["quiet"] = max(figures.get("quiet", 0.0), quiet)
        if quiet > GAP_SECONDS:
            found.append(f"the caller heard nothing for {quiet:.1f} s between {since:.2f} and {until:.2f}")
    for at, seconds in seen.call.ear.gaps:
        if not _touches(off, at, at + seconds) and at < end:
            figures["packet_gap"] = max(figures.get("packet_gap", 0.0), seconds)
    if figures.get("packet_gap", 0.0) > GAP_SECONDS:
        found.append(f"no packet came to the caller for {figures['packet_gap']:.1f} s")
    return found


def _touches(spans: Sequence[tuple[float, float]], since: float, until: float) -> bool:
    return any(a <= until and since <= b for a, b in spans)
