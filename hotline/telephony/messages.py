"""Reading the few header values the hotline wants from the raw text of an INVITE.

pjsua2 hands over the whole message as text; PJSIP has parsed and accepted it before, so this only has to find values.
"""

from __future__ import annotations

import re

_COMPACT = {"f": "from", "t": "to", "i": "call-id"}
_USER = re.compile(r"(?:sips?|tel):([^@;>\s]*)", re.IGNORECASE)
_TAG = re.compile(r";\s*tag=([^;>\s]+)", re.IGNORECASE)


def headers(message: str) -> dict[str, str]:
    """First value of each header, names in lower case, folded lines joined."""
    found: dict[str, str] = {}
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    head = re.sub(r"\r?\n[ \t]+", " ", head)
    for line in head.splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            found.setdefault(_COMPACT.get(key, key), value.strip())
    return found


def user_of(value: str) -> str:
    """The user part of the first SIP or tel URI in `value`, percent-decoding left alone; empty when there is none."""
    match = _USER.search(value)
    return match.group(1) if match else ""


def request_user(message: str) -> str:
    """The user part of the request URI."""
    parts = message.split(" ", 2)
    return user_of(parts[1]) if len(parts) > 2 else ""


def tag_of(value: str) -> str:
    match = _TAG.search(value)
    return match.group(1) if match else ""


def seconds_of(value: str) -> float:
    """A time of the edge, `<seconds>.<microseconds>`; 0 for anything else."""
    return float(value) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", value) else 0.0


def info_digit(message: str) -> str:
    """The key in the body of an INFO with `application/dtmf` (a lone key, or `Signal=5`); empty when there is none.

    `application/dtmf-relay` is left to the library, which reports it itself. Flash (16, `!`, `R`) is not a key.
    """
    kind = headers(message).get("content-type", headers(message).get("c", "")).split(";")[0].strip().lower()
    if kind != "application/dtmf":
        return ""
    body = re.split(r"\r?\n\r?\n", message, maxsplit=1)
    text = body[1].strip() if len(body) > 1 else ""
    match = re.fullmatch(r"(?:Signal\s*=\s*)?([0-9*#]|1[01])(?:\s.*)?", text, re.IGNORECASE | re.DOTALL)
    if not match:
        return ""
    return {"10": "*", "11": "#"}.get(match.group(1), match.group(1))


def with_usual_events(sdp: str) -> str:
    """The offer with telephone-event as payload 101, which carriers and phones are used to, instead of the library's 120 (some
    carriers' equipment knows no other). Unchanged when 101 is taken."""
    match = re.search(r"(?m)^a=rtpmap:(\d+) telephone-event/8000\b", sdp)
    if match is None or re.search(r"(?m)^a=rtpmap:101 ", sdp):
        return sdp
    number = match[1]
    sdp = re.sub(rf"(?m)^(m=audio .*) {number}\b", r"\1 101", sdp)
    return re.sub(rf"(?m)^(a=(?:rtpmap|fmtp)):{number} ", r"\1:101 ", sdp)
