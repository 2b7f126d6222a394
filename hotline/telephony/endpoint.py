"""One pjsua2 endpoint in one process and one thread: up to four legs, G.711 and telephone events only.

Measured facts that shape this file (wheel 2.15.1.post1): at most 4 calls a process; `threadCnt=0` with
`mainThreadOnly=True`, so that every callback runs inside :meth:`Endpoint.poll`; a callback only appends to `events`
inside a catch-all, because an exception in it is swallowed and the caller would get no answer; every object stays
referenced until the process ends, because a collected `Call` can hang up a newer one.

Nothing but loopback and the edge may reach this process: it trusts its peer.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import time
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import pjsua2.pjsua2 as pj

from hotline.core.conversations.model import CALLER
from hotline.telephony import messages
from hotline.telephony.events import IncomingCall, RefusedCall
from hotline.telephony.legs import Leg

CODECS: Final = (("PCMA/8000", 255), ("PCMU/8000", 254))
"""A-law first (rules A.14); everything else the wheel brings (speex, iLBC, GSM, G.722) is off."""
CLOCK_RATE: Final = 8000
LOG_LEVEL: Final = 1
"""Errors only."""


_LIBC: Final = ctypes.CDLL(None)
"""Opened once: opening it makes classes, in every worker anew."""
_PORT_TAKEN: Final = 120_000 + errno.EADDRINUSE
"""PJSIP's number for an error of the system (PJ_STATUS_FROM_OS)."""


class PortTaken(Exception):
    """Another process holds the SIP port."""


class Endpoint:
    """The SIP and media side of one conversation. `events` receives core events, `IncomingCall` and `RefusedCall`,
    `Dialog`; the owner takes them out after each :meth:`poll`.
    """

    def __init__(
        self,
        *,
        sip_port: int,
        rtp_port: int,
        inside_proxy: str,
        identity: str,
        codecs: tuple[tuple[str, int], ...] = CODECS,
        log_level: int = LOG_LEVEL,
        session_timer_seconds: int = 1800,
    ) -> None:
        """Start SIP on `127.0.0.1:sip_port` and use RTP ports from `rtp_port` on (20 of them). `inside_proxy` (a SIP URI
        with `;lr`) takes every request we send; `identity` is the From of calls without a trunk.

        Raises PortTaken when somebody else holds `sip_port`, pjsua2.Error for other failures.
        """
        self.events: deque[Any] = deque()
        self.legs: dict[str, Leg] = {}
        self.sip_port = sip_port
        self._rtp_port = rtp_port
        self._proxy = inside_proxy
        self._timer_seconds = session_timer_seconds
        self._keep: list[Any] = []
        self._refreshes: dict[Leg, float] = {}
        self._accounts: dict[str, Any] = {}
        ready = _prepared if _prepared is not None else _Prepared()
        self._ep, self._config = ready.endpoint, ready.account
        self._ep.owner = self
        if ready.pid != os.getpid():
            # Tags, Call-IDs and branches come from the C library's random numbers, and ours would be our siblings'.
            _LIBC.srand(int.from_bytes(os.urandom(4), "little"))
        if log_level != LOG_LEVEL:
            ready.library.logConfig.level = ready.library.logConfig.consoleLevel = log_level
        self._ep.libInit(ready.library)
        ready.transport.port = sip_port
        try:
            self._transport = self._ep.transportCreate(pj.PJSIP_TRANSPORT_UDP, ready.transport)
        except pj.Error as error:
            if error.status == _PORT_TAKEN:
                raise PortTaken(sip_port) from None
            raise
        self._ep.audDevManager().setNullDev()
        self._ep.libStart()
        self._ep.codecSetPriority("*", 0)
        for codec, priority in codecs:
            self._ep.codecSetPriority(codec, priority)
        self._account(identity)
        self._wake = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    @property
    def address(self) -> str:
        """Where this worker can be reached by the edge."""
        return f"sip:127.0.0.1:{self.sip_port}"

    def poll(self, seconds: float) -> None:
        """Handle SIP for at most `seconds`; returns early when something happened or :meth:`wake` was called."""
        self._ep.libHandleEvents(max(0, int(seconds * 1000)))
        now = time.monotonic()
        for leg in [leg for leg, due in self._refreshes.items() if due <= now]:
            del self._refreshes[leg]
            self.guard(leg.refresh)

    def refresh_later(self, leg: Leg, seconds: float) -> None:
        """Have the leg send its session refresh again after `seconds`."""
        self._refreshes[leg] = time.monotonic() + seconds

    def wake(self) -> None:
        """Make a running :meth:`poll` return; the only method other threads may call.

        A SIP keep-alive (two line ends) to our own port does it: PJSIP ignores it, and its select() returns.
        """
        with contextlib.suppress(OSError):
            self._wake.sendto(b"\r\n\r\n", ("127.0.0.1", self.sip_port))

    def dial(self, name: str, uri: str, *, identity: str, to: str = "", headers: dict[str, str] | None = None) -> None:
        """Send an INVITE as leg `name`, with `to` as its To (by default `uri`). Failures to even send arrive as `LegEnded` with
        code 500."""
        leg = Leg(self, self._account(identity), name)
        self.legs[name] = leg
        self._keep.append(leg)
        leg.dial(uri, to or uri, headers or {})

    def answer(self) -> bool:
        """Send 200 to the caller. False when the offer cannot be taken; the caller then already has a final answer."""
        leg = self.legs.get(CALLER)
        return leg is not None and leg.accept()

    def hang_up(self, name: str, sip_code: int) -> None:
        """CANCEL, BYE or refuse, whichever fits; nothing when the leg is gone."""
        leg = self.legs.get(name)
        if leg:
            leg.end(sip_code)

    def close(self) -> None:
        """Tear the library down; the process should end next."""
        with contextlib.suppress(pj.Error):
            self._ep.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)

    def guard(self, action: Callable[[], None]) -> None:
        """Run the body of a callback: nothing may escape into the library."""
        try:
            action()
        except Exception:
            self.events.append(CallbackFailed(traceback.format_exc(limit=4)))

    def _account(self, identity: str) -> Any:
        """The account whose From is `identity`, made on first use."""
        if identity in self._accounts:
            return self._accounts[identity]
        config = self._config
        config.idUri = identity
        proxies = pj.StringVector()
        proxies.append(self._proxy)
        config.sipConfig.proxies = proxies
        config.sipConfig.transportId = self._transport
        config.callConfig.timerSessExpiresSec = self._timer_seconds
        config.mediaConfig.transportConfig.port = self._rtp_port
        account = _Account(self)
        account.create(config, not self._accounts)
        self._accounts[identity] = account
        return account

    def incoming(self, account: Any, call_id: int, message: str) -> None:
        """An INVITE arrived. The first one is the caller; this process serves nobody else."""
        leg = Leg(self, account, CALLER, call_id)
        self._keep.append(leg)
        if CALLER in self.legs:
            leg.name = "stranger"
            leg.end(486)
            return
        self.legs[CALLER] = leg
        leg.remember(message)
        found = messages.headers(message)
        self.events.append(
            IncomingCall(
                sip_call_id=found.get("call-id", ""),
                from_tag=messages.tag_of(found.get("from", "")),
                caller=messages.caller_of(found),
                called=messages.request_user(message),
                trunk=found.get("x-hotline-trunk", ""),
                sent_at=messages.seconds_of(found.get("x-hotline-sent", "")),
            )
        )

    def refused(self, message: str, sip_code: int) -> None:
        """The stack refused an INVITE before it became a call."""
        if CALLER in self.legs:
            return
        found = messages.headers(message)
        self.events.append(
            RefusedCall(
                sip_call_id=found.get("call-id", ""),
                from_tag=messages.tag_of(found.get("from", "")),
                caller=messages.caller_of(found),
                called=messages.request_user(message),
                trunk=found.get("x-hotline-trunk", ""),
                sip_code=sip_code,
                sent_at=messages.seconds_of(found.get("x-hotline-sent", "")),
            )
        )


class CallbackFailed:
    """A callback raised; the owner logs `trace`."""

    def __init__(self, trace: str) -> None:
        self.trace = trace


class _Endpoint(pj.Endpoint):
    def __init__(self) -> None:
        super().__init__()
        self.owner: Endpoint | None = None

    def onRejectedIncomingCall(self, prm: Any) -> None:
        if owner := self.owner:
            owner.guard(lambda: owner.refused(prm.rdata.wholeMsg, int(prm.statusCode)))


class _Prepared:
    """What no worker changes, or only in a place: the library created (it has no thread, socket or port before `libInit`), and
    its settings."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.endpoint = _Endpoint()
        self.endpoint.libCreate()
        library = self.library = pj.EpConfig()
        library.uaConfig.threadCnt = 0
        library.uaConfig.mainThreadOnly = True
        library.uaConfig.maxCalls = 4
        library.uaConfig.userAgent = "hotline"
        library.logConfig.level = library.logConfig.consoleLevel = LOG_LEVEL
        library.logConfig.msgLogging = 0
        library.medConfig.clockRate = library.medConfig.sndClockRate = CLOCK_RATE
        library.medConfig.ecTailLen = 0
        library.medConfig.noVad = True
        library.medConfig.threadCnt = 1
        self.transport = pj.TransportConfig()
        self.transport.boundAddress = "127.0.0.1"
        account = self.account = pj.AccountConfig()
        account.regConfig.registrarUri = ""
        account.callConfig.prackUse = pj.PJSUA_100REL_NOT_USED
        account.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
        account.mediaConfig.transportConfig.portRange = 20
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        account.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_DISABLED
        account.natConfig.iceEnabled = False
        account.natConfig.sdpNatRewriteUse = 0
        account.natConfig.contactRewriteUse = 0


_prepared: _Prepared | None = None


def prepare() -> None:
    """Create the library in a process that only forks: its children begin there, and share what it takes (2 MB each). To be
    called once."""
    global _prepared
    _prepared = _Prepared()


class _Account(pj.Account):
    """Callbacks that do not belong to a call. Everything but a call is refused (the edge refuses it before)."""

    def __init__(self, owner: Endpoint) -> None:
        super().__init__()
        self._owner = owner

    def onIncomingCall(self, prm: Any) -> None:
        call_id, message = prm.callId, prm.rdata.wholeMsg
        self._owner.guard(lambda: self._owner.incoming(self, call_id, message))

    def onIncomingSubscribe(self, prm: Any) -> None:
        prm.code = 489
        prm.reason = "Bad Event"
