"""Sound for SIPp's `play_pcap_audio`: RTP packets in a capture file, made here instead of taken from a wire."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from hotline.simulate import g711, tones

FRAME: Final = 160
"""Samples, and bytes of A-law, in 20 ms."""
EVENT_PACKETS: Final = 6
"""A key of 120 ms; its end is sent three times (RFC 4733 2.5.1.4)."""
PORT: Final = 6000
"""SIPp puts its own ports in; it only wants all packets to be of one stream."""


class Sound:
    """One RTP stream: tones and keys one after the other, then `write`."""

    def __init__(self, voice: int, *, seq: int = 1, events: int = 101) -> None:
        """`events`: the payload number of telephone events that the other side asked for."""
        self._frames = _frames(voice)
        self._ssrc = 0x1000 + voice
        self._seq, self._at, self._events = seq, seq * FRAME, events
        self._packets: list[tuple[int, bytes]] = []

    def talk(self, seconds: float) -> Sound:
        """The voice for so many seconds."""
        for index in range(round(seconds * 50)):
            self._packet(self._at, 8, self._frames[index % len(self._frames)])
            self._at += FRAME
        return self

    def press(self, key: str) -> Sound:
        """One key as telephone events."""
        event = "0123456789*#".index(key)
        for index in range(EVENT_PACKETS + 2):
            last = index >= EVENT_PACKETS - 1
            duration = min(index + 1, EVENT_PACKETS) * FRAME
            payload = struct.pack("!BBH", event, (0x80 if last else 0) | 10, duration)
            self._packet(self._at, self._events, payload, marker=index == 0)
        self._at += EVENT_PACKETS * FRAME
        return self

    def write(self, path: Path) -> None:
        """The capture file (classic pcap, Ethernet)."""
        data = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
        for index, (_, packet) in enumerate(self._packets):
            frame = _wrapped(packet)
            micros = index * 20_000
            data.append(struct.pack("<IIII", 1 + micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
        path.write_bytes(b"".join(data))

    def _packet(self, at: int, payload_type: int, payload: bytes, *, marker: bool = False) -> None:
        head = struct.pack("!BBHII", 0x80, (0x80 if marker else 0) | payload_type, self._seq & 0xFFFF, at, self._ssrc)
        self._packets.append((at, head + payload))
        self._seq += 1


def _frames(voice: int) -> list[bytes]:
    data = g711.encode(tones.voice(voice), "pcma")
    return [data[at : at + FRAME] for at in range(0, len(data), FRAME)]


def _wrapped(packet: bytes) -> bytes:
    udp = struct.pack("!HHHH", PORT, PORT, 8 + len(packet), 0) + packet
    local = bytes([127, 0, 0, 1])
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, local, local)
    return bytes(12) + b"\x08\x00" + ip + udp
