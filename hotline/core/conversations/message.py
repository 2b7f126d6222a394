"""The voice message: a beep, then what the caller says until a key, a silence, the limit, or the end of the call.

What was said is kept in every case; whether anything was said decides between `recorded` and `empty`.
"""

from __future__ import annotations

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations import flow
from hotline.core.conversations.model import CALLER, Message
from hotline.core.conversations.turn import Turn

LIMIT = "message_limit"
"""Timer: the longest a message may be."""


def begin(turn: Turn, wait: ev.RecordWait) -> None:
    """The invitation is over: the beep. When that was heard already, the recording begins."""
    message = turn.state.message
    if message is None:
        made = Message(turn.new_id("msg"), turn.new_id("rec"))
        turn.set(message=made, phase="message")
        turn.play_caller(wait.beep)
    elif message.state == "beep":
        _capture(turn, wait, message)


def _capture(turn: Turn, wait: ev.RecordWait, message: Message) -> None:
    started = Message(message.message_id, message.recording_id, turn.now, "recording")
    turn.set(message=started)
    turn.say("message_started", message_id=started.message_id, recording_id=started.recording_id)
    turn.say(
        "recording_started",
        recording_id=started.recording_id,
        talk_id=started.message_id,
        person_kind="message",
        person_id="",
    )
    turn.do(
        act.Record(started.recording_id, started.message_id, CALLER, ()),
        act.Listen(CALLER, on=True),
        act.Meter(CALLER, on=True, silence=wait.silence),
        act.SetTimer(LIMIT, wait.seconds),
    )


def digit(turn: Turn, key: str) -> None:
    """The key that ends the message; any other is part of it."""
    wait = turn.state.wait
    if isinstance(wait, ev.RecordWait) and key == wait.finish_on and recording(turn):
        _over(turn, "key")


def voice_heard(turn: Turn, event: ev.VoiceHeard) -> None:
    message = turn.state.message
    if message and event.leg == CALLER and recording(turn):
        turn.set(message=Message(message.message_id, message.recording_id, message.started_at, "recording", heard=True))


def fell_silent(turn: Turn, event: ev.FellSilent) -> None:
    if event.leg == CALLER and recording(turn):
        _over(turn, "silence")


def limit(turn: Turn) -> None:
    if recording(turn):
        _over(turn, "limit")


def failed(turn: Turn, recording_id: str, reason: str) -> bool:
    """The message cannot be recorded: the flow must offer something else. False when it is another recording's failure."""
    message = turn.state.message
    if message is None or message.recording_id != recording_id:
        return False
    turn.say("recording_failed", talk_id=message.message_id, reason=reason, recording_id=recording_id)
    _end(turn, "system", "failed")
    flow.step(turn, "failed")
    return True


def recording(turn: Turn) -> bool:
    """Whether a message is being recorded now."""
    return bool(turn.state.message and turn.state.message.state == "recording")


def _over(turn: Turn, ended_by: str) -> None:
    outcome = "recorded" if turn.state.message and turn.state.message.heard else "empty"
    _close(turn, ended_by)
    flow.step(turn, outcome)


def _close(turn: Turn, ended_by: str) -> None:
    message = turn.state.message
    assert message is not None
    seconds = round(turn.now - message.started_at, 2)
    ids = {"recording_id": message.recording_id, "talk_id": message.message_id}
    turn.do(act.StopRecord(message.recording_id))
    turn.say("recording_ended", **ids, seconds=seconds)
    _end(turn, ended_by, "recorded" if message.heard else "empty")


def _end(turn: Turn, ended_by: str, outcome: str) -> None:
    message = turn.state.message
    assert message is not None
    seconds = round(turn.now - message.started_at, 2)
    turn.do(act.CancelTimer(LIMIT), act.Meter(CALLER, on=False), act.Listen(CALLER, on=False))
    turn.say("message_ended", message_id=message.message_id, outcome=outcome, ended_by=ended_by, seconds=seconds)
    turn.set(message=None, message_left=turn.state.message_left or outcome == "recorded", phase="goodbye")


def call_over(turn: Turn, ended_by: str) -> None:
    """The call ends in the middle of a message: what was said is kept."""
    if recording(turn):
        _close(turn, "caller" if ended_by == "caller" else "system")
