"""SIP messages: read and build. Pure, no IO.

Reading is forgiving where RFC 3261 asks for it (folded lines, compact header names, any case, bare LF) and strict where a
mistake would be misread (start line, header without a colon, a Content-Length larger than what came).

>>> message = parse(b"OPTIONS sip:a@b SIP/2.0\\r\\nv: SIP/2.0/UDP h;branch=z9hG4bK1\\r\\nl: 0\\r\\n\\r\\n")
>>> message.method, message.get("Via")
('OPTIONS', 'SIP/2.0/UDP h;branch=z9hG4bK1')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
}
"""Compact header names (RFC 3261 7.3.3, and the extensions that have one)."""

LISTS: Final = frozenset({"via", "route", "record-route", "contact", "allow", "supported", "require", "path", "service-route"})
"""Headers whose values may be joined by commas and are told apart by :meth:`Message.values`."""

REASONS: Final = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    603: "Decline",
}

_REQUEST: Final = re.compile(r"^([A-Za-z0-9.!%*_+`'~-]+) (\S+) SIP/2\.0$")
_STATUS: Final = re.compile(r"^SIP/2\.0 ([1-6]\d\d)(?: (.*))?$")


class SipParseError(ValueError):
    """The bytes are not a SIP message; the text says where it went wrong."""


@dataclass(slots=True)
class Message:
    """One request (`method`, `uri`) or response (`status`, `reason`); header names are kept as written, in order."""

    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def is_request(self) -> bool:
        return not self.status

    def get(self, name: str, default: str = "") -> str:
        """The first value of the header, whole."""
        wanted = name.lower()
        for key, value in self.headers:
            if key.lower() == wanted:
                return value
        return default

    def values(self, name: str) -> list[str]:
        """All values of the header in order, lists joined by commas taken apart."""
        wanted = name.lower()
        found = [value for key, value in self.headers if key.lower() == wanted]
        if wanted not in LISTS:
            return found
        return [part for value in found for part in split_list(value)]

    def set(self, name: str, value: str) -> None:
        """Replace all values of the header by one, at the place of the first."""
        wanted = name.lower()
        place = next((i for i, (key, _) in enumerate(self.headers) if key.lower() == wanted), len(self.headers))
        self.remove(name)
        self.headers.insert(place, (name, value))

    def add(self, name: str, value: str) -> None:
        self.headers.append((name, value))

    def remove(self, name: str) -> None:
        wanted = name.lower()
        self.headers = [(key, value) for key, value in self.headers if key.lower() != wanted]

    @property
    def call_id(self) -> str:
        return self.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method. Raises SipParseError."""
        number, _, method = self.get("CSeq").strip().partition(" ")
        if not number.isdigit() or not method.strip():
            raise SipParseError(f"CSeq is {self.get('CSeq')!r}")
        return int(number), method.strip()

    @property
    def branch(self) -> str:
        """Branch of the topmost Via."""
        vias = self.values("Via")
        return params_of(vias[0]).get("branch", "") if vias else ""

    @property
    def from_tag(self) -> str:
        return params_of(self.get("From")).get("tag", "")

    @property
    def to_tag(self) -> str:
        return params_of(self.get("To")).get("tag", "")

    def to_bytes(self) -> bytes:
        """The message on the wire; Content-Length is always set from the body."""
        first = f"{self.method} {self.uri} SIP/2.0" if self.is_request else f"SIP/2.0 {self.status} {self.reason}"
        lines = [first]
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() != "content-length"]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


def parse(data: bytes) -> Message:
    """Read one datagram. Raises :class:`SipParseError`."""
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        head, found, body = data.partition(b"\n\n")
        if not found:
            raise SipParseError("no empty line after the headers")
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise SipParseError("headers are not UTF-8") from exc
    lines = _unfold(text.replace("\r\n", "\n").lstrip("\n").split("\n"))
    message = _start_line(next(lines, ""))
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name or " " in name:
            raise SipParseError(f"not a header: {line[:40]!r}")
        message.headers.append((COMPACT.get(name.lower(), name), value.strip()))
    length = message.get("Content-Length")
    if length:
        if not length.isdigit():
            raise SipParseError("Content-Length is not a number")
        if int(length) > len(body):
            raise SipParseError(f"Content-Length is {length}, {len(body)} bytes came")
        body = body[: int(length)]
    message.body = body
    return message


def _unfold(lines: Iterable[str]) -> Iterator[str]:
    """Join lines that begin with white space to the one before (RFC 3261 7.3.1)."""
    held: str | None = None
    for line in lines:
        if line[:1] in (" ", "\t") and held is not None:
            held = f"{held.rstrip()} {line.strip()}"
            continue
        if held is not None:
            yield held
        held = line
    if held is not None:
        yield held


def _start_line(line: str) -> Message:
    if (match := _STATUS.match(line)) is not None:
        return Message(status=int(match[1]), reason=match[2] or "")
    if (match := _REQUEST.match(line)) is not None:
        return Message(method=match[1], uri=match[2])
    raise SipParseError(f"not a start line: {line[:40]!r}")


def split_list(value: str, separator: str = ",") -> list[str]:
    """Split at commas that stand outside of quotes and angle brackets."""
    parts: list[str] = []
    start, quoted, angle, skip = 0, False, False, False
    for index, char in enumerate(value):
        if skip:
            skip = False
        elif quoted:
            skip = char == "\\"
            quoted = char != '"'
        elif char == '"':
            quoted = True
        elif char == "<":
            angle = True
        elif char == ">":
            angle = False
        elif char == separator and not angle:
            parts.append(value[start:index].strip())
            start = index + 1
    parts.append(value[start:].strip())
    return [part for part in parts if part]


def params_of(value: str) -> dict[str, str]:
    """The header parameters (after `>` or the first `;`), names in lower case; one without a value is ``."""
    tail = value[value.rindex(">") + 1 :] if ">" in value else value
    found: dict[str, str] = {}
    for part in split_list(tail, ";")[0 if ">" in value else 1 :]:
        name, _, text = part.partition("=")
        found[name.strip().lower()] = text.strip().strip('"')
    return found


def uri_of(value: str) -> str:
    """The URI of a name-addr or addr-spec: what stands in angle brackets, else what stands before the first `;`."""
    match = re.search(r"<([^>]*)>", value)
    return match[1] if match else value.partition(";")[0].strip()


@dataclass(frozen=True, slots=True)
class Uri:
    """A SIP URI taken apart; `port` is 0 when absent, `params` are in lower case."""

    scheme: str
    user: str
    host: str
    port: int
    params: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Read `sip:user@host:port;param=value`. Raises :class:`SipParseError`."""
        match = re.match(r"^(sips?|tel):(?:([^@;?]*)@)?(\[[^\]]+\]|[^:;?]+)(?::(\d{1,5}))?((?:;[^?]*)?)(?:\?.*)?$", text, re.I)
        if match is None:
            raise SipParseError(f"not a SIP URI: {text[:60]!r}")
        params = {}
        for part in match[5].split(";")[1:]:
            name, _, value = part.partition("=")
            params[name.lower()] = value
        scheme, user, host = match[1].lower(), match[2] or "", match[3]
        if scheme == "tel":
            user, host = host, ""
        return cls(scheme, user.partition(":")[0], host, int(match[4] or 0), params)


def number_of(value: str) -> str:
    """The user part (telephone number) of a From, To, P-Asserted-Identity value or URI; `` when there is none."""
    try:
        return Uri.parse(uri_of(value)).user
    except SipParseError:
        return ""


def response_to(request: Message, status: int, reason: str = "", *, to_tag: str = "") -> Message:
    """A response with Via, From, To, Call-ID, CSeq (and Record-Route for dialogs) copied as RFC 3261 8.2.6 asks."""
    answer = Message(status=status, reason=reason or REASONS.get(status, "Response"))
    for name, value in request.headers:
        lower = name.lower()
        if lower in ("via", "from", "call-id", "cseq", "timestamp") or (lower == "record-route" and 100 < status < 300):
            answer.add(name, value)
        elif lower == "to":
            answer.add(name, f"{value};tag={to_tag}" if to_tag and "tag" not in params_of(value) else value)
    return answer
