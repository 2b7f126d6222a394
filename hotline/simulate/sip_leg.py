"""One INVITE dialog, seen from one end (RFC 3261 sections 12 to 15): calling or called, up, held, ended.

A leg knows nothing of sound. Whoever owns it gives it three hooks: `on_remote_sdp` (the other side's description came),
`make_answer` (an offer came in the dialog; bytes, or None for 488) and `make_offer` (a re-INVITE without one came).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hotline.simulate.sip_message import Message, SipParseError, Uri, response_to, uri_of
from hotline.simulate.sip_transactions import Address, ClientTransaction, ServerTransaction

if TYPE_CHECKING:
    from hotline.simulate.sip_agent import SipAgent

How = Literal["bye", "cancel", "rejected", "timeout", "no_ack", "lost"]


@dataclass(frozen=True, slots=True)
class LegEnd:
    """How a leg ended: by `local` or `remote` hand; `status` is the final response where there was one (else 0)."""

    how: How
    by: Literal["local", "remote"]
    status: int = 0


class SipLeg:
    """See the module. `times` notes Unix times by name: invited, trying, ringing, answered, acked, ended."""

    def __init__(self, agent: SipAgent, *, outgoing: bool, call_id: str) -> None:
        self.agent = agent
        self.outgoing = outgoing
        self.call_id = call_id
        self.local_tag = secrets.token_hex(6)
        self.remote_tag = ""
        self.request: Message = Message()
        """The INVITE that began it, sent or received."""
        self.response: Message | None = None
        """The last response to it (outgoing legs)."""
        self.times: dict[str, float] = {"invited": time.time()}
        self.end: LegEnd | None = None
        self.up = False
        self.invited_by: ServerTransaction | None = None
        self.send_ack = True
        """False: never acknowledge the 200 (a caller gone deaf)."""
        self.ack_with_sdp = True
        """False: leave the answer out of the ACK of a late offer."""
        self.on_remote_sdp: Callable[[bytes], None] = lambda sdp: None
        self.make_answer: Callable[[bytes], bytes | None] = lambda offer: None
        self.make_offer: Callable[[], bytes] = lambda: b""
        self.on_info: Callable[[str, bytes], None] = lambda kind, body: None
        self.offers_received = 0
        """re-INVITEs and UPDATEs that came in the dialog."""
        self._local = self._remote = self._target = ""
        self._routes: list[str] = []
        self._seq = secrets.randbelow(5000) + 1
        self._remote_seq = -1
        self._ack: tuple[Message, Address] | None = None
        self._cancel_wanted = False
        self._client: ClientTransaction | None = None
        self._offered = b""
        self._reinvited_by: ServerTransaction | None = None
        self._progress = asyncio.Event()
        self._final = asyncio.Event()
        self._ended = asyncio.Event()
        agent.add_leg(self)

    # ── waiting ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def ringing(self, timeout: float) -> bool:
        """Wait for 180 or 183 (or an end); whether one came within `timeout` seconds."""
        await _wait(self._progress, timeout)
        return "ringing" in self.times

    async def answered(self, timeout: float) -> int:
        """Wait for the final response to the INVITE; its status, or 0 when none came within `timeout` seconds."""
        await _wait(self._final, timeout)
        if self.up or "answered" in self.times:
            return 200
        return self.end.status if self.end else 0

    async def ended(self, timeout: float) -> bool:
        """Wait for the end; False when it is still up after `timeout` seconds."""
        return await _wait(self._ended, timeout)

    # ── calling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self, uri: str, from_header: str, to_uri: str, sdp: bytes, headers: Sequence[tuple[str, str]]) -> None:
        """Send the INVITE (used by :meth:`SipAgent.invite`)."""
        self._local = f"{from_header};tag={self.local_tag}"
        self._remote = f"<{to_uri}>"
        self._target = uri
        self._offered = sdp
        self.request = self._new_request("INVITE", sdp)
        for name, value in headers:
            self.request.add(name, value)
        address = self.agent.outbound or self.agent.where(uri)
        # One turn of the loop later, so that the owner can set the hooks first.
        asyncio.get_running_loop().call_soon(self._send_invite, address)

    def _send_invite(self, address: Address) -> None:
        self.times["invited"] = time.time()
        self._client = self.agent.send_request(self.request, address, self._invite_response, self._invite_timeout)

    def _invite_timeout(self) -> None:
        self._finish(LegEnd("timeout", "remote", 408))

    def _invite_response(self, response: Message) -> None:
        self.response = response
        if response.status < 200:
            self._provisional(response)
        elif response.status < 300:
            self._accepted(response)
        else:
            how: How = "cancel" if self._cancel_wanted and response.status == 487 else "rejected"
            self._finish(LegEnd(how, "local" if how == "cancel" else "remote", response.status))

    def _provisional(self, response: Message) -> None:
        self.times.setdefault("trying", time.time())
        if response.status > 100:
            self.times.setdefault("ringing", time.time())
            self._progress.set()
            if response.body and self._offered:
                self.on_remote_sdp(response.body)  # early media
        if self._cancel_wanted:
            self._send_cancel()

    def _accepted(self, response: Message) -> None:
        if self._ack is not None:
            if response.to_tag == self.remote_tag and self.send_ack:
                self.agent.transmit(*self._ack)  # our ACK was lost
            elif response.to_tag != self.remote_tag:
                self._refuse_fork(response)
            return
        self.remote_tag = response.to_tag
        self._remote = response.get("To")
        self._learn_route(response, reverse=True)
        self.times["answered"] = time.time()
        body = b""
        if self._offered:
            if response.body:
                self.on_remote_sdp(response.body)
        elif response.body and self.ack_with_sdp:
            body = self.make_answer(response.body) or b""
        ack = self._new_request("ACK", body, seq=self.request.cseq[0])
        ack.headers.insert(0, ("Via", self.agent.new_via()))
        self._ack = (ack, self._next_hop())
        if self.send_ack:
            self.agent.transmit(*self._ack)
            self.times["acked"] = time.time()
        if self.end is not None or self._cancel_wanted:  # the 200 crossed our CANCEL: take the call and end it
            self.up = True
            self.hang_up()
            return
        self.up = True
        self._progress.set()
        self._final.set()

    def _refuse_fork(self, response: Message) -> None:
        """A second one answered the same INVITE: acknowledge it and hang up on it (RFC 3261 13.2.2.4)."""
        self.agent.counts["forked"] += 1
        mine = self._remote, self._target, self._routes
        self._remote = response.get("To")
        self._learn_route(response, reverse=True)
        ack = self._new_request("ACK", b"", seq=self.request.cseq[0])
        ack.headers.insert(0, ("Via", self.agent.new_via()))
        self.agent.transmit(ack, self._next_hop())
        self._bye()
        self._remote, self._target, self._routes = mine

    def _send_cancel(self) -> None:
        if self._client is None or "cancelled" in self.times:
            return
        self.times["cancelled"] = time.time()
        cancel = Message(method="CANCEL", uri=self.request.uri)
        for name, value in self.request.headers:
            if name.lower() in ("from", "to", "call-id", "route", "max-forwards"):
                cancel.add(name, value)
        cancel.add("CSeq", f"{self.request.cseq[0]} CANCEL")
        cancel.headers.insert(0, ("Via", self.request.values("Via")[0]))
        self.agent.send_cancel(cancel, self._client.address)
        # RFC 3261 9.1: without a final answer in 64 T1 the INVITE counts as cancelled.
        given_up = LegEnd("cancel", "local", 408)
        asyncio.get_running_loop().call_later(self.agent.timers.give_up, lambda: None if self.up else self._finish(given_up))

    # ── called ────────────────────────────────────────────────────────────────────────────────────────────────────

    def invited(self, transaction: ServerTransaction) -> None:
        """An INVITE came (used by the agent)."""
        request = transaction.request
        self.request = request
        self.invited_by = transaction
        self.remote_tag = request.from_tag
        self._remote = request.get("From")
        self._local = f"{request.get('To')};tag={self.local_tag}"
        self._remote_seq = request.cseq[0]
        self._learn_route(request, reverse=False)
        transaction.on_no_ack = self._no_ack
        transaction.respond(response_to(request, 100))

    def ring(self, status: int = 180, sdp: bytes = b"") -> None:
        """Send 180 (or 183 with early media)."""
        self.times.setdefault("ringing", time.time())
        self._answer(status, sdp)

    def answer(self, sdp: bytes) -> None:
        """Send 200; sent again until the ACK comes."""
        if self.end is not None:
            return
        self.times["answered"] = time.time()
        self.up = True
        self._answer(200, sdp)
        self._final.set()

    def reject(self, status: int, *headers: tuple[str, str]) -> None:
        """Send a negative answer."""
        if self.end is None and not self.up:
            self._answer(status, b"", *headers)
            self._finish(LegEnd("rejected", "local", status))

    def cancelled(self) -> None:
        """A CANCEL came (used by the agent); after our 200 it changes nothing."""
        if self.end is None and not self.up:
            self._answer(487, b"")
            self._finish(LegEnd("cancel", "remote", 487))

    def _answer(self, status: int, sdp: bytes, *headers: tuple[str, str]) -> None:
        assert self.invited_by is not None
        answer = response_to(self.request, status, to_tag=self.local_tag)
        answer.add("Contact", f"<sip:{self.agent.contact_host}>")
        answer.headers += headers
        if sdp:
            answer.add("Content-Type", "application/sdp")
            answer.body = sdp
        self.invited_by.respond(answer)

    def ack_received(self, ack: Message) -> None:
        """The ACK to our 200 came (used by the agent)."""
        number = ack.cseq[0]
        if self.invited_by is not None and number == self.request.cseq[0]:
            if "acked" not in self.times:
                self.times["acked"] = time.time()
                if ack.body:
                    self.on_remote_sdp(ack.body)
            self.invited_by.acknowledged()
        elif self._reinvited_by is not None and number == self._reinvited_by.request.cseq[0]:
            self._reinvited_by.acknowledged()

    def _no_ack(self) -> None:
        if self.end is None and self.up and "acked" not in self.times:
            self._bye()
            self._finish(LegEnd("no_ack", "local"))

    # ── in the dialog ─────────────────────────────────────────────────────────────────────────────────────────────

    def request_received(self, transaction: ServerTransaction) -> None:
        """A request in this dialog (used by the agent)."""
        request = transaction.request
        number, method = request.cseq
        if number <= self._remote_seq and self._remote_seq >= 0:
            self.agent.reply(transaction, 500)
            return
        self._remote_seq = number
        if method == "BYE":
            transaction.respond(response_to(request, 200))
            self._finish(LegEnd("bye", "remote"))
        elif method in ("INVITE", "UPDATE"):
            self._offer_received(transaction)
        elif method == "INFO":
            transaction.respond(response_to(request, 200))
            self.on_info(request.get("Content-Type").partition(";")[0].strip().lower(), request.body)
        elif method == "OPTIONS":
            transaction.respond(response_to(request, 200))
        else:
            transaction.respond(response_to(request, 603 if method == "REFER" else 405))

    def _offer_received(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        self.offers_received += 1
        if request.method == "INVITE":
            self._reinvited_by = transaction
        if contact := request.get("Contact"):
            self._target = uri_of(contact)
        body = self.make_answer(request.body) if request.body else self.make_offer() if request.method == "INVITE" else b""
        answer = response_to(request, 488 if body is None else 200)
        if body:
            answer.add("Content-Type", "application/sdp")
            answer.body = body
        answer.add("Contact", f"<sip:{self.agent.contact_host}>")
        transaction.respond(answer)

    async def ask(self, method: str, body: bytes = b"", content_type: str = "") -> Message:
        """Send a request in the dialog (INFO, OPTIONS, REFER …); its final response. Raises SipTimeout."""
        request = self._new_request(method, b"")
        if body:
            request.add("Content-Type", content_type)
            request.body = body
        return await self.agent.ask(request, self._next_hop())

    async def reinvite(self, sdp: bytes) -> int:
        """Offer anew within the call (hold, resume); the final status, 408 when no answer came."""
        if not self.up or self.end is not None:
            return 481
        request = self._new_request("INVITE", sdp)
        result: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        acks: list[Message] = []

        def got(response: Message) -> None:
            if response.status < 200:
                return
            if response.status < 300:
                if not acks:
                    ack = self._new_request("ACK", b"", seq=request.cseq[0])
                    ack.headers.insert(0, ("Via", self.agent.new_via()))
                    acks.append(ack)
                    if contact := response.get("Contact"):
                        self._target = uri_of(contact)
                    if response.body:
                        self.on_remote_sdp(response.body)
                self.agent.transmit(acks[0], self._next_hop())
            if not result.done():
                result.set_result(response.status)

        self.agent.send_request(request, self._next_hop(), got, lambda: None if result.done() else result.set_result(408))
        return await result

    def hang_up(self, status: int = 486) -> None:
        """End it in the way that fits: BYE when up, CANCEL while calling, `status` while being called."""
        if self.up and self.end is None:
            self._bye()
            self._finish(LegEnd("bye", "local"))
        elif self.end is None and self.outgoing:
            self._cancel_wanted = True
            if "trying" in self.times:
                self._send_cancel()
        elif self.end is None:
            self.reject(status)

    def lose(self) -> None:
        """Forget the call without telling anybody: a telephone without power."""
        self._finish(LegEnd("lost", "local"))

    def _bye(self) -> None:
        self.agent.send_request(self._new_request("BYE", b""), self._next_hop(), lambda response: None, lambda: None)

    # ── parts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _new_request(self, method: str, sdp: bytes, seq: int = 0) -> Message:
        if not seq:
            self._seq += 1
            seq = self._seq
        request = Message(method=method, uri=self._target)
        request.headers = [("Route", route) for route in self._routes]
        request.headers += [
            ("Max-Forwards", "70"),
            ("From", self._local),
            ("To", self._remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{seq} {method}"),
        ]
        if method in ("INVITE", "UPDATE"):
            request.add("Contact", f"<sip:{self.agent.contact_host}>")
        if method == "INVITE":
            request.add("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE")
        if sdp:
            request.add("Content-Type", "application/sdp")
            request.body = sdp
        if self._routes and "lr" not in Uri.parse(uri_of(self._routes[0])).params:  # a strict router (RFC 3261 12.2.1.1)
            request.uri = uri_of(self._routes[0])
            request.headers = [("Route", route) for route in [*self._routes[1:], f"<{self._target}>"]] + [
                item for item in request.headers if item[0] != "Route"
            ]
        return request

    def _next_hop(self) -> Address:
        return self.agent.where(uri_of(self._routes[0]) if self._routes else self._target)

    def _learn_route(self, message: Message, *, reverse: bool) -> None:
        contact = message.values("Contact")
        if not contact:
            raise SipParseError("no Contact")
        self._target = uri_of(contact[0])
        routes = message.values("Record-Route")
        self._routes = routes[::-1] if reverse else routes

    @property
    def remote_number(self) -> str:
        """User part of the other side's From or To."""
        return Uri.parse(uri_of(self._remote)).user

    @property
    def called_number(self) -> str:
        """User part of the request URI."""
        return Uri.parse(self.request.uri).user

    @property
    def route_set(self) -> list[str]:
        return list(self._routes)

    def _finish(self, end: LegEnd) -> None:
        if self.end is not None:
            return
        self.end = end
        self.up = False
        self.times["ended"] = time.time()
        self.agent.remove_leg(self)
        for event in (self._progress, self._final, self._ended):
            event.set()


async def _wait(event: asyncio.Event, timeout: float) -> bool:
    try:
        async with asyncio.timeout(timeout):
            await event.wait()
    except TimeoutError:
        return False
    return True
