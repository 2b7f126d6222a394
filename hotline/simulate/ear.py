"""What one person hears: whose voice, how loud, which keys, and how whole the stream was.

Packets are noted as they come (with the kernel's own time of arrival, so that a busy simulator does not see gaps that
are its own) and listened to in windows of 100 ms, many people at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hotline.simulate import g711, tones

GAP_SECONDS = 0.1
"""A pause between two packets longer than this is noted as a gap (five packets missing in a row)."""


FRESH_SECONDS = 0.5
"""What was heard last counts as heard now this long: a look every 0.2 s, a window of 0.1 s, and a busy machine."""


@dataclass(slots=True)
class Reception:
    """Counts of one stream since it began."""

    packets: int = 0
    lost: int = 0
    late: int = 0
    """Packets older than one already seen: reordered or doubled."""
    ssrc_changes: int = 0
    strangers: int = 0
    """Packets that did not come from the negotiated address."""
    rtcp: int = 0
    odd: int = 0
    """Packets of an unknown payload type, or too short."""


class Ear:
    """One listener. `gaps` are (Unix time the stream stopped, seconds)."""

    def __init__(self, *, record: bool = False) -> None:
        self.reception = Reception()
        self.gaps: list[tuple[float, float]] = []
        self.digits = ""
        """Keys that came as RFC 4733 events."""
        self.times: list[float] = []
        self.voices: list[int] = []
        self.levels: list[float] = []
        self.tones: list[int] = []
        self.first_at = 0.0
        self.last_at = 0.0
        self._record = record
        self._recorded: list[bytes] = []
        self._pending: list[bytes] = []
        self._size = 0
        self._codec = "pcma"
        self._ssrc = -1
        self._seq = -1
        self._event_at = -1
        self._waiting: list[tuple[Callable[[Ear], bool], asyncio.Future[None]]] = []

    # ── packets (called by the stream) ────────────────────────────────────────────────────────────────────────────

    def audio(self, at: float, seq: int, ssrc: int, payload: bytes, codec: str) -> None:
        """One packet of sound that arrived at Unix time `at`."""
        counts = self.reception
        counts.packets += 1
        if ssrc != self._ssrc:
            counts.ssrc_changes += self._ssrc >= 0
            self._ssrc = ssrc
            self._seq = seq
        else:
            step = (seq - self._seq) & 0xFFFF
            if step == 0 or step > 0x8000:
                counts.late += 1
                counts.lost -= step != 0 and counts.lost > 0
                return
            counts.lost += step - 1
            self._seq = seq
        if at - self.last_at > GAP_SECONDS:
            if self.last_at:
                self.gaps.append((self.last_at, at - self.last_at))
            else:
                self.first_at = at
            self._pending.clear()
            self._size = 0
        self.last_at = at
        if codec != self._codec:
            self._pending.clear()
            self._size = 0
            self._codec = codec
        self._pending.append(payload)
        self._size += len(payload)
        if self._record:
            self._recorded.append(payload)

    def event(self, at: float, seq: int, ssrc: int, payload: bytes, timestamp: int) -> None:
        """One packet of a telephone event; a key counts once, at its first packet."""
        if ssrc == self._ssrc:
            step = (seq - self._seq) & 0xFFFF
            if 0 < step < 0x8000:
                self.reception.lost += step - 1
                self._seq = seq
        self.last_at = max(at, self.last_at)
        if len(payload) >= 4 and timestamp != self._event_at and payload[0] < 16:
            self._event_at = timestamp
            self.digits += "0123456789*#ABCD"[payload[0]]
            self.tell()

    # ── listening (called by the ticker) ──────────────────────────────────────────────────────────────────────────

    def take(self) -> bytes:
        """Whole windows of what has come in and was not listened to yet."""
        whole = self._size // tones.WINDOW * tones.WINDOW
        if not whole:
            return b""
        data = b"".join(self._pending)
        self._pending = [data[whole:]] if len(data) > whole else []
        self._size = len(data) - whole
        return data[:whole]

    @property
    def codec(self) -> str:
        return self._codec

    def note(self, voices: Sequence[int], levels: Sequence[float], sounding: Sequence[int]) -> None:
        """The windows just listened to, oldest first."""
        behind = self._size / tones.RATE + tones.WINDOW / tones.RATE * (len(voices) - 1)
        for index, (number, level, bits) in enumerate(zip(voices, levels, sounding, strict=True)):
            self.times.append(self.last_at - behind + 0.1 * index)
            self.tones.append(bits)
            self.voices.append(number)
            self.levels.append(level)
        self.tell()

    def tell(self) -> None:
        """Let those who wait look again."""
        for item in self._waiting[:]:
            predicate, future = item
            if future.done():
                self._waiting.remove(item)
            elif predicate(self):
                self._waiting.remove(item)
                future.set_result(None)

    # ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────

    def heard(self, voice: int, since: float = 0.0) -> float:
        """Seconds of that voice heard since Unix time `since`."""
        return sum(1 for at, number in zip(self.times, self.voices, strict=True) if number == voice and at >= since) / 10

    def voices_heard(self, since: float = 0.0, at_least: float = 0.3) -> set[int]:
        """Voices heard for `at_least` seconds in a row (chance hits in speech or music are shorter)."""
        found: set[int] = set()
        run, last = 0, -1
        for at, number in zip(self.times, self.voices, strict=True):
            if at < since:
                continue
            run = run + 1 if number == last else 1
            last = number
            if number >= 0 and run >= round(at_least * 10):
                found.add(number)
        return found

    def sounds(self, voice: int, since: float = 0.0, at_least: float = 0.3) -> bool:
        """Whether both tones of that voice sounded for `at_least` seconds in a row, alone or among other voices.

        Among several voices it is sure only when no other has its low tone (a voice's number without the last digit).
        """
        wanted, run = tones.tones_of(voice), 0
        for at, bits in zip(self.times, self.tones, strict=True):
            run = run + 1 if at >= since and bits & wanted == wanted else 0
            if run >= round(at_least * 10):
                return True
        return False

    def recent(self, windows: int) -> list[int]:
        """Voices in the last `windows` tenths of a second: fewer, or none, when nothing has come for half a second."""
        oldest = time.time() - FRESH_SECONDS - windows * tones.WINDOW / tones.RATE
        return [self.voices[i] for i in range(max(0, len(self.voices) - windows), len(self.voices)) if self.times[i] >= oldest]

    def hears(self, voice: int, windows: int = 3) -> bool:
        """Whether the last `windows` tenths of a second were that voice."""
        return self.recent(windows) == [voice] * windows

    def hears_somebody(self, windows: int = 3) -> bool:
        """Whether the last `windows` tenths of a second were a person's voice."""
        recent = self.recent(windows)
        return len(recent) == windows and min(recent) >= 0

    def hears_other_sound(self, windows: int = 5) -> bool:
        """Whether the last `windows` tenths of a second were no person's voice, and mostly not silent: a prompt, or music."""
        recent = self.recent(windows)
        loud = sum(level > tones.QUIET for level in self.levels[-windows:])
        return len(recent) == windows and max(recent) < 0 and loud * 2 >= windows

    def longest_quiet(self, since: float = 0.0, until: float = float("inf")) -> float:
        """Longest stretch, in seconds, without any sound between `since` and `until`: silence or missing packets."""
        loud = [at for at, level in zip(self.times, self.levels, strict=True) if level > tones.QUIET and since <= at <= until]
        edges = [max(since, self.first_at), *loud, min(until, max(self.last_at, since))]
        return max((b - a for a, b in pairwise(edges)), default=0.0)

    def recorded(self) -> g711.Samples:
        """Everything heard, as samples (only with `record=True`)."""
        return g711.decode(b"".join(self._recorded), self._codec)

    async def until(self, predicate: Callable[[Ear], bool], timeout: float) -> bool:
        """Wait until `predicate(ear)` holds (asked five times a second); False after `timeout` seconds."""
        if predicate(self):
            return True
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((predicate, future))
        try:
            async with asyncio.timeout(timeout):
                await future
        except TimeoutError:
            return False
        return True

    async def until_hears(self, voice: int, timeout: float) -> bool:
        """Wait for 0.3 s of a voice in a row."""
        return await self.until(lambda ear: ear.hears(voice), timeout)


def listen(ears: Sequence[Ear]) -> None:
    """Look at what has come in to all of these, in one go."""
    taken = []
    for ear in ears:
        if data := ear.take():
            taken.append((ear, data))
        else:
            ear.tell()  # silence is news too
    if not taken:
        return
    windows = np.concatenate([g711.decode(data, ear.codec) for ear, data in taken]).astype(np.float32).reshape(-1, tones.WINDOW)
    numbers, sizes, sounding = (one.tolist() for one in tones.listen(windows))
    start = 0
    for ear, data in taken:
        end = start + len(data) // tones.WINDOW
        ear.note(numbers[start:end], sizes[start:end], sounding[start:end])
        start = end
