"""RTP (RFC 3550) with G.711 and telephone events (RFC 4733): one stream a leg, one ticker for all of them.

The ticker wakes every 20 ms, lets each stream send its packet, and reads what has come in, by one `epoll` over all
sockets: about 10 µs a packet, so that 120 streams both ways take about a tenth of a core.
"""

from __future__ import annotations

import asyncio
import random
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Iterable
from typing import ClassVar
from weakref import WeakKeyDictionary

from hotline.simulate import clips
from hotline.simulate.clips import FRAME, Clip
from hotline.simulate.ear import Ear, listen

PERIOD = 0.02
LISTEN_EVERY = 10
"""Ticks between two looks at what a stream heard (0.2 s); streams take turns."""

PORTS = range(16384, 19998, 2)
"""Even ports tried for streams: below the hotline's own, and apart from the ports the kernel gives out by itself."""

OWN_EVENTS = 101
"""Payload type of telephone events in our own descriptions; the other side may have asked for another for its own."""

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_TIMESPEC = struct.Struct("ll")
_SO_TIMESTAMPNS = 35  # Linux; the socket module has no name for it
_next_port = random.randrange(len(PORTS))


def open_port(host: str, ports: Iterable[int] | None = None) -> socket.socket:
    """A UDP socket on the next free even port. Raises OSError when all are taken."""
    global _next_port
    candidates = list(ports) if ports is not None else [PORTS[(_next_port + i) % len(PORTS)] for i in range(len(PORTS))]
    for tried, port in enumerate(candidates, start=1):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            sock.bind((host, port))
        except OSError:
            sock.close()
            continue
        if ports is None:
            _next_port = (_next_port + tried) % len(PORTS)
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        return sock
    raise OSError(f"no free RTP port on {host}")


class Ticker:
    """The one clock of an event loop's streams. `late` counts wake-ups more than 20 ms behind: the machine's fault."""

    _of: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, Ticker]] = WeakKeyDictionary()

    def __init__(self) -> None:
        self.streams: dict[int, RtpStream] = {}
        self.late = 0
        self.ticks = 0
        self._epoll: select.epoll | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._next = 0.0

    @classmethod
    def current(cls) -> Ticker:
        """The running loop's ticker."""
        return cls._of.setdefault(asyncio.get_running_loop(), cls())

    def add(self, stream: RtpStream) -> None:
        if self._epoll is None:
            self._epoll = select.epoll()
        self._epoll.register(stream.fileno, select.EPOLLIN)
        self.streams[stream.fileno] = stream
        if self._handle is None:
            loop = asyncio.get_running_loop()
            self._next = loop.time() + PERIOD
            self._handle = loop.call_at(self._next, self._tick)

    def remove(self, stream: RtpStream) -> None:
        if self.streams.pop(stream.fileno, None) is None or self._epoll is None:
            return
        self._epoll.unregister(stream.fileno)
        if not self.streams:
            self._epoll.close()
            self._epoll = None
            if self._handle is not None:
                self._handle.cancel()
                self._handle = None

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        due = 1
        if now - self._next > PERIOD:
            self.late += 1
            due = min(10, 1 + int((now - self._next) / PERIOD))
            if now - self._next > 10 * PERIOD:
                self._next = now
        self._next += PERIOD * due
        self._handle = loop.call_at(self._next, self._tick)
        for _ in range(due):
            self.ticks += 1
            for stream in self.streams.values():
                stream.tick()
        self._receive()
        turn = self.ticks % LISTEN_EVERY
        listen([stream.ear for fileno, stream in list(self.streams.items()) if fileno % LISTEN_EVERY == turn])

    def _receive(self) -> None:
        for _ in range(8):  # rounds: one packet of each stream a round; more than eight behind wait for the next tick
            ready = self._epoll.poll(0, 1024) if self._epoll is not None else []
            if not ready:
                return
            for fileno, _ in ready:
                if (stream := self.streams.get(fileno)) is not None:
                    stream.receive()


class RtpStream:
    """One leg's sound, both ways. Made with a socket; sends after :meth:`aim` was called."""

    def __init__(self, *, host: str = "127.0.0.1", ports: Iterable[int] | None = None, record: bool = False) -> None:
        self.host = host
        self._socket = open_port(host, ports)
        self.port: int = self._socket.getsockname()[1]
        self.fileno = self._socket.fileno()
        self.ear = Ear(record=record)
        self.sent = 0
        self.muted = False
        """True: no packets at all (a dead phone), until set back."""
        self.loss = 0.0
        """Share of own packets thrown away, by a random generator with a fixed seed."""
        self._dice = random.Random(self.port)
        self._remote: tuple[str, int] | None = None
        self._codec, self._type = "pcma", 8
        self._types: dict[int, str] = {8: "pcma", 0: "pcmu"}
        self._events: int | None = None
        self._clip: Clip = clips.silence()
        self._frames = self._clip.frames("pcma")
        self._place = 0
        self._seq = random.randrange(65536)
        self._time = random.randrange(2**32)
        self._ssrc = random.randrange(2**32)
        self._jobs: deque[tuple[int, int] | bytes] = deque()
        self._event: tuple[int, int, int, int] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._marker = 0x80
        self._ticker = Ticker.current()
        self._ticker.add(self)

    # ── set up ────────────────────────────────────────────────────────────────────────────────────────────────────

    def aim(self, remote: tuple[str, int] | None, codec: str, payload_type: int, events: int | None) -> None:
        """Send there from now on (None: nowhere), with this codec; `events` is the type of telephone events, if any."""
        self._remote = remote
        self._types = {8: "pcma", 0: "pcmu", payload_type: codec}
        self._events = events
        if codec != self._codec or payload_type != self._type:
            self._codec, self._type = codec, payload_type
            self._frames = self._clip.frames(codec)
            self._place %= len(self._frames)

    def play(self, clip: Clip) -> None:
        """Say this from now on (silence after it, unless it loops)."""
        self._clip = clip
        self._frames = clip.frames(self._codec)
        self._place = 0

    @property
    def played_out(self) -> bool:
        """Whether a clip that does not loop has been said to its end."""
        return not self._clip.loop and self._place >= len(self._frames)

    def close(self) -> None:
        """Stop, and give the port back. What was heard can still be asked."""
        if self._socket.fileno() >= 0:
            listen([self.ear])
            self._ticker.remove(self)
            self._socket.close()
        self._idle.set()

    # ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def press_events(self, keys: str, *, seconds: float = 0.12, pause: float = 0.1) -> None:
        """Press keys as RFC 4733 events. Raises ValueError when events were not negotiated, or for an unknown key."""
        if self._events is None:
            raise ValueError("telephone-event was not negotiated")
        for key in keys:
            self._jobs.append(("0123456789*#ABCD".index(key), max(2, round(seconds / PERIOD))))
            self._jobs += [clips.silence().frames(self._codec)[0]] * round(pause / PERIOD)
        await self._done()

    async def press_tones(self, keys: str, *, seconds: float = 0.1) -> None:
        """Press keys as tones in the sound itself. Raises ValueError for an unknown key."""
        for key in keys:
            self._jobs += clips.digit(key, seconds).frames(self._codec)
        await self._done()

    async def _done(self) -> None:
        self._idle.clear()
        async with asyncio.timeout(30):
            await self._idle.wait()

    # ── misbehaviour ──────────────────────────────────────────────────────────────────────────────────────────────

    def new_ssrc(self) -> None:
        """Go on under another source identifier, sequence and timestamp (as after a gateway's switch-over)."""
        self._ssrc, self._seq = random.randrange(2**32), random.randrange(65536)
        self._time = random.randrange(2**32)

    def send_raw(self, data: bytes, remote: tuple[str, int] | None = None) -> None:
        """Put any bytes on the wire."""
        if (target := remote or self._remote) is not None:
            self._socket.sendto(data, target)

    # ── the ticker's side ─────────────────────────────────────────────────────────────────────────────────────────

    def tick(self) -> None:
        """Send the packet that is due."""
        timestamp = self._time
        self._time = (timestamp + FRAME) & 0xFFFFFFFF
        if self._remote is None or self.muted:
            self._jobs.clear()
            self._idle.set()
            return
        if self._event is not None:
            self._send_event()
            return
        if self._jobs:
            job = self._jobs.popleft()
            if isinstance(job, tuple):
                self._event = (job[0], job[1], 0, timestamp)
                self._send_event()
                return
            payload = job
        else:
            if not self._idle.is_set():
                self._idle.set()
            place = self._place
            if place >= len(self._frames):
                if self._clip.loop:
                    place = 0
                    payload = self._frames[0]
                else:
                    payload = clips.silence().frames(self._codec)[0]
                    place -= 1
            else:
                payload = self._frames[place]
            self._place = place + 1
        self._send(self._type | self._marker, timestamp, payload)
        self._marker = 0

    def _send_event(self) -> None:
        assert self._event is not None
        assert self._events is not None
        key, length, done, started = self._event
        done += 1
        last = done >= length
        payload = _EVENT.pack(key, 0x80 | 10 if last else 10, done * FRAME)
        for _ in range(3 if last else 1):  # the end is said three times (RFC 4733 2.5.1.4)
            self._send(self._events | (0x80 if done == 1 else 0), started, payload)
        self._event = None if last else (key, length, done, started)

    def _send(self, payload_type: int, timestamp: int, payload: bytes) -> None:
        seq = self._seq
        self._seq = (seq + 1) & 0xFFFF
        if self.loss and self._dice.random() < self.loss:
            return
        self.sent += 1
        try:
            self._socket.sendto(_HEADER.pack(0x80, payload_type, seq, timestamp, self._ssrc) + payload, self._remote or ("", 0))
        except OSError:  # no buffer, or the other side's port is closed: as on any network
            self.ear.reception.odd += 1

    def receive(self) -> None:
        """Read one packet."""
        try:
            data, extra, _, source = self._socket.recvmsg(2048, 64)
        except OSError:
            return
        reception = self.ear.reception
        if len(data) < 12 or data[0] >> 6 != 2:
            reception.odd += 1
            return
        if 192 <= data[1] <= 223:
            reception.rtcp += 1
            return
        seconds, nanos = _TIMESPEC.unpack_from(extra[0][2]) if extra else (time.time(), 0)
        at = seconds + nanos * 1e-9
        first, second, seq, timestamp, ssrc = _HEADER.unpack_from(data)
        start = 12 + 4 * (first & 15)
        if first & 0x10 and len(data) >= start + 4:
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        if self._remote is not None and source != self._remote:
            reception.strangers += 1
        number = second & 0x7F
        codec = self._types.get(number)
        if codec is not None:
            self.ear.audio(at, seq, ssrc, data[start:], codec)
        elif number in (self._events, OWN_EVENTS):
            self.ear.event(at, seq, ssrc, data[start:], timestamp)
        else:
            reception.odd += 1
