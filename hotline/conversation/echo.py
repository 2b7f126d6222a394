"""The headset's self-test: a worker that says what it is, then sends back what it hears, for a limited time.

It is no call of a caller: no flow, no record, nothing is kept. The edge lets only a logged-in headset in here.
"""

from __future__ import annotations

import time
from typing import Final

from hotline import logs
from hotline.conversation.context import Context
from hotline.core.conversations import events as ev
from hotline.core.conversations.model import CALLER
from hotline.telephony.endpoint import Endpoint
from hotline.telephony.events import Dialog
from hotline.telephony.media import Media

log = logs.get("echo")

PROMPT: Final = "test_echo"
LAST_SECONDS: Final = 3.0
"""How long the other side has to confirm the end."""


class Echo:
    """Stands in a worker where a conversation would."""

    call_id = ""
    headsets: Final[frozenset[str]] = frozenset()
    """Nobody looks for silence here: it ends by itself."""

    def __init__(self, context: Context, endpoint: Endpoint, media: Media) -> None:
        self._context = context
        self._endpoint = endpoint
        self._media = media
        self._ends = time.monotonic() + context.settings.headset.echo_seconds
        self._over = False
        self.exiting = False

    def begin(self) -> None:
        """Answer."""
        log.info("echo_begun")
        if not self._endpoint.answer():
            self.exiting = True

    def handle(self, event: ev.Event) -> None:
        """Confirmed: speak; spoken: echo; gone: done. Everything else is none of ours."""
        match event:
            case ev.Confirmed():
                files = self._context.prompts.files((PROMPT,), self._context.settings.flows.language)
                self._media.play(CALLER, files, lambda: self._endpoint.events.append(ev.Played(CALLER, 1)))
            case ev.Played():
                self._media.bridge(CALLER, CALLER)
            case ev.LegEnded():
                self.exiting = True
            case ev.Watchdog() | ev.Drain():
                self._hang_up()

    def _hang_up(self) -> None:
        if not self._over:
            self._over = True
            self._ends = time.monotonic() + LAST_SECONDS
            self._endpoint.hang_up(CALLER, 200)

    def fire_timers(self) -> None:
        """End it when its time is over."""
        if time.monotonic() >= self._ends:
            if self._over:
                self.exiting = True
            self._hang_up()

    def next_timer(self) -> float:
        """Seconds until somebody should look."""
        return 0.25

    def digit(self, event: ev.Digit) -> None:
        """Keys mean nothing here."""

    def note_dialog(self, dialog: Dialog) -> None:
        """Nothing is kept."""

    def leg_over(self, leg: str) -> None:
        self._media.forget(leg)

    def close(self) -> None:
        """Nothing is open."""
