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
        self.calling = ""
        """The task whose person is being dialled."""
        self.talks: dict[str, tuple[str, str]] = {}
        self.recordings: dict[str, tuple[str, float]] = {}
        self.transfer = ""
        self.tried: dict[str, tuple[dict[str, Any], float]] = {}
        self.third_tried: tuple[dict[str, Any], float] | None = None
        self.third: dict[str, Any] | None = None
        self.side: dict[str, Any] | None = None
        self.waiting = False
        self.held = False
        self.rating = ""
        self.message: tuple[str, float] | None = None
        self.monitor: tuple[str, str, bool] | None = None
        self.help_id = ""

    def take(self, fact: Fact) -> None:
        data = fact.data
        match fact.name:
            case "call_answered":
                self.answered, self.phase, self.calling = True, "ivr", ""
            case "caller_dialled":
                self.calling, self.phase = str(data["task_id"]), "calling"
            case "caller_failed":
                self.calling = ""
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
            case "party_connected":
                self.phase = "party_talk"
                self.talks[data["talk_id"]] = ("party", data["party_id"])
            case "side_talk_started":
                self.side = dict(data)
            case "side_talk_ended":
                self.side = None
            case "transfer_moved":
                self.phase = "conference" if data["stage"] == "three" else "transfer"
            case "third_dialled":
                self.third_tried = (dict(data), fact.at)
            case "third_tried" if self.third_tried and self.third_tried[0]["try_id"] == data["try_id"]:
                self.third_tried = None
                if data["outcome"] == "answered":
                    self.third = dict(data)
            case "third_left":
                self.third = None
            case "agent_left" | "expert_left" | "party_left":
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
                self.tried[data["try_id"]] = (dict(data), fact.at)
            case "expert_tried":
                self.tried.pop(data["try_id"], None)
                if data["outcome"] == "accepted":
                    self.third = {**data, "person_kind": "expert", "person_id": data["expert_id"]}
            case "transfer_ended" if self.transfer == data["transfer_id"]:
                self.transfer, self.third = "", None
            case "monitor_dialled":
                self.monitor = (data["monitor_id"], data["agent_id"], False)
            case "monitor_started":
                self.monitor = (data["monitor_id"], data["agent_id"], True)
            case "monitor_failed" | "monitor_ended" if self.monitor and self.monitor[0] == data["monitor_id"]:
                self.monitor = None
            case "help_asked":
                self.help_id = data["help_id"]
            case "help_ended":
                self.help_id = ""
            case "message_started":
                self.message, self.phase = (data["message_id"], fact.at), "message"
            case "message_ended":
                self.message, self.phase = None, "goodbye"
            case "rating_offered":
                self.rating, self.phase = data["talk_id"], "rating"
            case "rating_ended":
                self.rating, self.phase = "", "goodbye"

    def close(self, died_at: float) -> list[tuple[str, dict[str, Any]]]:
        said: list[tuple[str, dict[str, Any]]] = []
        if self.calling:
            said.append(("caller_failed", {"task_id": self.calling, "dial_status": "cancelled", "sip_code": 0}))
        if self.dialled:
            who = {key: self.dialled[key] for key in ("offer_id", "agent_id")}
            said.append(("agent_failed", {**who, "dial_status": "cancelled", "sip_code": 0}))
        for tried, tried_at in self.tried.values():
            who = {key: tried[key] for key in ("transfer_id", "try_id", "expert_id")}
            seconds = round(max(0.0, died_at - tried_at), 2)
            said.append(("expert_tried", {**who, "outcome": "cancelled", "sip_code": 0, "seconds": seconds}))
        if self.third_tried:
            tried, tried_at = self.third_tried
            seconds = round(max(0.0, died_at - tried_at), 2)
            said.append(("third_tried", {**_third(tried), "outcome": "cancelled", "sip_code": 0, "seconds": seconds}))
        if self.held:
            said.append(("hold_ended", {"by": "system"}))
        for recording_id, (talk_id, started_at) in self.recordings.items():
            seconds = round(max(0.0, died_at - started_at), 2)
            said.append(
                ("recording_ended", {"recording_id": recording_id, "talk_id": talk_id, "seconds": seconds, "cut": True})
            )
        if self.side:
            keys = ("talk_id", "person_kind", "person_id")
            said.append(("side_talk_ended", {key: self.side[key] for key in keys}))
        if self.third:
            said.append(("third_left", {**_third(self.third), "ended_by": "system"}))
        if self.transfer:
            said.append(("transfer_ended", {"transfer_id": self.transfer, "outcome": "caller_gone"}))
        for talk_id, (kind, person_id) in self.talks.items():
            said.append((f"{kind}_left", {f"{kind}_id": person_id, "talk_id": talk_id, "ended_by": "system"}))
        if self.monitor:
            monitor_id, agent_id, on = self.monitor
            who = {"monitor_id": monitor_id, "agent_id": agent_id}
            if on:
                said.append(("monitor_ended", {**who, "ended_by": "system"}))
            else:
                said.append(("monitor_failed", {**who, "reason": "cancelled", "sip_code": 0}))
        if self.help_id:
            said.append(("help_ended", {"help_id": self.help_id, "ended_by": "call"}))
        if self.message:
            message_id, started_at = self.message
            seconds = round(max(0.0, died_at - started_at), 2)
            # Whether anything was said died with the conversation: the recording is kept, and a person will hear it.
            ended = {"message_id": message_id, "outcome": "recorded", "ended_by": "system", "seconds": seconds, "cut": True}
            said.append(("message_ended", ended))
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


def _third(data: dict[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in ("transfer_id", "try_id", "person_kind", "person_id")}
