"""SIP transactions over UDP (RFC 3261 section 17, RFC 6026): who sends what again, and when to give up.

| timer | what | value |
|---|---|---|
| A, B | INVITE sent again (doubling), given up | T1, 64 T1 |
| D | final answers to INVITE still acknowledged | 32 s or 64 T1 |
| E, F | other requests sent again (doubling to T2), given up | T1, 64 T1 |
| G, H | negative answer to INVITE sent again (doubling to T2), no ACK came | T1, 64 T1 |
| J, L | a request that comes again gets the same answer | 64 T1 |

A 2xx to INVITE is sent again by the same rule as G and H until :meth:`ServerTransaction.acknowledged` is called, since
its ACK is a transaction of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hotline.simulate.sip_message import Message, params_of

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Timers:
    """Seconds; the defaults are the RFC's. Tests shorten `t1` to see the end of a timer without waiting 32 s."""

    t1: float = 0.5
    t2: float = 4.0

    @property
    def give_up(self) -> float:
        return 64 * self.t1


class Wire(Protocol):
    """Where messages go."""

    timers: Timers

    def transmit(self, message: Message, address: Address) -> None: ...

    def forget(self, transaction: ClientTransaction | ServerTransaction) -> None: ...


class _Transaction:
    def __init__(self, wire: Wire, address: Address) -> None:
        self.wire = wire
        self.address = address
        self._loop = asyncio.get_running_loop()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def _after(self, name: str, seconds: float, call: Callable[[], None]) -> None:
        self._stop(name)
        self._timers[name] = self._loop.call_later(seconds, call)

    def _stop(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    def _stop_all(self) -> None:
        for name in list(self._timers):
            self._stop(name)


class ClientTransaction(_Transaction):
    """One request going out. `on_response` gets every response that is not a repetition (all of them for 2xx to INVITE);
    `on_timeout` is called once when no final response came in time."""

    def __init__(
        self,
        wire: Wire,
        request: Message,
        address: Address,
        on_response: Callable[[Message], None],
        on_timeout: Callable[[], None],
    ) -> None:
        super().__init__(wire, address)
        self.request = request
        self.is_invite = request.method == "INVITE"
        self.key = (request.branch, request.method)
        self.state = "calling"
        self.sent = 0
        self._on_response = on_response
        self._on_timeout = on_timeout
        self._ack: Message | None = None

    def start(self) -> None:
        self._send(self.wire.timers.t1)
        self._after("give_up", self.wire.timers.give_up, self._gave_up)

    def _send(self, interval: float) -> None:
        self.sent += 1
        self.wire.transmit(self.request, self.address)
        following = interval * 2 if self.is_invite else min(interval * 2, self.wire.timers.t2)
        self._after("again", interval, lambda: self._send(following))

    def _gave_up(self) -> None:
        self.close()
        self._on_timeout()

    def receive(self, response: Message) -> None:
        """A response whose branch and method fit."""
        if response.status < 200:
            if self.state == "calling":
                self.state = "proceeding"
                if self.is_invite:  # timers A and B end with the first 1xx; how long it may ring is the caller's own affair
                    self._stop("again")
                    self._stop("give_up")
                else:
                    self._after("again", self.wire.timers.t2, lambda: self._send(self.wire.timers.t2))
            if self.state == "proceeding":
                self._on_response(response)
            return
        if not self.is_invite:
            if self.state != "completed":
                self._complete("completed")
                self._on_response(response)
            return
        if response.status < 300:
            if self.state != "completed":
                self._complete("accepted")
                self._on_response(response)  # again for each repetition: the dialog repeats its ACK
            return
        if self.state not in ("completed", "accepted"):
            self._ack = _ack_for(self.request, response)
            self._complete("completed")
            self.wire.transmit(self._ack, self.address)
            self._on_response(response)
        elif self._ack is not None:
            self.wire.transmit(self._ack, self.address)

    def _complete(self, state: str) -> None:
        self.state = state
        self._stop_all()
        self._after("end", self.wire.timers.give_up, self.close)

    def close(self) -> None:
        """Stop all timers and be forgotten."""
        self.state = "terminated"
        self._stop_all()
        self.wire.forget(self)


def _ack_for(request: Message, response: Message) -> Message:
    """The ACK to a negative answer: same branch, same Route, To from the answer (RFC 3261 17.1.1.3)."""
    ack = Message(method="ACK", uri=request.uri)
    ack.add("Via", request.values("Via")[0])
    for name, value in request.headers:
        if name.lower() in ("from", "call-id", "route", "max-forwards"):
            ack.add(name, value)
    ack.add("To", response.get("To"))
    ack.add("CSeq", f"{request.cseq[0]} ACK")
    return ack


def server_key(request: Message) -> tuple[str, str, str]:
    """Branch, sent-by and method (INVITE for ACK) of a request (RFC 3261 17.2.3)."""
    vias = request.values("Via")
    top = vias[0] if vias else ""
    sent_by = top.partition(" ")[2].partition(";")[0].strip().lower()
    return params_of(top).get("branch", ""), sent_by, "INVITE" if request.method == "ACK" else request.method


class ServerTransaction(_Transaction):
    """One request that came in. `on_no_ack` is called when an answered INVITE is not acknowledged in time."""

    def __init__(self, wire: Wire, request: Message, address: Address) -> None:
        super().__init__(wire, address)
        self.request = request
        self.key = server_key(request)
        self.is_invite = request.method == "INVITE"
        self.state = "trying"
        self.last: Message | None = None
        self.on_no_ack: Callable[[], None] | None = None

    @property
    def final(self) -> bool:
        """Whether a final answer was sent."""
        return self.state in ("completed", "accepted", "confirmed", "terminated")

    def respond(self, response: Message) -> None:
        """Send a response; after a final one further ones are ignored."""
        if self.final:
            return
        self.last = response
        self.wire.transmit(response, self.address)
        if response.status < 200:
            self.state = "proceeding"
            return
        self.state = "accepted" if self.is_invite and response.status < 300 else "completed"
        if self.is_invite:
            self._again_after(self.wire.timers.t1)
            self._after("end", self.wire.timers.give_up, self._unacknowledged)
        else:
            self._after("end", self.wire.timers.give_up, self.close)

    def _again_after(self, interval: float) -> None:
        def again() -> None:
            assert self.last is not None
            self.wire.transmit(self.last, self.address)
            self._again_after(min(interval * 2, self.wire.timers.t2))

        self._after("again", interval, again)

    def _unacknowledged(self) -> None:
        self.close()
        if self.on_no_ack is not None:
            self.on_no_ack()

    def receive(self, request: Message) -> None:
        """The same request again, or the ACK to a negative answer."""
        if request.method == "ACK":
            if self.state == "completed":
                self.acknowledged()
        elif self.last is not None and self.state != "confirmed":
            self.wire.transmit(self.last, self.address)

    def acknowledged(self) -> None:
        """The ACK came: nothing is sent again."""
        self._stop_all()
        self.state = "confirmed"
        self._after("end", self.wire.timers.give_up, self.close)

    def close(self) -> None:
        """Stop all timers and be forgotten."""
        self.state = "terminated"
        self._stop_all()
        self.wire.forget(self)
