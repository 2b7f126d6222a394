"""A small SIP user agent on one UDP socket, for asyncio: as many legs as wanted, registration, OPTIONS.

    agent = SipAgent(outbound=("127.0.0.1", 5060))
    await agent.start()
    agent.on_invite = my_coroutine                    # gets an incoming SipLeg
    leg = agent.invite("sip:12348@127.0.0.1:5060", sdp=offer)
    status = await leg.answered(timeout=10)
    leg.hang_up()
    await agent.close()

It is written for this simulator on purpose: the product speaks through PJSIP, and two ends of one stack agree on its
mistakes. `agent.mischief` loses messages on demand, `send_raw` puts any bytes on the wire.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence

from hotline.simulate.mischief import Mischief, name_of
from hotline.simulate.sip_digest import Credentials
from hotline.simulate.sip_leg import SipLeg
from hotline.simulate.sip_message import Message, SipParseError, Uri, params_of, parse, response_to, uri_of
from hotline.simulate.sip_transactions import Address, ClientTransaction, ServerTransaction, Timers, server_key

RECEIVE_BUFFER = 4 * 1024 * 1024
READ_AT_ONCE = 64
ALLOW = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE"


class SipTimeout(Exception):
    """No final answer came in time."""


class SipAgent:
    """One UDP socket and all that is spoken through it.

    `outbound`: where requests outside of a dialog go (else to the host and port of their URI). `on_invite` is started as
    a task for every new INVITE; without it calls get 480. `on_request` may answer any other request outside of a dialog
    (return None to leave it to the agent).
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        outbound: Address | None = None,
        timers: Timers = Timers(),
        name: str = "hotline-simulator",
    ) -> None:
        self.host = host
        self.port = port
        self.outbound = outbound
        self.timers = timers
        self.name = name
        self.mischief = Mischief()
        self.on_invite: Callable[[SipLeg], Awaitable[None]] | None = None
        self.on_request: Callable[[Message, Address], Message | None] | None = None
        self.counts: Counter[str] = Counter()
        self.wire: deque[tuple[float, str, str, str]] = deque(maxlen=2000)
        """The last messages: Unix time, `in`/`out`, name, Call-ID."""
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str, str], ServerTransaction] = {}
        self._legs: dict[tuple[str, str], SipLeg] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: socket.socket | None = None

    # ── life ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Open the socket. Raises OSError when the port is taken."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            sock.bind((self.host, self.port))
        except OSError:
            sock.close()
            raise
        self._socket, self.port = sock, sock.getsockname()[1]
        asyncio.get_running_loop().add_reader(sock, self._readable)

    def _readable(self) -> None:
        """Read what is there: many people may stand behind this one socket (asyncio's own transport reads one a turn)."""
        for _ in range(READ_AT_ONCE):
            if self._socket is None:
                return
            try:
                data, source = self._socket.recvfrom(65_535)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error from a port that was closed
                self.counts["icmp"] += 1
                continue
            self.datagram_received(data, source)

    async def close(self) -> None:
        """End tasks and timers and close the socket; legs that are still up are just dropped (hang them up before)."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in list(self._clients.values()):
            client.close()
        for server in list(self._servers.values()):
            server.close()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    @property
    def contact_host(self) -> str:
        return f"{self.host}:{self.port}"

    def spawn(self, work: Awaitable[None]) -> None:
        """Run a coroutine that ends with the agent."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.counts["task_failed"] += 1
            asyncio.get_running_loop().call_exception_handler({"message": "simulated person failed", "exception": error})

    # ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────

    def transmit(self, message: Message, address: Address) -> None:
        """Put a message on the wire (or lose it, if mischief says so)."""
        name = name_of(message)
        self.counts["out " + name] += 1
        self.wire.append((time.time(), "out", name, message.call_id))
        if not self.mischief.takes("out", message):
            self.send_raw(message.to_bytes(), address)

    def send_raw(self, data: bytes, address: Address) -> None:
        if self._socket is not None:
            try:
                self._socket.sendto(data, address)
            except OSError:  # as on any network
                self.counts["not_sent"] += 1

    def new_via(self) -> str:
        return f"SIP/2.0/UDP {self.contact_host};branch=z9hG4bK{secrets.token_hex(8)};rport"

    def send_request(
        self, request: Message, address: Address, on_response: Callable[[Message], None], on_timeout: Callable[[], None]
    ) -> ClientTransaction:
        """Start a client transaction; the Via is put on top here."""
        request.headers.insert(0, ("Via", self.new_via()))
        if not request.get("User-Agent"):
            request.add("User-Agent", self.name)
        transaction = ClientTransaction(self, request, address, on_response, on_timeout)
        self._clients[transaction.key] = transaction
        transaction.start()
        return transaction

    def send_cancel(self, cancel: Message, address: Address) -> None:
        """Start the transaction of a CANCEL, which carries the Via of the INVITE it is for."""
        transaction = ClientTransaction(self, cancel, address, lambda response: None, lambda: None)
        self._clients[transaction.key] = transaction
        transaction.start()

    async def ask(self, request: Message, address: Address) -> Message:
        """Send a request other than INVITE and wait for its final response. Raises :class:`SipTimeout`."""
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def got(response: Message) -> None:
            if response.status >= 200 and not answer.done():
                answer.set_result(response)

        def lost() -> None:
            if not answer.done():
                answer.set_exception(SipTimeout(f"no answer to {request.method}"))

        self.send_request(request, address, got, lost)
        return await answer

    def where(self, uri: str) -> Address:
        """Address a URI leads to; a host name that is no address leads to `outbound`. Raises SipParseError."""
        target = Uri.parse(uri)
        try:
            return str(ipaddress.ip_address(target.host)), target.port or 5060
        except ValueError:
            if self.outbound is None:
                raise SipParseError(f"{target.host} is not an address and no outbound proxy is set") from None
            return self.outbound

    async def out_of_dialog(
        self,
        method: str,
        uri: str,
        *,
        from_uri: str,
        to_uri: str,
        headers: Sequence[tuple[str, str]] = (),
        credentials: Credentials | None = None,
        call_id: str = "",
        seq: int = 1,
    ) -> Message:
        """Send OPTIONS, REGISTER, MESSAGE … and return the final response; a digest challenge is answered once.

        Raises :class:`SipTimeout`.
        """
        call_id = call_id or self.new_call_id()
        tag = secrets.token_hex(6)
        address = self.outbound or self.where(uri)
        authorization: list[tuple[str, str]] = []
        for attempt in (0, 1):
            request = Message(method=method, uri=uri)
            request.headers = [
                ("Max-Forwards", "70"),
                ("From", f"<{from_uri}>;tag={tag}"),
                ("To", f"<{to_uri}>"),
                ("Call-ID", call_id),
                ("CSeq", f"{seq + attempt} {method}"),
                *headers,
                *authorization,
            ]
            response = await self.ask(request, address)
            if attempt or credentials is None or response.status not in (401, 407):
                return response
            asked, said = (
                ("WWW-Authenticate", "Authorization")
                if response.status == 401
                else ("Proxy-Authenticate", "Proxy-Authorization")
            )
            authorization = [(said, credentials.answer(response.get(asked), method, uri))]
        raise AssertionError("not reached")

    def new_call_id(self) -> str:
        return f"{secrets.token_hex(10)}@{self.host}"

    def invite(
        self,
        uri: str,
        *,
        from_header: str = "",
        to_uri: str = "",
        sdp: bytes = b"",
        headers: Sequence[tuple[str, str]] = (),
        call_id: str = "",
    ) -> SipLeg:
        """Call `uri`; the leg comes back at once. An empty `sdp` makes it a late offer."""
        leg = SipLeg(self, outgoing=True, call_id=call_id or self.new_call_id())
        leg.start(uri, from_header or f"<sip:sim@{self.contact_host}>", to_uri or uri, sdp, headers)
        return leg

    # ── receiving ─────────────────────────────────────────────────────────────────────────────────────────────────

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip(b"\r\n\x00"):
            return  # keep-alive
        try:
            message = parse(data)
            name = name_of(message)
            self.wire.append((time.time(), "in", name, message.call_id))
            if self.mischief.takes("in", message):
                return
            self.counts["in " + name] += 1
            if message.is_request:
                self._request(message, addr)
            else:
                self._response(message)
        except SipParseError:
            self.counts["malformed"] += 1

    def _response(self, response: Message) -> None:
        transaction = self._clients.get((response.branch, response.cseq[1]))
        if transaction is not None:
            transaction.receive(response)
        else:
            self.counts["stray_response"] += 1

    def _request(self, request: Message, source: Address) -> None:
        _note_source(request, source)
        transaction = self._servers.get(server_key(request))
        leg = self._legs.get((request.call_id, request.to_tag)) if request.to_tag else None
        if request.method == "ACK":
            if transaction is not None and transaction.state == "completed":
                transaction.receive(request)
            elif leg is not None:
                leg.ack_received(request)
            return
        if transaction is not None:
            transaction.receive(request)
            return
        transaction = ServerTransaction(self, request, _reply_address(request, source))
        self._servers[transaction.key] = transaction
        if request.method == "CANCEL":
            self._cancel(transaction)
        elif leg is not None:
            leg.request_received(transaction)
        elif request.to_tag:
            self.reply(transaction, 481)
        elif request.method == "INVITE":
            self._invite(transaction)
        else:
            self._other(transaction, source)

    def _cancel(self, transaction: ServerTransaction) -> None:
        branch, sent_by, _ = transaction.key
        invited = self._servers.get((branch, sent_by, "INVITE"))
        if invited is None:
            self.reply(transaction, 481)
            return
        self.reply(transaction, 200)
        for leg in list(self._legs.values()):
            if leg.invited_by is invited:
                leg.cancelled()

    def _invite(self, transaction: ServerTransaction) -> None:
        leg = SipLeg(self, outgoing=False, call_id=transaction.request.call_id)
        leg.invited(transaction)
        if self.on_invite is None:
            leg.reject(480)
        else:
            self.spawn(self.on_invite(leg))

    def _other(self, transaction: ServerTransaction, source: Address) -> None:
        request = transaction.request
        answer = self.on_request(request, source) if self.on_request is not None else None
        if answer is not None:
            transaction.respond(answer)
        elif request.method == "OPTIONS":
            self.reply(transaction, 200, ("Allow", ALLOW), ("Accept", "application/sdp"))
        else:
            self.reply(transaction, 405, ("Allow", ALLOW))

    def reply(self, transaction: ServerTransaction, status: int, *headers: tuple[str, str]) -> None:
        """Answer a request that makes no dialog."""
        answer = response_to(transaction.request, status, to_tag=secrets.token_hex(6))
        answer.headers += headers
        transaction.respond(answer)

    # ── books ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_leg(self, leg: SipLeg) -> None:
        self._legs[leg.call_id, leg.local_tag] = leg

    def remove_leg(self, leg: SipLeg) -> None:
        self._legs.pop((leg.call_id, leg.local_tag), None)

    @property
    def legs(self) -> list[SipLeg]:
        """Legs that are not over."""
        return list(self._legs.values())

    def forget(self, transaction: ClientTransaction | ServerTransaction) -> None:
        if isinstance(transaction, ClientTransaction):
            self._clients.pop(transaction.key, None)
        else:
            self._servers.pop(transaction.key, None)


def _note_source(request: Message, source: Address) -> None:
    """Write `received` and `rport` into the topmost Via (RFC 3261 18.2.1, RFC 3581)."""
    for index, (name, value) in enumerate(request.headers):
        if name.lower() != "via":
            continue
        top, comma, rest = value.partition(",")
        parts = [part for part in top.split(";") if part.strip().lower() != "rport"]
        if len(parts) != len(top.split(";")):
            parts += [f"rport={source[1]}", f"received={source[0]}"]
        request.headers[index] = (name, ";".join(parts) + comma + rest)
        return
    raise SipParseError("no Via")


def _reply_address(request: Message, source: Address) -> Address:
    """Responses go to the source address, at `rport` or else the port of sent-by (RFC 3261 18.2.2, RFC 3581)."""
    via = request.values("Via")[0]
    if params_of(via).get("rport", "").isdigit():
        return source
    sent_by = uri_of(via).partition(" ")[2]
    port = sent_by.rpartition(":")[2]
    return source[0], int(port) if port.isdigit() else 5060
