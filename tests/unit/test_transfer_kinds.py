"""Transfers: every kind × stage × event of the table, played through the whole pure conversation."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.core.audits import check_call
from hotline.core.conversations import Policy
from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import Kind, Stage
from hotline.core.conversations.recovery import closing_facts
from hotline.core.conversations.transfers.kinds import EVENTS, Event, step_for
from hotline.core.conversations.wiring import music_for_caller, pairs
from hotline.core.facts import Fact
from tests.unit.conversation_harness import Driver

pytestmark = pytest.mark.unit

AGENT, CALLER = "agent:off1", "caller"
COMMANDS = {
    "complete": "complete_transfer",
    "cancel": "cancel_transfer",
    "drop": "drop_party",
    "toggle": "toggle_transfer",
    "conference": "conference",
}
KINDS: tuple[Kind, ...] = ("auto", "blind", "attended", "three_way")
TARGETS = ("expert", "agent", "hotline")
THIRD = {"expert": "expert:try1", "agent": "agent:col1", "hotline": "party:trf1"}


class Call(Driver):
    """A caller with agent a1, and a transfer of one kind to one target."""

    kind: str = "auto"
    target: str = "expert"

    def begin(self, kind: str, target: str) -> None:
        self.kind, self.target = kind, target
        self.to_queue()
        self.heard()
        self.to_agent()
        self.now += 10
        self.command("start_transfer", transfer_id="trf1", agent_id="a1", kind=kind, target=target, patience=25)

    def dial(self) -> None:
        if self.target == "expert":
            self.try_expert()
        elif self.target == "agent":
            self.command("try_agent", transfer_id="trf1", try_id="col1", agent_id="a2", uri="sip:8002@hotline.local")
        else:
            self.command("try_party", transfer_id="trf1", try_id="par1", party_id="hl_110", number_enc="v1.n", trunk="demo")
        self.feed(ev.LegRinging(self.third))
        self.now += 3

    def reach(self) -> None:
        self.dial()
        self.feed(ev.LegAnswered(self.third))
        if self.target == "expert":
            self.brief_heard()
            self.key("1", self.third)
        self.now += 5

    @property
    def third(self) -> str:
        return THIRD[self.target]

    def go_to(self, stage: str) -> None:
        """From just reached to a stage."""
        for _ in range(4):
            now = self.state.transfer.stage if self.state.transfer else ""
            if now == stage:
                return
            self.now += 2
            self.do_event("conference" if stage == "three" else "toggle")
        raise AssertionError(f"{stage} was not reached")

    def do_event(self, event: str) -> None:
        if event in COMMANDS:
            self.command(COMMANDS[event], transfer_id="trf1", agent_id="a1")
        elif event == "nobody":
            self.command("give_up_transfer", transfer_id="trf1")
        elif event == "agent_gone":
            self.feed(ev.LegEnded(AGENT, 200))
        elif event == "third_gone":
            self.feed(ev.LegEnded(self.third, 200))
        elif event == "too_long":
            self.feed(ev.TimerFired("consult"))
        elif event == "reached":
            self.reach()
        self.now += 1

    def end(self) -> None:
        """The caller hangs up, the record is closed, and every invariant holds."""
        self.now += 5
        self.feed(ev.LegEnded(CALLER, 200))
        facts = [
            Fact(name, "call_x", at, seq, "conversation", 1, data)
            for seq, ((name, data), at) in enumerate(zip(self.facts, self.times, strict=True), 1)
        ]
        assert check_call(facts, self.now) == []


def cared_for(call: Call) -> None:
    """The caller hears a human, or music or words; never nothing (I10)."""
    joined = any(CALLER in pair for pair in pairs(call.state))
    assert joined or call.playing or (call.music and music_for_caller(call.state)), call.state.phase


def _happens(kind: str, target: str, stage: str, event: str) -> bool:
    """Whether that can come about at all: blind to a colleague is the queue at once; only some kinds have later stages."""
    if stage == "seeking":
        return event != "too_long" and (kind, target) != ("blind", "agent")
    return kind in ("attended", "three_way") and event != "reached"


STAGES = ("seeking", "consult", "aside", "three")
CELLS = [cell for cell in itertools.product(KINDS, TARGETS, STAGES, EVENTS) if _happens(*cell)]


@pytest.mark.parametrize(("kind", "target", "stage", "event"), CELLS)
def test_every_cell(kind: Kind, target: str, stage: Stage, event: Event) -> None:
    call = Call()
    call.begin(kind, target)
    queued_at = call.fact("queue_entered")["queued_at"]
    if stage != "seeking":
        call.reach()
        call.go_to(stage)
    cared_for(call)
    step = step_for(kind, stage, event)
    before = call.state
    call.do_event(event)
    cared_for(call)
    third = call.third
    if step is None:
        assert call.state.transfer == before.transfer
    elif step == "hand_over":
        assert call.state.transfer is None
        assert pairs(call.state) == {(CALLER, third)}
        assert call.fact("transfer_ended")["outcome"] == "connected"
        assert event == "agent_gone" or act.HangUp(AGENT, 603) in call.did
    elif step == "give_back":
        assert call.state.transfer is None
        assert pairs(call.state) == {(CALLER, AGENT)}
        if stage != "seeking" and event != "third_gone":
            assert act.HangUp(third, 603) in call.did
        wanted = "conferred" if stage == "three" else "cancelled" if event in ("cancel", "drop") else "returned"
        assert call.fact("transfer_ended")["outcome"] == wanted
    elif step == "requeue":
        assert call.state.phase == "queue"
        again = call.fact("queue_entered")
        assert (again["queued_at"], again["wish"]) == (queued_at, "a1")
    elif step == "let_go":
        assert call.state.agent is None
        assert call.state.transfer is not None
        assert call.state.transfer.kind == "blind"
    else:
        assert call.state.transfer is not None
        assert call.state.transfer.stage == {"consult": "consult", "aside": "aside", "join": "three"}[step]
    call.end()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("kind", "stage"), [("attended", "consult"), ("attended", "aside"), ("three_way", "three")])
def test_a_lost_phone_is_like_a_hang_up(kind: str, stage: str, target: str) -> None:
    for leg, wanted in ((AGENT, "connected"), (THIRD[target], {"three": "conferred"}.get(stage, "returned"))):
        call = Call()
        call.begin(kind, target)
        call.reach()
        call.go_to(stage)
        call.feed(ev.Watchdog("rtp_silence", leg))
        assert call.fact("transfer_ended")["outcome"] == wanted
        cared_for(call)
        call.end()


def test_who_hears_whom_and_who_is_recorded_in_a_consultation() -> None:
    call = Call()
    call.begin("attended", "expert")
    call.reach()
    assert pairs(call.state) == {(AGENT, "expert:try1")}
    record = [item for item in call.did if isinstance(item, act.Record)][-1]
    assert (record.caller, record.others) == ("", (AGENT, "expert:try1"))
    call.do_event("toggle")
    assert pairs(call.state) == {(CALLER, AGENT)}
    assert act.Music("expert:try1", on=True) in call.did
    call.do_event("conference")
    assert pairs(call.state) == {(CALLER, AGENT), (CALLER, "expert:try1"), (AGENT, "expert:try1")}
    record = [item for item in call.did if isinstance(item, act.Record)][-1]
    assert (record.caller, record.others) == (CALLER, ("expert:try1",))


def test_the_caller_waits_for_a_limited_time_and_the_agent_is_reminded() -> None:
    call = Call(policy=Policy(consult_seconds=150, hold_reminder_seconds=60))
    call.begin("attended", "expert")
    call.reach()
    call.heard() if call.playing else None
    call.wait(130)
    assert [data["seconds"] for name, data in call.facts if name == "hold_reminded"] == [60, 120]
    assert any(isinstance(item, act.Play) and item.leg == AGENT for item in call.did)
    call.wait(30)
    assert call.fact("transfer_ended")["outcome"] == "returned"
    assert pairs(call.state) == {(CALLER, AGENT)}
    call.end()


def test_hold_is_reminded_again_and_again_and_a_talk_is_never_cut() -> None:
    call = Call()
    call.to_queue()
    call.heard()
    call.to_agent()
    call.command("hold", agent_id="a1")
    call.wait(185)
    assert call.names().count("hold_reminded") == 3
    call.command("unhold", agent_id="a1")
    call.wait(1600)
    assert [data["minutes"] for name, data in call.facts if name == "talk_reminded"] == [15, 25]
    assert pairs(call.state) == {(CALLER, AGENT)}
    call.end()


def test_a_colleague_who_does_not_come() -> None:
    for ending in (ev.LegEnded("agent:col1", 486), ev.TimerFired("third_ring"), ev.Watchdog("no_media", "agent:col1")):
        call = Call()
        call.begin("three_way", "agent")
        call.dial()
        call.feed(ending)
        assert call.fact("third_tried")["outcome"] in ("busy", "no_answer", "failed")
        assert pairs(call.state) == {(CALLER, AGENT)}
        call.wait(30)  # routing stays silent: the conversation looks after the caller by itself
        assert call.fact("transfer_ended")["outcome"] == "returned"
        call.end()


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    target=st.sampled_from(TARGETS),
    moves=st.lists(st.sampled_from([*EVENTS, "lost_agent", "lost_third", "wait"]), max_size=8),
    die=st.booleans(),
)
def test_whatever_happens_the_caller_is_cared_for_and_the_record_is_whole(
    kind: str, target: str, moves: list[str], die: bool
) -> None:
    call = Call()
    call.begin(kind, target)
    dialled = False
    for move in moves:
        if move == "reached":
            if dialled or call.state.transfer is None:
                continue
            dialled = True
        if move == "third_gone" and not dialled:
            continue
        if move == "agent_gone" and AGENT not in call.state.legs:
            continue
        if move.startswith("lost"):
            leg = AGENT if move == "lost_agent" else call.third
            if leg in call.state.legs:
                call.feed(ev.Watchdog("rtp_silence", leg))
        elif move == "wait":
            call.wait(40)
        else:
            call.do_event(move)
        if call.state.ended or call.state.phase in ("ivr", "rating", "goodbye"):
            return
        if call.state.phase != "agent_talk":
            cared_for(call)
        if call.playing:
            call.heard()
    if not die:
        call.end()
        return
    facts = [
        Fact(name, "call_x", at, seq, "conversation", 1, data)
        for seq, ((name, data), at) in enumerate(zip(call.facts, call.times, strict=True), 1)
    ]
    said = closing_facts(facts, call.now + 2)
    closed = [Fact(name, "call_x", call.now + 2, seq, "conversation", 2, data) for seq, (name, data) in enumerate(said, 1)]
    assert check_call([*facts, *closed], call.now + 3) == []
