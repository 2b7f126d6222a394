"""Does audio still come in? Looks at each leg's packet count once a second; a pure question with a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from hotline.core.conversations import events as ev


@dataclass(slots=True)
class _Heard:
    changed: float
    packets: int = -1
    reported: bool = False


@dataclass(slots=True)
class RtpWatch:
    """`no_media`: the leg has no audio stream at all (an ACK without SDP) for `no_media_seconds`. `rtp_silence`: a stream,
    but nothing new for `silence_seconds`. `timeout_hold`: nothing for `hold_seconds`, the far end having put us on hold."""

    no_media_seconds: float
    silence_seconds: float
    hold_seconds: float
    _legs: dict[str, _Heard] = field(default_factory=dict)

    def look(self, leg: str, packets: int, *, held: bool, now: float) -> ev.Watchdog | None:
        """`packets` received so far (-1: no stream). Each finding is reported once a leg."""
        heard = self._legs.setdefault(leg, _Heard(changed=now))
        if packets != heard.packets:
            heard.packets, heard.changed = packets, now
            return None
        streamless = packets < 0
        limit = self.no_media_seconds if streamless else self.hold_seconds if held else self.silence_seconds
        if heard.reported or now - heard.changed < limit:
            return None
        heard.reported = True
        return ev.Watchdog("no_media" if streamless else "timeout_hold" if held else "rtp_silence", leg)

    def forget(self, leg: str) -> None:
        self._legs.pop(leg, None)


FIRST_SECONDS: Final = 2.0
"""A headset that was just answered may take so long to send its first packet (ICE and the DTLS handshake)."""


@dataclass(slots=True)
class HeadsetWatch:
    """A browser sends 50 packets a second whatever happens, muted or not: one that has sent none for `silent_seconds` is lost,
    and is told of each second until it is heard again."""

    silent_seconds: float
    _legs: dict[str, _Heard] = field(default_factory=dict)
    _told: dict[str, float] = field(default_factory=dict)

    def look(self, leg: str, packets: int, now: float) -> ev.LegSilent | ev.LegHeard | None:
        """`packets` received so far (-1: no stream)."""
        heard = self._legs.setdefault(leg, _Heard(changed=now))
        if packets != heard.packets:
            back = heard.reported and packets > max(heard.packets, 0)
            heard.packets, heard.changed, heard.reported = packets, now, heard.reported and not back
            return ev.LegHeard(leg) if back else None
        silent = now - heard.changed
        if silent < (self.silent_seconds if packets > 0 else max(FIRST_SECONDS, self.silent_seconds)):
            return None
        if heard.reported and now - self._told[leg] < 1.0:
            return None
        heard.reported, self._told[leg] = True, now
        return ev.LegSilent(leg, silent)

    def forget(self, leg: str) -> None:
        self._legs.pop(leg, None)
        self._told.pop(leg, None)
