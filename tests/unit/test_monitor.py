"""A supervisor on a call: who hears whom in every mode, taking over, and what a pinned call survives."""

from __future__ import annotations

import itertools

import pytest

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations.recovery import closing_facts
from hotline.core.facts import Fact
from tests.unit.conversation_harness import Driver

pytestmark = pytest.mark.unit

S = "supervisor:mon1"
A = "agent:off1"


class Wires:
    """Who hears whom and what is recorded, as the bridge would have it after these actions."""

    def __init__(self, actions: list[act.Action]) -> None:
        self.hears: set[tuple[str, str]] = set()
        self.taps: set[tuple[str, str]] = set()
        for action in actions:
            match action:
                case act.Bridge(one, two):
                    self.hears |= {(one, two), (two, one)}
                case act.Unbridge(one, two):
                    self.hears -= {(one, two), (two, one)}
                case act.Hear(source, sink, on):
                    (self.hears.add if on else self.hears.discard)((source, sink))
                case act.Tap(recording, leg, on):
                    (self.taps.add if on else self.taps.discard)((recording, leg))
                case act.HangUp(leg):
                    self.hears = {pair for pair in self.hears if leg not in pair}

    def of(self, sink: str) -> set[str]:
        return {source for source, its in self.hears if its == sink}


def talking() -> Driver:
    call = Driver()
    call.to_queue()
    call.to_agent()
    return call


def monitored(mode: str = "listen", call: Driver | None = None) -> Driver:
    call = call or talking()
    call.command("start_monitor", monitor_id="mon1", agent_id="sup", uri="sip:8000@hotline.local", mode=mode, told=True)
    call.feed(ev.LegRinging(S))
    call.feed(ev.LegAnswered(S))
    return call


@pytest.mark.parametrize(
    ("mode", "caller_hears", "agent_hears"),
    [("listen", {A}, {"caller"}), ("whisper", {A}, {"caller", S}), ("barge", {A, S}, {"caller", S})],
)
def test_who_hears_whom(mode: str, caller_hears: set[str], agent_hears: set[str]) -> None:
    call = monitored(mode)
    wires = Wires(call.did)
    assert wires.of("caller") == caller_hears
    assert wires.of(A) == agent_hears
    assert wires.of(S) == {"caller", A}
    assert bool(wires.taps) == (mode == "barge")


@pytest.mark.parametrize("modes", list(itertools.permutations(["listen", "whisper", "barge"])))
def test_modes_are_switched_live_and_end_without_a_trace(modes: tuple[str, ...]) -> None:
    call = monitored(modes[0])
    for mode in modes[1:]:
        call.command("set_monitor", monitor_id="mon1", mode=mode)
        assert call.state.monitor
        assert call.state.monitor.mode == mode
    call.command("stop_monitor", monitor_id="mon1")
    wires = Wires(call.did)
    assert wires.hears == {("caller", A), (A, "caller")}
    assert not wires.taps
    assert call.fact("monitor_ended")["ended_by"] == "supervisor"
    assert call.state.phase == "agent_talk"


def test_a_caller_on_hold_does_not_hear_a_barging_supervisor() -> None:
    call = monitored("barge")
    call.command("hold", agent_id="a1")
    assert S not in Wires(call.did).of("caller")
    assert S in Wires(call.did).of(A)
    call.command("unhold", agent_id="a1")
    assert S in Wires(call.did).of("caller")


def test_a_monitor_goes_on_from_agent_to_expert() -> None:
    call = monitored("whisper")
    call.to_hunt()
    leg = call.to_expert()
    wires = Wires(call.did)
    assert wires.of(S) == {"caller", leg}
    assert wires.of(leg) == {"caller", S}
    assert wires.of("caller") == {leg}


@pytest.mark.parametrize(("code", "reason"), [(486, "busy"), (480, "no_answer"), (603, "refused"), (500, "failed")])
def test_a_supervisors_phone_that_fails_changes_nothing(code: int, reason: str) -> None:
    call = talking()
    before = Wires(call.did).hears
    call.command("start_monitor", monitor_id="mon1", agent_id="sup", uri="sip:x", mode="barge", told=True)
    call.feed(ev.LegEnded(S, code))
    assert call.fact("monitor_failed")["reason"] == reason
    assert Wires(call.did).hears == before
    assert call.state.phase == "agent_talk"
    assert not call.state.monitor


def test_a_lost_supervisor_and_one_who_does_not_answer_leave_the_talk_alone() -> None:
    call = monitored()
    call.feed(ev.Watchdog("rtp_silence", S))
    assert call.fact("monitor_ended")["ended_by"] == "system"
    call.feed(ev.LegEnded(S, 200, remote=False))
    call.command("start_monitor", monitor_id="mon2", agent_id="sup", uri="sip:x", mode="listen", told=True)
    call.wait(30)
    assert call.fact("monitor_failed")["reason"] == "no_answer"
    assert call.state.phase == "agent_talk"


def test_the_fifth_leg_is_refused_with_a_reason() -> None:
    call = talking()
    call.to_hunt()
    call.try_expert()
    call.feed(ev.LegAnswered("expert:try1"))
    monitored("listen", call)
    assert len(call.state.legs) == 4
    call.command("start_monitor", monitor_id="mon2", agent_id="sup2", uri="sip:x", mode="listen", told=True)
    assert call.fact("monitor_failed")["reason"] == "taken"
    call.command("stop_monitor", monitor_id="mon1")  # its leg is not over yet
    call.command("start_monitor", monitor_id="mon3", agent_id="sup2", uri="sip:x", mode="listen", told=True)
    assert call.fact("monitor_failed") == {"monitor_id": "mon3", "agent_id": "sup2", "reason": "no_leg", "sip_code": 0}


def test_nobody_listens_to_a_queue() -> None:
    call = Driver()
    call.to_queue()
    call.command("start_monitor", monitor_id="mon1", agent_id="sup", uri="sip:x", mode="listen", told=True)
    assert call.fact("monitor_failed")["reason"] == "no_talk"


def test_taking_over_makes_the_supervisor_the_callers_human() -> None:
    call = monitored("barge")
    call.now += 20
    call.command("take_over", monitor_id="mon1", agent_stays=False)
    assert call.fact("agent_left")["ended_by"] == "takeover"
    assert call.fact("agent_connected")["agent_id"] == "sup"
    assert act.HangUp(A) in call.did
    wires = Wires(call.did)
    assert wires.of("caller") == {S}
    assert wires.of(S) == {"caller"}
    assert not wires.taps
    first, second = (data["talk_id"] for name, data in call.facts if name == "agent_connected")
    ended = {data["talk_id"] for name, data in call.facts if name == "recording_ended"}
    assert first in ended
    assert second not in ended
    call.feed(ev.LegEnded(A, 200, remote=False))
    assert call.state.phase == "agent_talk"
    call.now += 10
    call.feed(ev.LegEnded(S, 200))
    assert call.state.phase == "rating"
    assert call.state.rated_talk
    assert call.state.rated_talk.person_id == "sup"


def test_an_agent_who_stays_after_a_take_over_is_heard_and_may_leave() -> None:
    call = monitored("whisper")
    call.command("take_over", monitor_id="mon1", agent_stays=True)
    wires = Wires(call.did)
    assert wires.of("caller") == {S, A}
    assert wires.of(S) == {"caller", A}
    assert wires.of(A) == {"caller", S}
    assert wires.taps == {(call.state.agent.talk.recording_id, A)} if call.state.agent and call.state.agent.talk else False
    call.feed(ev.LegEnded(A, 200))
    assert call.state.phase == "agent_talk"
    assert call.fact("monitor_ended")["agent_id"] == "a1"
    assert Wires([*call.did, act.HangUp(A)]).of("caller") == {S}


def test_taking_over_on_hold_in_a_transfer_and_from_an_expert() -> None:
    held = monitored()
    held.command("hold", agent_id="a1")
    held.command("take_over", monitor_id="mon1", agent_stays=False)
    assert held.fact("hold_ended")["by"] == "takeover"
    assert Wires(held.did).of("caller") == {S}
    assert not held.music
    hunt = monitored()
    hunt.to_hunt()
    hunt.try_expert()
    hunt.command("take_over", monitor_id="mon1", agent_stays=False)
    assert hunt.fact("transfer_ended")["outcome"] == "cancelled"
    assert Wires(hunt.did).of("caller") == {S}
    expert = monitored()
    expert.to_hunt()
    expert.to_expert()
    expert.command("take_over", monitor_id="mon1", agent_stays=True)
    assert expert.fact("expert_left")["ended_by"] == "takeover"
    assert Wires(expert.did).of("caller") == {S}


def test_a_lost_agent_leaves_the_listening_supervisor_who_takes_over() -> None:
    call = monitored()
    call.feed(ev.Watchdog("rtp_silence", A))
    assert call.state.phase == "queue"
    assert call.state.monitor
    call.command("take_over", monitor_id="mon1", agent_stays=False)
    assert call.state.phase == "agent_talk"
    assert call.fact("queue_left")["reason"] == "connected"
    assert Wires(call.did).of("caller") == {S}


def test_the_monitor_ends_with_the_consultation_and_with_the_call() -> None:
    call = monitored()
    call.feed(ev.LegEnded(A, 200))
    assert call.state.phase == "rating"
    assert call.fact("monitor_ended")["ended_by"] == "call"
    assert act.HangUp(S) in call.did
    other = monitored()
    other.feed(ev.LegEnded("caller", 200))
    assert other.names()[-1] == "call_ended"
    assert "monitor_ended" in other.names()
    assert act.HangUp(S) in other.did


def test_help_is_asked_once_and_ends_by_listening_clearing_or_the_end() -> None:
    call = talking()
    call.command("ask_help", help_id="h1", agent_id="a1")
    call.command("ask_help", help_id="h2", agent_id="a1")
    assert call.names().count("help_asked") == 1
    monitored("listen", call)
    assert call.fact("help_ended") == {"help_id": "h1", "ended_by": "monitor"}
    call.command("ask_help", help_id="h3", agent_id="a1")
    call.command("clear_help", help_id="h3", by="acc_x")
    assert call.fact("help_ended")["ended_by"] == "cleared"
    call.command("ask_help", help_id="h4", agent_id="a1")
    call.feed(ev.LegEnded("caller", 200))
    assert call.fact("help_ended") == {"help_id": "h4", "ended_by": "call"}


def test_nothing_but_people_ends_a_pinned_call() -> None:
    call = talking()
    call.command("pin", emergency_id="emg1", by="acc_x")
    assert call.fact("priority_changed")["priority"] == "P0"
    call.command("hang_up", agent_id="a1")
    assert call.state.agent
    call.feed(ev.Watchdog("rtp_silence", "caller"))
    call.feed(ev.Drain())
    call.wait(20_000)
    assert not call.state.ended
    assert call.state.phase == "agent_talk"
    call.feed(ev.LegEnded(A, 200))  # the agent's phone hung up all the same
    assert call.state.phase == "queue"
    assert call.fact("queue_entered")["priority"] == "P0"
    call.wait(20_000)
    assert call.state.phase == "queue"
    call.command("unpin", emergency_id="emg1", by="acc_x")
    call.timers.pop("drain", None)
    call.wait(20_000)
    assert call.state.queue_timed_out


def test_a_recovered_call_closes_its_monitor_and_its_call_for_help() -> None:
    call = monitored()
    call.command("ask_help", help_id="h9", agent_id="a1")
    facts = [Fact(name, "call_x", 1.0 + n, n + 1, "conversation", 1, data) for n, (name, data) in enumerate(call.facts)]
    closing = [name for name, _ in closing_facts(facts, 100.0)]
    assert "monitor_ended" in closing
    assert "help_ended" in closing
    assert closing[-1] == "call_ended"
