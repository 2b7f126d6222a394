"""Reading the few header values the hotline wants from the raw text of an INVITE.

pjsua2 hands over the whole message as text; PJSIP has parsed and accepted it before, so this only has to find values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

_COMPACT = {"f": "from", "t": "to", "i": "call-id"}
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_USER = re.compile(r"\s*(?:sips?:([^@;:\s]*)[^@\s]*@|tel:([^;\s]*))", re.IGNORECASE)
_TAG = re.compile(r";\s*tag=([^;>\s]+)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def lines(message: str) -> list[str]:
    """The lines of the head, the first included, folded ones joined. Only CR LF (or LF) ends a line, as for the edge and the
    library: the many other characters that end one for `str.splitlines` are text, and begin no header of their own."""
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    return re.split(r"\r?\n", re.sub(r"\r?\n[ \t]+", " ", head))


def headers(message: str) -> dict[str, str]:
    """First value of each header, names in lower case. Values are text that can be written anywhere: bytes that are no UTF-8
    (surrogates, as pjsua2 hands them over) are replaced, control characters are left out."""
    found: dict[str, str] = {}
    for line in lines(message)[1:]:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            found.setdefault(_COMPACT.get(key, key), _CONTROL.sub("", value).strip())
    return found


def user_of(value: str) -> str:
    """The user part of the first SIP or tel URI in `value`, percent-decoded; empty when there is none. A display name is text,
    whatever it looks like, and `sip:host` has no user."""
    bare = _QUOTED.sub("", value)
    bracketed = re.search(r"<([^<>]*)>", bare)
    match = _USER.match(bracketed.group(1) if bracketed else bare)
    return unquote(match.group(1) or match.group(2) or "") if match else ""


def caller_of(found: Mapping[str, str]) -> str:
    """The calling number as the carrier says it, in the `headers` of an INVITE: what it asserts, else what the caller says."""
    return user_of(found.get("p-asserted-identity", "")) or user_of(found.get("from", ""))


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


def with_usual_events(sdp: str) -> str:
    """The offer with telephone-event as payload 101, which carriers and phones are used to, instead of the library's 120 (some
    carriers' equipment knows no other). Unchanged when 101 is taken."""
    match = re.search(r"(?m)^a=rtpmap:(\d+) telephone-event/8000\b", sdp)
    if match is None or re.search(r"(?m)^a=rtpmap:101 ", sdp):
        return sdp
    number = match[1]
    sdp = re.sub(rf"(?m)^(m=audio .*) {number}\b", r"\1 101", sdp)
    return re.sub(rf"(?m)^(a=(?:rtpmap|fmtp)):{number} ", r"\1:101 ", sdp)
