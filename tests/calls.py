"""Facts of made-up calls, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline.core.facts import Fact
from hotline.core.ids import new_id
from hotline.core.journal import encode_fact
from hotline.core.phones import mask
from hotline.secrecy import Secrecy

START = 1_795_312_800.0  # 2026-11-22 02:00 UTC


@dataclass
class FakeCall:
    """Writes facts as a conversation does: counting, in time."""

    secrecy: Secrecy
    at: float = START
    number: str = "13812345678"
    call_id: str = ""
    source: str = "conversation"
    epoch: int = 1
    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.call_id = self.call_id or new_id("call", self.at)

    def say(self, name: str, after: float = 1.0, /, **data: Any) -> FakeCall:
        """One more fact, `after` seconds after the last one."""
        self.at += after
        seq = 1 + sum(1 for fact in self.facts if (fact.source, fact.epoch) == (self.source, self.epoch))
        self.facts.append(Fact(name, self.call_id, self.at, seq, self.source, self.epoch, data))
        return self

    def arrive(self) -> FakeCall:
        return self.say(
            "call_arrived",
            0.0,
            trunk="demo",
            called="12348",
            caller_enc=self.secrecy.seal(self.number, f"call.caller:{self.call_id}"),
            caller_masked=mask(self.number),
            caller_hash=self.secrecy.index(self.number) if self.number else "",
            region_hint="",
            flow="main",
            flow_version="1",
            worker="w1",
        )

    def answer(self) -> FakeCall:
        return self.arrive().say("call_answered", 0.1)

    def queue(self) -> FakeCall:
        return self.answer().say("queue_entered", 5, queue="main", priority=3, language="zh-CN")

    def agent(self, agent_id: str = "agt_8001") -> FakeCall:
        """In talk with an agent, recorded."""
        self.queue()
        self.say("agent_dialled", 2, offer_id="off_1", agent_id=agent_id)
        self.say("agent_ringing", 0.2, offer_id="off_1", agent_id=agent_id)
        self.say("queue_left", 1, reason="agent")
        self.say("agent_connected", 0, offer_id="off_1", agent_id=agent_id, talk_id=self.talk("agent"))
        return self.record("agent", agent_id)

    def record(self, kind: str, person_id: str) -> FakeCall:
        return self.say(
            "recording_started",
            0,
            recording_id=self.recording(kind),
            talk_id=self.talk(kind),
            person_kind=kind,
            person_id=person_id,
        )

    def expert(self, agent_id: str = "agt_8001", expert_id: str = "exp_01") -> FakeCall:
        """Handed on to an expert, who pressed 1."""
        ids = {"transfer_id": f"trf_{self.call_id}", "try_id": f"try_{self.call_id}", "expert_id": expert_id}
        self.say("transfer_started", 30, transfer_id=ids["transfer_id"], agent_id=agent_id)
        self.say("expert_dialled", 0.5, **ids)
        self.say("expert_ringing", 1, **ids)
        self.say("expert_answered", 4, **ids)
        self.say("expert_tried", 3, outcome="accepted", sip_code=200, seconds=8.0, **ids)
        self.say("expert_connected", 0, talk_id=self.talk("expert"), **ids)
        self.say("agent_left", 0.05, agent_id=agent_id, talk_id=self.talk("agent"), ended_by="transfer")
        self.say("recording_ended", 0, recording_id=self.recording("agent"), talk_id=self.talk("agent"), seconds=38.5)
        self.say("transfer_ended", 0, transfer_id=ids["transfer_id"], outcome="connected")
        return self.record("expert", expert_id)

    def hang_up(self, kind: str = "agent", person_id: str = "agt_8001", seconds: float = 60.0) -> FakeCall:
        """The person hangs up first."""
        key = f"{kind}_id"
        self.say(f"{kind}_left", seconds, talk_id=self.talk(kind), ended_by=kind, **{key: person_id})
        return self.say("recording_ended", 0, recording_id=self.recording(kind), talk_id=self.talk(kind), seconds=seconds)

    def rate(self, score: int = 1, kind: str = "agent", person_id: str = "agt_8001") -> FakeCall:
        person = {"talk_id": self.talk(kind), "person_kind": kind, "person_id": person_id}
        self.say("rating_offered", 0.1, **person)
        self.say("rated", 3, score=score, method="rfc4733", **person)
        return self.say("rating_ended", 0.1, talk_id=person["talk_id"], outcome="rated")

    def end(self, cause: str = "completed", ended_by: str = "agent", phase: str = "agent_talk", **more: Any) -> FakeCall:
        data = {"sip_code": 200, "answered": True, **more}
        return self.say("call_ended", 0.5, cause=cause, ended_by=ended_by, phase=phase, **data)

    def talk(self, kind: str) -> str:
        return f"tlk_{kind}_{self.call_id}"

    def recording(self, kind: str) -> str:
        return f"rec_{kind}_{self.call_id}"

    def journal(self, directory: Path, upto: int | None = None) -> Path:
        """Write the journal (the first `upto` facts of it)."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{self.call_id}.jnl"
        path.write_bytes(b"".join(encode_fact(fact) for fact in self.facts[:upto]))
        return path


def whole_form(**changes: Any) -> Mapping[str, Any]:
    """A form that can be submitted."""
    return {
        "caller_name": "王小明",
        "category": "0201",
        "service_type": "S03",
        "matter_region": "990102101",
        "facts": "拖欠三个月工资",
        "request": "请求调解",
        "disposition": "D04",
        "caller_groups": ["G01"],
        "risk_flags": [],
        **changes,
    }
