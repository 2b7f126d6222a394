"""What a conversation that died (kill -9, abort) leaves unsaid: worked out from the facts in its journal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hotline.core.facts import Fact


def closing_facts(facts: Iterable[Fact], died_at: float) -> list[tuple[str, dict[str, Any]]]:
    """The facts that close everything still open, `call_ended` last; empty when the call is closed already, or never
    began. `died_at` is when the death was noticed (Unix time); talks count until then."""
    known = list(facts)
    if not known or any(fact.name == "call_ended" for fact in known):
        return []
    seen = _Open()
    for fact in known:
        seen.take(fact)
    return seen.close(died_at)


class _Open:
    """Folds facts into what is open."""

    def __init__(self) -> None:
        self.phase = "arrived"
        self.answered = False
        self.dialled: dict[str, Any] | None = None
        self.talks: dict[str, tuple[str, str]] = {}
        self.recordings: dict[str, tuple[str, float]] = {}
        self.transfer = ""
        self.tried: dict[str, Any] | None = None
        self.tried_at = 0.0
        self.waiting = False
        self.held = False
        self.rating = ""

    def take(self, fact: Fact) -> None:
        data = fact.data
        match fact.name:
            case "call_answered":
                self.answered, self.phase = True, "ivr"
            case "queue_entered":
                self.waiting, self.phase = True, "queue"
            case "queue_left":
                self.waiting = False
            case "agent_dialled":
                self.dialled, self.phase = dict(data), "agent_ringing"
            case "agent_failed" if self.dialled and self.dialled["offer_id"] == data["offer_id"]:
                # Not the refusal of a second agent who was sent while this one's phone rings.
                self.dialled, self.phase = None, "queue"
            case "agent_connected":
                self.dialled, self.phase = None, "agent_talk"
                self.talks[data["talk_id"]] = ("agent", data["agent_id"])
            case "expert_connected":
                self.phase = "expert_talk"
                self.talks[data["talk_id"]] = ("expert", data["expert_id"])
            case "agent_left" | "expert_left":
                self.talks.pop(data["talk_id"], None)
            case "recording_started":
                self.recordings[data["recording_id"]] = (data["talk_id"], fact.at)
            case "recording_ended":
                self.recordings.pop(data["recording_id"], None)
            case "hold_started":
                self.held = True
            case "hold_ended":
                self.held = False
            case "transfer_started":
                self.transfer, self.phase = data["transfer_id"], "transfer"
            case "expert_dialled":
                self.tried, self.tried_at = dict(data), fact.at
            case "expert_tried" if self.tried and self.tried["try_id"] == data["try_id"]:
                self.tried = None
            case "transfer_ended" if self.transfer == data["transfer_id"]:
                self.transfer = ""
            case "rating_offered":
                self.rating, self.phase = data["talk_id"], "rating"
            case "rating_ended":
                self.rating, self.phase = "", "goodbye"

    def close(self, died_at: float) -> list[tuple[str, dict[str, Any]]]:
        said: list[tuple[str, dict[str, Any]]] = []
        if self.dialled:
            who = {key: self.dialled[key] for key in ("offer_id", "agent_id")}
            said.append(("agent_failed", {**who, "dial_status": "cancelled", "sip_code": 0}))
        if self.tried:
            who = {key: self.tried[key] for key in ("transfer_id", "try_id", "expert_id")}
            seconds = round(max(0.0, died_at - self.tried_at), 2)
            said.append(("expert_tried", {**who, "outcome": "cancelled", "sip_code": 0, "seconds": seconds}))
        if self.transfer:
            said.append(("transfer_ended", {"transfer_id": self.transfer, "outcome": "caller_gone"}))
        if self.held:
            said.append(("hold_ended", {"by": "system"}))
        for recording_id, (talk_id, started_at) in self.recordings.items():
            seconds = round(max(0.0, died_at - started_at), 2)
            said.append(
                ("recording_ended", {"recording_id": recording_id, "talk_id": talk_id, "seconds": seconds, "cut": True})
            )
        for talk_id, (kind, person_id) in self.talks.items():
            said.append((f"{kind}_left", {f"{kind}_id": person_id, "talk_id": talk_id, "ended_by": "system"}))
        if self.waiting:
            said.append(("queue_left", {"reason": "ended"}))
        if self.rating:
            said.append(("rating_ended", {"talk_id": self.rating, "outcome": "system_failure"}))
        said.append(
            (
                "call_ended",
                {
                    "cause": "system_failure",
                    "ended_by": "system",
                    "phase": self.phase,
                    "sip_code": 0,
                    "answered": self.answered,
                },
            )
        )
        return said
