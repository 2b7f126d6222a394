"""Session descriptions (RFC 4566, RFC 3264) for one audio stream of G.711 and telephone events. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("sendrecv", "sendonly", "recvonly", "inactive")
MIRROR: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}

STATIC: Final = {0: "pcmu", 8: "pcma", 3: "gsm", 9: "g722", 18: "g729"}
NUMBERS: Final = {name: number for number, name in STATIC.items()}


class SdpError(ValueError):
    """The description cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Sdp:
    """One audio stream: where to send (`host`, `port`), which codecs by payload type, in order of preference."""

    host: str
    port: int
    codecs: tuple[tuple[int, str], ...]
    """(payload type, name in lower case), without telephone-event."""
    events: int | None = 101
    """Payload type of telephone-event, None when not offered."""
    direction: Direction = "sendrecv"
    ptime: int = 20

    @property
    def held(self) -> bool:
        """Whether the describer does not want to receive (sendonly, inactive, or the old way: address 0.0.0.0)."""
        return self.direction in ("sendonly", "inactive") or self.host == "0.0.0.0"

    def to_bytes(self, version: int = 1) -> bytes:
        """Text of the description; `version` must grow with each change (o= line)."""
        types = [str(number) for number, _ in self.codecs] + ([str(self.events)] if self.events is not None else [])
        lines = [
            "v=0",
            f"o=- 1 {version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {' '.join(types)}",
        ]
        lines += [f"a=rtpmap:{number} {name.upper()}/8000" for number, name in self.codecs]
        if self.events is not None:
            lines += [f"a=rtpmap:{self.events} telephone-event/8000", f"a=fmtp:{self.events} 0-16"]
        lines += [f"a=ptime:{self.ptime}", f"a={self.direction}"]
        return "\r\n".join(lines).encode() + b"\r\n"


def offer(host: str, port: int, codecs: tuple[str, ...] = ("pcma", "pcmu"), events: int | None = 101) -> Sdp:
    """A description to start with. Raises KeyError for a codec without a static payload type."""
    return Sdp(host, port, tuple((NUMBERS[name], name) for name in codecs), events)


def parse(body: bytes) -> Sdp:
    """Read the first audio stream. Raises :class:`SdpError`."""
    host, port, types = "", -1, []
    names: dict[int, str] = dict(STATIC)
    direction: Direction = "sendrecv"
    ptime, section = 20, "session"
    for line in body.decode("utf-8", "replace").splitlines():
        key, _, value = line.strip().partition("=")
        if key == "m":
            words = value.split()
            section = "audio" if words[:1] == ["audio"] and port < 0 else "other"
            if section == "audio":
                if len(words) < 4 or not words[1].partition("/")[0].isdigit():
                    raise SdpError(f"m-line {value!r}")
                port = int(words[1].partition("/")[0])
                types = [int(word) for word in words[3:] if word.isdigit()]
        elif section == "other":
            continue
        elif key == "c":
            host = value.split()[-1].partition("/")[0] if value.split() else ""
        elif key == "a" and value in DIRECTIONS:
            direction = value
        elif key == "a" and value.startswith("ptime:") and value[6:].isdigit():
            ptime = int(value[6:])
        elif key == "a" and value.startswith("rtpmap:"):
            number, _, name = value[7:].partition(" ")
            if number.isdigit():
                names[int(number)] = name.lower()
    if port < 0:
        raise SdpError("no audio")
    if not host:
        raise SdpError("no address")
    named = [(number, names.get(number, "unknown").removesuffix("/1").removesuffix("/8000")) for number in types]
    events = next((number for number, name in named if name == "telephone-event"), None)
    codecs = tuple((number, name) for number, name in named if name != "telephone-event")
    return Sdp(host, port, codecs, events, direction, ptime)


def answer(offered: Sdp, own: Sdp) -> Sdp | None:
    """What `own` answers to `offered`: common codecs in the offerer's order and numbering, the direction mirrored.

    None when there is no codec in common. `own.direction` narrows the mirrored one (a side that holds stays held).
    """
    known = {name for _, name in own.codecs}
    common = tuple((number, name) for number, name in offered.codecs if name in known)
    if not common:
        return None
    direction = MIRROR["inactive" if offered.host == "0.0.0.0" and offered.direction == "sendrecv" else offered.direction]
    if own.direction != "sendrecv":
        sends = own.direction == "sendonly" and direction in ("sendrecv", "sendonly")
        direction = "sendonly" if sends else "inactive"
    return replace(own, codecs=common, events=offered.events if own.events is not None else None, direction=direction)
