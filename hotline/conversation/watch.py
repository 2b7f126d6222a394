"""Does audio still come in? Looks at each leg's packet count once a second; a pure question with a clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from hotline.core.conversations import events as ev


@dataclass(slots=True)
class _Heard:
    changed: float
    packets: int = -1
    reported: bool = False


@dataclass(slots=True)
class RtpWatch:
    """`no_media`: the leg has no audio stream at all (an ACK without SDP) for `no_media_seconds`. `rtp_silence`: a stream,
    but nothing new for `silence_seconds`, or `hold_seconds` while the far end has put us on hold itself."""

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
        return ev.Watchdog("no_media" if streamless else "rtp_silence", leg)

    def forget(self, leg: str) -> None:
        self._legs.pop(leg, None)
