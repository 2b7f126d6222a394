"""Opening hours and the voice message in one conversation worker, with real SIP and RTP; no routing is needed for either.

The worker is told that the line is closed through Redis, then that it is open by a newer file; what a caller says after the
beep is in the capture, also when the worker is killed while it records.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hotline.bus import keys
from hotline.core.audits import check_call
from hotline.core.calendars.timetable import Line, Timetable
from hotline.core.facts import Fact
from hotline.routing.timetable import write_whole
from hotline.simulate import clips, tones
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.store.captures import open_side
from tests.sip.exchange import Exchange, exchange_at_work

pytestmark = [pytest.mark.sip, pytest.mark.timeout(90)]
VOICE = 33

FLOW = """
languages: [zh-CN]
start: gate
nodes:
  gate:
    hours: {calendar: line}
    route: {open: desk, closed: message, holiday: message}
  message:
    wait: {for: record, seconds: 20, silence: 2}
    route: {recorded: kept, empty: nothing, failed: nothing}
  kept:
    say: [goodbye]
    hang_up: message_left
  nothing:
    say: [goodbye]
    hang_up: completed
  desk:
    wait: {for: queue, queue: GN, seconds: 60}
    route: {talked: nothing, timeout: nothing, closed: nothing, failed: nothing}
"""


def table(*, is_open: bool) -> str:
    now = time.time()
    spans = ((now - 100, now + 9 * 86_400),) if is_open else ()
    return Timetable(now, now + 9 * 86_400, {"12348": Line("12348", open=spans)}).to_json()


@pytest.fixture(scope="module")
def exchange() -> Iterator[Exchange]:
    def prepare(made: Exchange) -> None:
        (Path(made.settings.flows.directory) / "main.yaml").write_text(FLOW, "utf-8")
        made.redis.set(keys.TIMETABLE, table(is_open=False))

    with exchange_at_work(warm=2, most=12, prepare=prepare) as made:
        yield made


async def dial(exchange: Exchange, carrier: SimCarrier) -> tuple[SimCaller, str]:
    caller = carrier.caller("13800005678", voice=VOICE)
    assert await carrier.dial(caller) == 200
    return caller, await exchange.call_of(caller.call.leg.call_id)


def said(exchange: Exchange, recording_id: str) -> tuple[float, float]:
    """Seconds captured of the caller's side, and the share of them that is the caller's own tones."""
    side = open_side(exchange.settings.capture_dir / f"{recording_id}.caller.wav")
    assert side.span is not None
    with side.path.open("rb") as file:
        file.seek(side.span.offset)
        samples = np.frombuffer(file.read(2 * side.frames), "<i2").astype(np.float32)
    whole = samples[: len(samples) // tones.WINDOW * tones.WINDOW].reshape(-1, tones.WINDOW)
    voices, _ = tones.detect_voices(whole)
    return len(samples) / 8000, float(np.mean(voices == VOICE))


def proved(facts: list[Fact]) -> None:
    assert [(item.problem, item.details) for item in check_call(facts, time.time())] == []


async def test_a_closed_line_takes_a_message(exchange: Exchange, carrier: SimCarrier) -> None:
    caller, call_id = await dial(exchange, carrier)
    checked = await exchange.fact(call_id, "hours_checked")
    assert checked.data["state"] == "closed", "told through Redis, there is no file"
    started = await exchange.fact(call_id, "message_started")
    await asyncio.sleep(2.5)
    await caller.press("#")
    ended = await exchange.fact(call_id, "message_ended")
    assert (ended.data["outcome"], ended.data["ended_by"]) == ("recorded", "key")
    assert await caller.ended(10)
    assert (await exchange.fact(call_id, "call_ended")).data["cause"] == "message_left"
    seconds, share = said(exchange, started.data["recording_id"])
    assert seconds == pytest.approx(ended.data["seconds"], abs=1.2)
    assert share > 0.85
    proved(exchange.facts(call_id))


async def test_silence_ends_a_message_and_an_empty_one_is_none(exchange: Exchange, carrier: SimCarrier) -> None:
    caller, call_id = await dial(exchange, carrier)
    caller.call.say(clips.silence())
    await exchange.fact(call_id, "message_started")
    ended = await exchange.fact(call_id, "message_ended")
    assert (ended.data["outcome"], ended.data["ended_by"]) == ("empty", "silence")
    assert await caller.ended(10)
    proved(exchange.facts(call_id))


async def test_what_was_said_survives_the_death_of_the_worker(exchange: Exchange, carrier: SimCarrier) -> None:
    caller, call_id = await dial(exchange, carrier)
    started = await exchange.fact(call_id, "message_started")
    await asyncio.sleep(4.0)
    spoken = time.time() - started.at
    worker = next(name for name, item in exchange.workers().items() if item["call_id"] == call_id)
    os.kill(int(worker.partition("-")[0]), signal.SIGKILL)
    ended = await exchange.fact(call_id, "call_ended", 8)
    assert (ended.data["cause"], ended.data["phase"]) == ("system_failure", "message")
    message = await exchange.fact(call_id, "message_ended")
    assert (message.data["outcome"], message.data["cut"]) == ("recorded", True)
    assert await caller.ended(5)
    seconds, share = said(exchange, started.data["recording_id"])
    assert seconds > spoken - 1.0, f"{seconds:.2f} s of {spoken:.2f} s are left"
    assert share > 0.85
    proved(exchange.facts(call_id))


async def test_the_newer_file_says_that_the_line_is_open(exchange: Exchange, carrier: SimCarrier) -> None:
    write_whole(exchange.settings.timetable_file, table(is_open=True))
    caller, call_id = await dial(exchange, carrier)
    await exchange.fact(call_id, "queue_entered")
    assert (await exchange.fact(call_id, "hours_checked")).data["state"] == "open"
    caller.hang_up()
    await exchange.fact(call_id, "call_ended")


async def test_a_broken_file_leaves_the_line_open_to_a_human(exchange: Exchange, carrier: SimCarrier) -> None:
    exchange.redis.delete(keys.TIMETABLE)
    write_whole(exchange.settings.timetable_file, "{")
    # Those who stand idle have the old copy from Redis: they are used up first.
    for _ in range(exchange.settings.pool.max):
        caller, call_id = await dial(exchange, carrier)
        state = (await exchange.fact(call_id, "hours_checked")).data["state"]
        caller.hang_up()
        await exchange.fact(call_id, "call_ended")
        if state == "unknown":
            await exchange.fact(call_id, "queue_entered")
            return
        assert state == "closed"
    raise AssertionError("no worker ever found that nobody knows the hours")
