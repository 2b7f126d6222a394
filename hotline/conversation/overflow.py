"""Callers for whom no worker was free: the edge shows their INVITE here before it answers 503, so that each has a closed
record, and a call-back.

A SIP responder in one datagram socket, inside the pool supervisor (which has no threads): it answers every INVITE with
503 and knows no dialogs. Only the edge, on loopback, speaks to it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Final

import redis

from hotline import logs
from hotline.bus import client as bus
from hotline.conversation.context import Context
from hotline.conversation.ghosts import note_unserved
from hotline.telephony import messages
from hotline.telephony.events import RefusedCall

log = logs.get("overflow")

REMEMBER_SECONDS: Final = 40.0
"""Retransmissions of one INVITE stop after 32 s (RFC 3261, timer B)."""
MOST_AT_ONCE: Final = 50
"""Datagrams answered in one round; the edge limits the rate of INVITEs."""
_COPIED: Final = ("via", "v", "from", "f", "call-id", "i", "cseq")


@dataclass(slots=True)
class Overflow:
    """`serve` is to be called when the socket (`fileno`) is readable."""

    context: Context
    client: Any
    _socket: socket.socket = field(init=False)
    _seen: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", self.context.settings.overflow_port))

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def serve(self) -> None:
        """Answer what has come."""
        for _ in range(MOST_AT_ONCE):
            try:
                data, peer = self._socket.recvfrom(65_535)
            except (BlockingIOError, ConnectionError):
                return
            message = data.decode("utf-8", "replace")
            if message.startswith("INVITE "):
                with contextlib.suppress(OSError):
                    self._socket.sendto(refusal(message).encode(), peer)
                self._note(message)

    def _note(self, message: str) -> None:
        """One record a caller, however often the INVITE is repeated."""
        now = time.time()
        self._seen = {key: at for key, at in self._seen.items() if now - at < REMEMBER_SECONDS}
        found = messages.headers(message)
        key = f"{found.get('call-id', '')} {found.get('cseq', '')}"
        if key in self._seen:
            return
        self._seen[key] = now
        call = RefusedCall(
            sip_call_id=found.get("call-id", ""),
            from_tag=messages.tag_of(found.get("from", "")),
            caller=messages.caller_of(found),
            called=messages.request_user(message),
            trunk=found.get("x-hotline-trunk", ""),
            sip_code=503,
        )
        facts = note_unserved(
            self.context, call, f"{os.getpid()}-0", cause="rejected", ended_by="system", sip_code=call.sip_code
        )
        log.warning("turned_away", call_id=facts[0].call_id)
        with contextlib.suppress(redis.RedisError):
            for fact in facts:
                bus.publish(self.client, fact)


def refusal(invite: str) -> str:
    """The 503 to an INVITE (RFC 3261, 8.2.6): its Via, From, Call-ID and CSeq, and a tag on its To."""
    lines = ["SIP/2.0 503 Service Unavailable"]
    for line in messages.lines(invite)[1:]:
        name = line.partition(":")[0].strip().lower()
        if name in _COPIED:
            lines.append(line)
        elif name in ("to", "t"):
            lines.append(line if messages.tag_of(line) else f"{line};tag=overflow")
    return "\r\n".join([*lines, "Content-Length: 0", "", ""])
