"""One worker process: stands idle, serves one caller, ends. Runs after the fork, so nothing here is shared.

The main thread polls SIP, decides and acts; the link's threads do Redis only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any, Final

from hotline import logs
from hotline.conversation.context import Context
from hotline.conversation.conversation import Conversation, worker_name
from hotline.conversation.link import Link
from hotline.conversation.watch import RtpWatch
from hotline.core.conversations import events as ev
from hotline.telephony.endpoint import CallbackFailed, Endpoint
from hotline.telephony.events import Dialog, IncomingCall, RefusedCall
from hotline.telephony.legs import MediaChanged
from hotline.telephony.media import Media

log = logs.get("worker")

LAST_WORDS_SECONDS: Final = 0.3
"""Polled after the call, so that the last BYE gets its 200 and the recorders close their files."""


class Worker:
    """`report` writes one word a line to the pool: `ready`, `busy <call_id>`."""

    def __init__(self, context: Context, slot: int, report: int) -> None:
        settings = context.settings
        self._context = context
        self._report_fd = report
        self._parent = os.getppid()
        self._name = worker_name(slot)
        self._drain = False
        self._orphaned = False
        self._endpoint = Endpoint(
            sip_port=settings.sip.worker_port_from + slot,
            rtp_port=settings.media.worker_port_from + 20 * slot,
            inside_proxy=f"<{settings.inside_uri};lr>",
            identity=f'"12348" <sip:12348@{settings.sip.domain}>',
        )
        self._media = Media(self._endpoint, context.prompts.file("music", "") or settings.prompts_dir / "music.wav")
        self._link = Link(settings.redis_url, worker_id=self._name, address=self._endpoint.address, wake=self._endpoint.wake)
        limits = settings.limits
        self._watch = RtpWatch(limits.no_media_seconds, limits.rtp_silence_seconds, limits.remote_hold_seconds)
        self._talk: Conversation | None = None
        self._looked = 0.0

    def run(self) -> None:
        """Serve at most one caller, then return."""
        signal.signal(signal.SIGTERM, self._on_term)
        self._link.start()
        self._report("ready")
        while not self._finished():
            self._endpoint.poll(self._talk.next_timer() if self._talk else 0.25)
            self._media.hear()
            self._take_events()
            self._look_around()
            if self._talk:
                self._talk.fire_timers()
        self._say_goodbye()

    def _finished(self) -> bool:
        if self._talk:
            return self._talk.exiting
        if self._drain or os.getppid() != self._parent:
            self._link.withdraw()
            # The edge may have claimed us a moment ago.
            deadline = time.monotonic() + LAST_WORDS_SECONDS
            while self._talk is None and time.monotonic() < deadline:
                self._endpoint.poll(0.05)
                self._take_events()
            return self._talk is None
        return False

    def _take_events(self) -> None:
        events = self._endpoint.events
        while events:
            self._take(events.popleft())
        talk = self._talk
        while talk and self._link.commands:
            talk.handle(ev.Commanded(self._link.commands.popleft()))
        while talk and self._link.notices:
            talk.handle(ev.Noticed(self._link.notices.popleft()))

    def _take(self, event: Any) -> None:
        if isinstance(event, IncomingCall | RefusedCall):
            self._begin(event)
            return
        talk = self._talk
        if isinstance(event, CallbackFailed):
            log.error("callback_failed", trace=event.trace)
        elif talk is None:
            return
        elif isinstance(event, Dialog):
            talk.note_dialog(event)
        elif isinstance(event, MediaChanged):
            self._media.changed(event.leg)
        elif isinstance(event, ev.Digit):
            talk.digit(event)
        else:
            talk.handle(event)
            if isinstance(event, ev.LegEnded):
                talk.leg_over(event.leg)
                self._watch.forget(event.leg)

    def _begin(self, call: IncomingCall | RefusedCall) -> None:
        if self._talk:
            return
        self._talk = Conversation(self._context, self._endpoint, self._media, self._link, self._name)
        # The pool must know whose journal this is before anything can go wrong.
        self._report(f"busy {self._talk.call_id}")
        self._talk.begin(call)
        if self._drain:
            self._talk.handle(ev.Drain())

    def _look_around(self) -> None:
        """Once a second: RTP of each leg, and whether the pool is still there."""
        now = time.monotonic()
        if not self._talk or now - self._looked < 1.0:
            return
        self._looked = now
        for name, leg in list(self._endpoint.legs.items()):
            if leg.confirmed and not leg.over:
                finding = self._watch.look(name, leg.packets(), held=leg.remote_hold, now=now)
                if finding:
                    self._talk.handle(finding)
        if os.getppid() != self._parent and not self._orphaned:
            # The pool died: the caller is not to blame. This call goes on to its end.
            self._orphaned = True
            self._talk.handle(ev.Noticed("parent_gone"))

    def _say_goodbye(self) -> None:
        deadline = time.monotonic() + LAST_WORDS_SECONDS
        while time.monotonic() < deadline:
            self._endpoint.poll(0.05)
            self._take_events()
        if self._talk:
            self._talk.close()
        self._link.stop(1.0)

    def _on_term(self, *_: Any) -> None:
        self._drain = True
        if self._talk:
            self._endpoint.events.append(ev.Drain())
        self._endpoint.wake()

    def _report(self, line: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._report_fd, f"{line}\n".encode())


def main(context: Context, slot: int, report: int) -> None:
    """Body of the forked child; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        Worker(context, slot, report).run()
        code = 0
    except Exception:
        log.exception("worker_failed")
    finally:
        sys.stderr.flush()
        os._exit(code)
