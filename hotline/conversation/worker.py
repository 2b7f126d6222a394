"""One worker process: stands idle, serves one caller, ends. Runs after the fork, so nothing here is shared.

The main thread polls SIP, decides and acts; the link's thread does Redis only.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import time
from typing import Any, Final

from hotline import logs
from hotline.conversation import ghosts
from hotline.conversation.context import Context
from hotline.conversation.conversation import Conversation, worker_name
from hotline.conversation.echo import Echo
from hotline.conversation.journal import Journal
from hotline.conversation.link import Link
from hotline.conversation.slots import Slots
from hotline.conversation.watch import HeadsetWatch, RtpWatch
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.orders import Order
from hotline.core.errors import HotlineError
from hotline.core.headsets import ECHO_TRUNK
from hotline.core.journal import SUFFIX
from hotline.telephony.endpoint import CallbackFailed, Endpoint, PortTaken
from hotline.telephony.events import Dialog, IncomingCall, RefusedCall
from hotline.telephony.legs import MediaChanged
from hotline.telephony.media import Media

log = logs.get("worker")

LAST_WORDS_SECONDS: Final = 0.3
"""Polled after the call, so that the last BYE gets its 200 and the recorders close their files."""


EXIT_PORT_TAKEN: Final = errno.EADDRINUSE
"""Exit code when another process holds our SIP port: the place is not free, and nobody died."""


class Worker:
    """`report` writes one word a line to the pool: `ready`, `busy <call_id>`, `leaving`."""

    def __init__(self, context: Context, slot: int, report: int, slots: Slots, order: Order | None = None) -> None:
        """`order`: made to call somebody; it never stands idle."""
        settings = context.settings
        self._context = context
        self._report_fd = report
        self._parent = os.getppid()
        self._name = worker_name(slot)
        self._slot = slot
        self._slots = slots
        self._order = order
        slots.take(slot)
        self._drain = False
        self._orphaned_at = 0.0
        self._told_orphaned = False
        self._late: IncomingCall | RefusedCall | None = None
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
        self._headsets = HeadsetWatch(settings.headset.silent_seconds)
        self._talk: Conversation | Echo | None = None
        self._looked = 0.0

    def run(self) -> None:
        """Serve at most one caller, then return."""
        signal.signal(signal.SIGTERM, self._on_term)
        self._link.start(idle=self._order is None)
        self._slots.beat(self._slot)
        if self._order is None:
            self._report("ready")
        elif not self._call_out(self._order):
            self._say_goodbye()
            return
        while not self._finished():
            self._slots.beat(self._slot)
            self._endpoint.poll(self._talk.next_timer() if self._talk else 0.25)
            self._media.hear()
            if self._talk is None:
                # Between calls only: a call keeps the flow it began with.
                self._context.published.refresh()
            self._take_events()
            self._look_at_headsets()
            self._look_around()
            if self._talk:
                self._talk.fire_timers()
                in_danger = isinstance(self._talk, Conversation) and bool(self._talk.state.pinned)
                self._slots.busy(self._slot, pinned=in_danger)
        self._say_goodbye()

    def _finished(self) -> bool:
        if self._talk:
            return self._talk.exiting
        if self._late:
            return True
        if self._drain or self._forsaken():
            self._link.withdraw()
            # The edge may have claimed us a moment ago.
            deadline = time.monotonic() + LAST_WORDS_SECONDS
            while self._talk is None and time.monotonic() < deadline:
                self._endpoint.poll(0.05)
                self._take_events()
            return self._talk is None
        return False

    def _forsaken(self) -> bool:
        """Idle, the pool dead, and no new one has come to send us home. Until then we serve callers: there may be nobody
        else to do it."""
        if os.getppid() == self._parent:
            return False
        now = time.monotonic()
        self._orphaned_at = self._orphaned_at or now
        return now - self._orphaned_at > self._context.settings.pool.orphan_seconds

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
                self._headsets.forget(event.leg)

    def _call_out(self, order: Order) -> bool:
        """Begin the call that this worker was made for. An order that was begun before (told twice, a pool that died at the
        wrong moment) is not begun again: nobody is called twice for one cause."""
        folder = self._context.settings.journal_dir
        try:
            if (folder / "done" / f"{order.call_id}{SUFFIX}").exists():
                raise FileExistsError
            journal = Journal(folder, order.call_id, new=True)
        except FileExistsError:
            log.warning("order_begun_before", call_id=order.call_id)
            return False
        if time.time() >= order.expires_at:  # the task may be due again by now, and another order on its way
            log.warning("order_too_late", call_id=order.call_id)
            journal.close()
            journal.path.unlink()
            return False
        self._slots.busy(self._slot)
        self._report(f"busy {order.call_id}")
        self._talk = Conversation(
            self._context, self._endpoint, self._media, self._link, self._name, call_id=order.call_id, journal=journal
        )
        try:
            self._talk.begin_order(order)
        except (HotlineError, KeyError) as error:
            log.error("order_refused", call_id=order.call_id, code=getattr(error, "code", type(error).__name__))
            self._talk.close()
            self._talk = None
            journal.path.unlink(missing_ok=True)
            return False
        if self._drain:
            self._talk.handle(ev.Drain())
        return True

    def _begin(self, call: IncomingCall | RefusedCall) -> None:
        if self._talk or self._late or self._order:
            return
        if ghosts.is_late(self._context, call, time.time()):
            # If the edge still waits for us after all, this makes it go on to the next at once.
            self._endpoint.hang_up(CALLER, 486)
            self._late = call
            return
        self._slots.busy(self._slot)
        if call.trunk == ECHO_TRUNK:
            self._echo(call)
            return
        self._talk = Conversation(self._context, self._endpoint, self._media, self._link, self._name)
        # The pool must know whose journal this is before anything can go wrong.
        self._report(f"busy {self._talk.call_id}")
        self._talk.begin(call)
        if self._drain:
            self._talk.handle(ev.Drain())

    def _echo(self, call: IncomingCall | RefusedCall) -> None:
        """Somebody tests their headset."""
        self._report("busy")
        self._link.withdraw()
        self._talk = echo = Echo(self._context, self._endpoint, self._media)
        if isinstance(call, RefusedCall):
            echo.exiting = True
        else:
            echo.begin()
        if self._drain:
            echo.handle(ev.Drain())

    def _look_at_headsets(self) -> None:
        """Each round, four times a second at least: a page that is gone says no good-bye."""
        talk = self._talk
        for name in tuple(talk.headsets) if talk else ():
            leg = self._endpoint.legs.get(name)
            if talk and leg and leg.confirmed and not leg.over:
                finding = self._headsets.look(name, leg.packets(), time.monotonic())
                if finding:
                    talk.handle(finding)

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
        if os.getppid() != self._parent and not self._told_orphaned:
            # The pool died: the caller is not to blame. This call goes on to its end.
            self._told_orphaned = True
            self._talk.handle(ev.Noticed("parent_gone"))

    def _account_for_late(self) -> None:
        """After we hung: see that the caller we did not serve stands in the records, once."""
        if self._late is None:
            return
        self._report("leaving")
        self._link.withdraw()

        def wait(seconds: float) -> bool:
            self._slots.beat(self._slot)
            self._endpoint.poll(seconds)
            return not self._drain

        ghosts.account_for(self._context, self._late, self._name, self._link.publish, wait)

    def _say_goodbye(self) -> None:
        self._account_for_late()
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


def main(context: Context, slot: int, report: int, slots: Slots, order: Order | None = None) -> None:
    """Body of the forked child; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        Worker(context, slot, report, slots, order).run()
        code = 0
    except PortTaken:
        code = EXIT_PORT_TAKEN
    except Exception:
        log.exception("worker_failed")
    finally:
        sys.stderr.flush()
        os._exit(code)
