"""A call gone through in the pool's own memory, before the first fork: nobody calls, nobody is dialled, no file is written.

What a worker does for the first time costs it a copy of every page it writes to: caches of look-ups and of regular expressions,
loggers bound at their first word, code that Python rewrites as it warms up. Done here, it is done once for all of them.

Only what needs no line, no disk and no thread is rehearsed: the decisions of a whole call, its flow, its records and the
words to Redis. Where it fails the workers merely have more memory of their own.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from hotline import logs
from hotline.bus.wire import Command as Words
from hotline.bus.wire import Wire, encode
from hotline.conversation.context import Context
from hotline.conversation.conversation import Conversation, worker_name
from hotline.conversation.journal import Journal
from hotline.conversation.link import Link
from hotline.conversation.outbound import agent_target
from hotline.conversation.watch import RtpWatch
from hotline.core.commands import Command
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER
from hotline.telephony import messages
from hotline.telephony.events import Dialog, IncomingCall

log = logs.get("rehearsal")

ROUNDS: Final = 12
"""Python adapts a function to its use at its 8th call; a few more see it at rest."""
STEPS: Final = 40
"""Events of one rehearsed call at most, whatever the flow."""
_OFFER: Final = "off_rehearsal"
_DESK: Final = f"agent:{_OFFER}"
_INVITE: Final = (
    "INVITE sip:12348@127.0.0.1:5080 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK0\r\n"
    'From: "rehearsal" <sip:anonymous@invalid>;tag=a1\r\nTo: <sip:12348@127.0.0.1>\r\nCall-ID: rehearsal\r\n'
    "CSeq: 1 INVITE\r\nX-Hotline-Trunk: none\r\nX-Hotline-Sent: 1.000000\r\n\r\nv=0\r\n"
)
_SDP: Final = "v=0\r\nm=audio 4000 RTP/AVP 8 0 120\r\na=rtpmap:120 telephone-event/8000\r\na=fmtp:120 0-16\r\n"


class _Stage:
    """Stands for telephony and media: what is played is heard at once, everything else succeeds in silence."""

    def __init__(self) -> None:
        self.events: deque[ev.Event] = deque()
        self.legs: dict[str, Any] = {CALLER: SimpleNamespace(over=False)}
        self.dialled: list[str] = []

    def answer(self) -> bool:
        return True

    def dial(self, name: str, *_: Any, **__: Any) -> None:
        self.dialled.append(name)

    def play(self, _: str, __: list[Path], done: Callable[[], None]) -> None:
        done()

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


class _Mute(Wire):
    """Redis that says 1 to everything, and is never asked."""

    def send(self, *commands: Words) -> None:
        for command in commands:
            encode(command)
        self._read += b":1\r\n" * len(commands)


class _Line(Link):
    """The worker's line to Redis, without its thread: what is to be said is said into the void, at once."""

    def __init__(self, url: str) -> None:
        super().__init__(url, worker_id=worker_name(0), address="sip:127.0.0.1:0", wake=lambda: None)
        self._mouth = _Mute(url)

    def _put(self, what: str, item: Any = None) -> None:
        super()._put(what, item)
        self._say()

    def close(self) -> None:
        os.close(self._bell)


class _Memory(Journal):
    """A journal that is no file."""

    def __init__(self) -> None:
        self.path = Path()
        self._fd = os.memfd_create("rehearsal")
        self._torn = False


def rehearse(context: Context) -> None:
    """Go through a call, several times. Never raises."""
    try:
        with _silence():
            for _ in range(ROUNDS):
                _call(context)
    except Exception:
        log.exception("rehearsal_failed")


def _call(context: Context) -> None:
    stage, line, journal = _Stage(), _Line(context.settings.redis_url), _Memory()
    any_stage: Any = stage
    try:
        line._put("idle")
        talk = Conversation(context, any_stage, any_stage, line, worker_name(0), journal=journal)
        talk.begin(_invite())
        talk.handle(ev.Confirmed())
        watch = RtpWatch(10.0, 30.0, 300.0)
        for step in range(STEPS):
            if talk.state.ended:
                break
            talk.note_dialog(Dialog(CALLER, "rehearsal", f"s{step}"))
            watch.look(CALLER, step, held=False, now=float(step))
            talk.next_timer()
            talk.fire_timers()
            event = stage.events.popleft() if stage.events else _next(talk, stage)
            if isinstance(event, ev.Digit):
                talk.digit(event)
            else:
                talk.handle(event)
            line._put("renew")
        if not talk.state.ended:
            talk.handle(ev.LegEnded(CALLER, 200))
    finally:
        line.close()
        journal.close()


def _next(talk: Conversation, stage: _Stage) -> ev.Event:
    """What the people in this call do now, by what it waits for: choose the last key, talk with an agent, rate, hang up."""
    state = talk.state
    if state.agent:
        return _by_the_agent(state.agent.state, stage)
    match state.wait:
        case ev.DigitsWait(keys=keys):
            return ev.Digit(CALLER, keys[-1] if keys else "0", "rfc4733")
        case ev.QueueWait() if not stage.dialled:
            agent_target(talk._context.settings, "sip:8000@rehearsal.invalid")
            data = {"offer_id": _OFFER, "agent_id": "agt_rehearsal", "uri": "sip:8000@rehearsal.invalid"}
            order = Command("connect_agent", talk.call_id, "cmd_rehearsal", data)
            return ev.Commanded(Command.from_json(order.to_json()))
        case ev.RateWait(keys=keys):
            return ev.Digit(CALLER, keys[-1] if keys else "5", "rfc4733")
    return ev.LegEnded(CALLER, 200)


def _by_the_agent(state: str, stage: _Stage) -> ev.Event:
    if state == "dialling":
        messages.with_usual_events(_SDP)
        return ev.LegRinging(_DESK)
    return ev.LegAnswered(_DESK) if state == "ringing" else ev.LegEnded(_DESK, 200)


def _invite() -> IncomingCall:
    """Read as the endpoint reads one; a number nobody has."""
    found = messages.headers(_INVITE)
    return IncomingCall(
        sip_call_id=found["call-id"],
        from_tag=messages.tag_of(found["from"]),
        caller="10000000000",
        called=messages.request_user(_INVITE),
        trunk=found["x-hotline-trunk"],
        sent_at=messages.seconds_of(found["x-hotline-sent"]),
    )


@contextlib.contextmanager
def _silence() -> Generator[None, None, None]:
    """What is logged meanwhile goes nowhere: no call took place. The loggers themselves stay what they are."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
