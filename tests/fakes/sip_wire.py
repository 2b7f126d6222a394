"""SIP on the wire, as little of it as a test needs: messages as text, a UDP peer, one call as its caller sees it.

It is deliberately not a SIP stack: tests must be able to send what no stack would.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field

Address = tuple[str, int]

_COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
}
_numbers = itertools.count(1)
_open: list[Peer] = []


@dataclass
class Message:
    """One SIP message. `start` is the request or status line."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @classmethod
    def parse(cls, raw: bytes) -> Message:
        head, _, body = raw.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, headers, body)

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers if name.lower() != "content-length")]
        body = self.body.encode()
        return ("\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n").encode() + body

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if _COMPACT.get(key.lower(), key.lower()) == name.lower()]

    def get(self, name: str) -> str:
        """First value of the header, or an empty string."""
        return next(iter(self.all(name)), "")

    @property
    def status(self) -> int:
        """Status code, or 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Method of the request, or of the request a reply answers."""
        return self.get("cseq").split()[-1] if self.status else self.start.split()[0]

    @property
    def uri(self) -> str:
        return "" if self.status else self.start.split()[1]

    @property
    def call_id(self) -> str:
        return self.get("call-id")


def tag_of(value: str) -> str:
    found = re.search(r";tag=([^;\s]+)", value)
    return found.group(1) if found else ""


def uri_of(value: str) -> str:
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.split(";")[0].strip()


def sdp(port: int, *, payloads: str = "8 101", extra: str = "", address: str = "127.0.0.1") -> str:
    return (
        f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {payloads}\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n{extra}"
    )


def media_of(body: str) -> tuple[str, int, list[str]]:
    """Address, port and payload types of the first audio stream."""
    address = re.search(r"c=IN IP4 (\S+)", body)
    line = re.search(r"m=audio (\d+) \S+([ \d]*)", body)
    assert address, body
    assert line, body
    return address.group(1), int(line.group(1)), line.group(2).split()


class Peer(asyncio.DatagramProtocol):
    """A UDP socket that keeps what it gets. `on_message` may answer at once."""

    def __init__(self) -> None:
        self.inbox: list[Message] = []
        self.raw: list[bytes] = []
        self.sent: list[bytes] = []
        self.on_message: Callable[[Message, Address], None] | None = None
        self._news = asyncio.Event()
        self.transport: asyncio.DatagramTransport
        self.port = 0
        self.claims_port = 0
        """The port in the Contact, when it is not the real one (NAT)."""

    @classmethod
    async def open(cls, port: int = 0) -> Peer:
        peer = cls()
        await peer._bind(port)
        return peer

    async def _bind(self, port: int) -> None:
        _open.append(self)
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))
        self.port = self.transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.raw.append(data)
        message = Message.parse(data)
        self.inbox.append(message)
        if self.on_message:
            self.on_message(message, addr)
        self._news.set()

    def send(self, message: Message | bytes, to: Address) -> None:
        self.sent.append(message.encode() if isinstance(message, Message) else message)
        self.transport.sendto(self.sent[-1], to)

    async def wait(self, wanted: Callable[[Message], bool], seconds: float = 5.0) -> Message:
        """First message in the inbox that fits, now or within `seconds`. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                self._news.clear()
                for message in self.inbox:
                    if wanted(message):
                        return message
                await self._news.wait()

    def close(self) -> None:
        self.transport.close()

    @property
    def contact(self) -> str:
        return f"<sip:p@127.0.0.1:{self.claims_port or self.port}>"


def close_all() -> None:
    """Close every peer a test has opened."""
    while _open:
        peer = _open.pop()
        if hasattr(peer, "transport"):
            peer.close()


def reply(
    request: Message,
    status: int,
    reason: str,
    *,
    to_tag: str = "",
    headers: list[tuple[str, str]] | None = None,
    body: str = "",
) -> Message:
    """An answer to `request`, with what RFC 3261 8.2.6 copies into it."""
    kept = [
        (name, value) for name, value in request.headers if name.lower() in ("via", "from", "call-id", "cseq", "record-route")
    ]
    to = request.get("to")
    if to_tag and not tag_of(to):
        to += f";tag={to_tag}"
    made = Message(f"SIP/2.0 {status} {reason}", [*kept, ("To", to), *(headers or [])], body)
    if body:
        made.headers.append(("Content-Type", "application/sdp"))
    return made


class Uas(Peer):
    """Answers INVITEs as told by `behaviour`: `answer`, `ring`, `silent`, or a status line such as `486 Busy Here`.

    Also: `late_offer` answers without waiting for an offer. Every other request gets 200.
    """

    def __init__(self, behaviour: str = "answer", media_port: int = 40000) -> None:
        super().__init__()
        self.behaviour = behaviour
        self.media_port = media_port
        self.payloads = "8 101"
        self.tag = f"uas{next(_numbers)}"
        self.on_message = self._answer
        self.reply_headers: list[tuple[str, str]] = []

    @classmethod
    async def open_as(cls, behaviour: str = "answer", port: int = 0, media_port: int = 40000) -> Uas:
        uas = cls(behaviour, media_port)
        await uas._bind(port)
        return uas

    @property
    def invites(self) -> list[Message]:
        """INVITEs received, repeats of one transaction counted once."""
        seen = {message.get("via"): message for message in self.inbox if not message.status and message.method == "INVITE"}
        return list(seen.values())

    def got(self, method: str) -> list[Message]:
        return [message for message in self.inbox if not message.status and message.method == method]

    def _answer(self, message: Message, addr: Address) -> None:
        if message.status or message.method == "ACK" or self.behaviour == "silent":
            return
        if message.method != "INVITE":
            self.send(reply(message, 200, "OK", to_tag=self.tag), addr)
            if message.method == "CANCEL":
                for invite in self.invites:
                    if invite.call_id == message.call_id:
                        self.send(reply(invite, 487, "Request Terminated", to_tag=self.tag), addr)
            return
        self.send(reply(message, 100, "Trying"), addr)
        if self.behaviour == "answer":
            self.accept(message, addr)
        elif self.behaviour == "ring":
            self.send(reply(message, 180, "Ringing", to_tag=self.tag, headers=[("Contact", self.contact)]), addr)
        else:
            status, _, reason = self.behaviour.partition(" ")
            self.send(reply(message, int(status), reason, to_tag=self.tag, headers=self.reply_headers), addr)

    def accept(self, invite: Message, addr: Address) -> None:
        allow = "PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS"
        headers = [("Contact", self.contact), ("Allow", allow), ("Supported", "replaces, 100rel"), *self.reply_headers]
        body = sdp(self.media_port, payloads=self.payloads)
        self.send(reply(invite, 200, "OK", to_tag=self.tag, headers=headers, body=body), addr)


@dataclass
class Call:
    """One call from the caller's side, sent to `edge`."""

    peer: Peer
    edge: Address
    uri: str
    from_uri: str = "sip:13800138000@carrier.invalid"
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str | None = None
    """None: an offer on port 40100; empty: a late offer."""

    def __post_init__(self) -> None:
        number = next(_numbers)
        self.call_id = f"call-{number}-{self.peer.port}@test"
        self.tag = f"uac{number}"
        self.cseq = 1
        self.remote_to = f"<{self.uri}>"
        self.target = self.uri
        self.routes: list[str] = []
        self.branch = ""

    def request(
        self, method: str, *, cseq: int | None = None, headers: list[tuple[str, str]] | None = None, body: str = ""
    ) -> Message:
        if method not in ("ACK", "CANCEL"):
            self.branch = f"z9hG4bK{method}{next(_numbers)}"
        elif method == "ACK":
            self.branch = f"z9hG4bKack{next(_numbers)}"
        made = Message(
            f"{method} {self.target} SIP/2.0",
            [
                ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.peer.port};branch={self.branch};rport"),
                *(("Route", route) for route in self.routes),
                ("From", f"<{self.from_uri}>;tag={self.tag}"),
                ("To", self.remote_to),
                ("Call-ID", self.call_id),
                ("CSeq", f"{cseq if cseq is not None else self.cseq} {method}"),
                ("Contact", self.peer.contact),
                ("Max-Forwards", "70"),
                *(headers or []),
            ],
            body,
        )
        if body and not made.get("content-type"):
            made.headers.append(("Content-Type", "application/sdp"))
        return made

    async def invite(self, seconds: float = 8.0) -> Message:
        """Send the INVITE, return the final answer. Refusals are ACKed; a 200 fills in the dialog (ACK it yourself)."""
        self.first = self.request("INVITE", headers=self.headers, body=sdp(40100) if self.body is None else self.body)
        self.peer.send(self.first, self.edge)
        return await self.final(seconds)

    async def final(self, seconds: float = 8.0) -> Message:
        answer = await self.peer.wait(lambda m: m.status >= 200 and m.call_id == self.call_id and m.method == "INVITE", seconds)
        self.learn(answer)
        if answer.status >= 300:
            ack = self.request("ACK")
            ack.start, ack.headers[0] = f"ACK {self.uri} SIP/2.0", self.first.headers[0]
            self.peer.send(ack, self.edge)
        return answer

    def learn(self, answer: Message) -> None:
        self.remote_to = answer.get("to")
        if answer.status < 300:
            self.target = uri_of(answer.get("contact"))
            self.routes = [part.strip() for value in answer.all("record-route") for part in value.split(",")][::-1]

    @property
    def to_tag(self) -> str:
        return tag_of(self.remote_to)

    def ack(self, body: str = "") -> None:
        self.peer.send(self.request("ACK", body=body), self.next_hop)

    @property
    def next_hop(self) -> Address:
        if not self.routes:
            return self.edge
        found = re.search(r"sip:([\d.]+):(\d+)", self.routes[0])
        assert found, self.routes
        return found.group(1), int(found.group(2))

    async def within(self, method: str, seconds: float = 5.0, **more: object) -> Message:
        """A request in the dialog, and its final answer."""
        self.cseq += 1
        cseq = self.cseq
        self.peer.send(self.request(method, **more), self.next_hop)  # type: ignore[arg-type]
        return await self.peer.wait(
            lambda m: m.status >= 200 and m.call_id == self.call_id and m.get("cseq") == f"{cseq} {method}", seconds
        )

    async def bye(self) -> Message:
        return await self.within("BYE")


def digest(challenge: str, *, user: str, password: str, method: str, uri: str, nc: int = 1) -> str:
    """An Authorization value for a `WWW-Authenticate` challenge (MD5, qop=auth)."""
    parts = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    ha1 = hashlib.md5(f"{user}:{parts['realm']}:{password}".encode()).hexdigest()
    ha2 = hashlib.md5(f"{method}:{uri}".encode()).hexdigest()
    nonce, count, cnonce = parts["nonce"], f"{nc:08x}", "abcdef01"
    response = hashlib.md5(f"{ha1}:{nonce}:{count}:{cnonce}:auth:{ha2}".encode()).hexdigest()
    return (
        f'Digest username="{user}", realm="{parts["realm"]}", nonce="{nonce}", uri="{uri}", response="{response}", '
        f'algorithm=MD5, qop=auth, nc={count}, cnonce="{cnonce}"'
    )


async def register(
    peer: Peer,
    edge: Address,
    *,
    user: str,
    password: str,
    domain: str,
    expires: int = 60,
    to_user: str = "",
    claims_port: int = 0,
) -> list[Message]:
    """Register with digest; returns the answers in order (one when there was no challenge).

    `claims_port`: the port a phone behind NAT believes to be its own.
    """
    port = claims_port or peer.port
    uri = f"sip:{domain}"
    call_id = f"reg-{next(_numbers)}-{peer.port}@test"
    answers: list[Message] = []
    authorization: list[tuple[str, str]] = []
    for cseq in (1, 2):
        aor = f"<sip:{to_user or user}@{domain}>"
        peer.send(
            Message(
                f"REGISTER {uri} SIP/2.0",
                [
                    ("Via", f"SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKreg{next(_numbers)};rport"),
                    ("From", f"{aor};tag=r{next(_numbers)}"),
                    ("To", aor),
                    ("Call-ID", call_id),
                    ("CSeq", f"{cseq} REGISTER"),
                    ("Contact", f"<sip:{user}@127.0.0.1:{port}>"),
                    ("Expires", str(expires)),
                    ("Max-Forwards", "70"),
                    *authorization,
                ],
            ),
            edge,
        )
        answer = await peer.wait(
            lambda m, n=cseq: m.status >= 200 and m.call_id == call_id and m.get("cseq") == f"{n} REGISTER"  # type: ignore[misc]
        )
        answers.append(answer)
        if answer.status != 401:
            break
        challenge = answer.get("www-authenticate")
        authorization = [("Authorization", digest(challenge, user=user, password=password, method="REGISTER", uri=uri))]
    return answers
