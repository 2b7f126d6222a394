"""Compares what the people did and heard with what the hotline has on record. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hotline.simulate.scenarios import Scenario

CLOCK_SECONDS = 1.0
"""Times on the wire and on record may differ by this much (invariant I2)."""


@dataclass(slots=True)
class Played:
    """What really happened, as seen from outside."""

    agent_id: str = ""
    declined_by: str = ""
    expert_id: str = ""
    party_id: str = ""
    """Another hotline that joined for a while."""
    wished_expert: str = ""
    expert_call: Any = None
    returned: bool = False
    ended_by: str = ""
    """Who ended the last talk."""
    voices: list[int] = field(default_factory=list)
    """Voices the caller was meant to hear, in order."""
    caller_voices: set[int] = field(default_factory=set)
    answered_at: float = 0.0
    ended_at: float = 0.0
    score: int = 0


def judge(scenario: Scenario, played: Played, record: dict[str, Any]) -> list[str]:
    """Everything on record that is not as it should be, one sentence each."""
    return [
        *_voices(scenario, played),
        *_call(scenario, played, record),
        *_talks(played, record),
        *_tries(scenario, played, record),
        *_rating(scenario, played, record),
        *_outcome(scenario, record),
    ]


def _voices(scenario: Scenario, played: Played) -> list[str]:
    if scenario.hotline or scenario.kind == "three_way":
        return []  # two people at once: a tone of the one and a tone of the other may make the pair of a third
    extra = played.caller_voices - set(played.voices)
    return [f"the caller heard voices of others: {sorted(extra)}"] if extra else []


def _call(scenario: Scenario, played: Played, record: dict[str, Any]) -> list[str]:
    found = []
    if record.get("cause") != scenario.cause:
        found.append(f"cause is {record.get('cause')!r}, not {scenario.cause!r}")
    # Who hung up last is the flow after a rating, or whoever ended the talk.
    by = {"caller"} if scenario.leaves else {played.ended_by, "flow"}
    if record.get("ended_by") not in by:
        found.append(f"ended_by is {record.get('ended_by')!r}, not {' or '.join(sorted(by))}")
    if scenario.leaves == "queue" and record.get("phase") not in ("queue", "agent_ringing"):
        found.append(f"phase is {record.get('phase')!r}, not queue")
    if scenario.leaves == "menu" and record.get("phase") != "ivr":
        found.append(f"phase is {record.get('phase')!r}, not ivr")
    if scenario.queue and record.get("queue") != scenario.queue:
        found.append(f"the key led to queue {record.get('queue')!r}, not {scenario.queue}")
    for name, wire in (("answered_at", played.answered_at), ("ended_at", played.ended_at)):
        noted = record.get(name)
        if noted is None or abs(float(noted) - wire) > CLOCK_SECONDS:
            found.append(f"{name} on record and on the wire differ: {_apart(noted, wire)}")
    return found


def _apart(noted: float | None, wire: float) -> str:
    return "not on record" if noted is None else f"{float(noted) - wire:+.2f} s"


def _talks(played: Played, record: dict[str, Any]) -> list[str]:
    talks = record.get("talks") or []
    people = [str(talk["person_id"]) for talk in talks]
    meant = [person for person in (played.agent_id, played.party_id, played.expert_id) if person]
    found = []
    if list(dict.fromkeys(people)) != meant:
        found.append(f"talks on record are with {people}, not {meant}")
    elif talks and played.ended_by and played.ended_by not in (talks[0].get("ended_by"), talks[-1].get("ended_by")):
        found.append(f"the last talk was ended by {talks[-1].get('ended_by')!r}, not {played.ended_by}")
    recorded = {str(one["talk_id"]) for one in record.get("recordings") or [] if one.get("state") == "sealed"}
    for talk in talks:
        if str(talk["talk_id"]) not in recorded:
            found.append(f"the talk with {talk['person_id']} has no sealed recording")
    if len(record.get("recordings") or []) > len(talks):
        found.append(f"{len(record['recordings'])} recordings of {len(talks)} talks")
    return found


def _tries(scenario: Scenario, played: Played, record: dict[str, Any]) -> list[str]:
    tries = record.get("tries") or []
    if not scenario.transfer:
        return [f"{len(tries)} experts were tried without a transfer"] if tries else []
    if not tries:
        return ["no expert was tried"]
    found = []
    if tries[0].get("expert_id") != played.wished_expert:
        found.append(f"the first try went to {tries[0].get('expert_id')}, not to {played.wished_expert} as wished")
    elif tries[0].get("outcome") != scenario.first_try:
        found.append(f"the first try was {tries[0].get('outcome')!r}, not {scenario.first_try!r}")
    if bool(record.get("transferred")) != bool(played.expert_id):
        found.append(f"transferred is {record.get('transferred')!r}")
    if played.expert_id and tries[-1].get("expert_id") != played.expert_id:
        found.append(f"the last try was {tries[-1].get('expert_id')}, but {played.expert_id} talked")
    return found


def _rating(scenario: Scenario, played: Played, record: dict[str, Any]) -> list[str]:
    row = record.get("rating_row") or {}
    if not scenario.is_rated:
        return [f"rated {record['rating']} without a key"] if record.get("rating") is not None else []
    found = []
    if record.get("rating") != played.score:
        found.append(f"rating is {record.get('rating')!r}, the caller pressed {played.score}")
    person = played.expert_id or played.agent_id
    if row and row.get("person_id") != person:
        found.append(f"the rating went to {row.get('person_id')}, not {person}")
    return found


def _outcome(scenario: Scenario, record: dict[str, Any]) -> list[str]:
    if record.get("outcome") != scenario.outcome:
        return [f"it became {record.get('outcome') or 'nothing'}, not a {scenario.outcome}"]
    ticket = record.get("ticket") or {}
    if scenario.outcome == "ticket" and not ticket.get("centre_id"):
        return ["the ticket was not routed to a centre"]
    if scenario.outcome != "ticket" and record.get("ticket_number"):
        return [f"ticket {record['ticket_number']} was made as well"]
    return []
