"""Who hears what: prompts, music, bridges, recorders and the in-band ear, on pjsua's conference bridge.

The wanted connections are kept here and made again whenever a leg's media changes; the bridge itself forgets them at
every re-INVITE. Players and recorders are the C ones; Python touches audio only while in-band digits are awaited.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pjsua2.pjsua2 as pj

from hotline.core.conversations import events as ev
from hotline.telephony.endpoint import CLOCK_RATE, Endpoint
from hotline.telephony.inband import InbandDetector
from hotline.telephony.meter import Meter


class Media:
    """The media of one conversation. All methods run on the main thread; a leg without media is remembered, not refused."""

    def __init__(self, endpoint: Endpoint, music: Path) -> None:
        self._endpoint = endpoint
        self._music_file = music
        self._music: Any = None
        self._links: dict[str, set[str]] = {}
        """sink leg → source legs; `music` is a source too."""
        self._players: dict[str, _Playlist] = {}
        self._recorders: dict[str, _Capture] = {}
        self._taps: dict[str, set[str]] = {}
        """recording → legs whose voice is added to its second file."""
        self._ears: dict[str, _Ear] = {}
        self._keep: list[Any] = []

    def bridge(self, first: str, second: str) -> None:
        self._links.setdefault(first, set()).add(second)
        self._links.setdefault(second, set()).add(first)
        self._apply(first)
        self._apply(second)

    def unbridge(self, first: str, second: str) -> None:
        for sink, source in ((first, second), (second, first)):
            self._links.get(sink, set()).discard(source)
            self._connect(source, sink, on=False)

    def let_hear(self, source: str, sink: str, *, on: bool) -> None:
        """One way: `sink` hears `source`, or no longer."""
        sources = self._links.setdefault(sink, set())
        (sources.add if on else sources.discard)(source)
        self._connect(source, sink, on=on)

    def music(self, leg: str, *, on: bool) -> None:
        sources = self._links.setdefault(leg, set())
        if on == ("music" in sources):
            return
        if on:
            sources.add("music")
            if self._music is None:
                self._music = pj.AudioMediaPlayer()
                self._music.createPlayer(str(self._music_file))
        else:
            sources.discard("music")
        self._connect("music", leg, on=on)

    def play(self, leg: str, files: list[Path], done: Callable[[], None]) -> None:
        """Play files one after another to `leg`, then call `done` (from the main thread). Replaces what plays there."""
        self.stop_play(leg)
        playlist = _Playlist(self, leg, files, done)
        self._players[leg] = playlist
        self._keep.append(playlist)
        playlist.next()

    def stop_play(self, leg: str) -> None:
        playlist = self._players.pop(leg, None)
        if playlist:
            playlist.stop()

    def record(self, recording_id: str, caller: str, others: tuple[str, ...], caller_file: Path, peer_file: Path) -> None:
        """Capture the caller's leg (none: an empty file, which counts as silence) and the others, mixed, in two mono WAV files
        from now on. Raises pjsua2.Error when a file cannot be made."""
        left, right = pj.AudioMediaRecorder(), pj.AudioMediaRecorder()
        left.createRecorder(str(caller_file))
        right.createRecorder(str(peer_file))
        feeds = [(left, caller)] if caller else []
        self._recorders[recording_id] = _Capture(left, right, (*feeds, *((right, leg) for leg in others)))
        self._feed_recorder(recording_id)

    def tap(self, recording_id: str, leg: str, *, on: bool) -> None:
        """One more voice on the second file of a recording, or no longer."""
        taps = self._taps.setdefault(recording_id, set())
        (taps.add if on else taps.discard)(leg)
        found, audio = self._recorders.get(recording_id), self._audio(leg)
        if found is None or audio is None:
            return
        with contextlib.suppress(pj.Error):
            if on:
                audio.startTransmit(found.right)
            else:
                audio.stopTransmit(found.right)

    def stop_record(self, recording_id: str) -> None:
        """Close the two files; the last reference closes them."""
        found = self._recorders.pop(recording_id, None)
        if found is None:
            return
        taps = tuple((found.right, leg) for leg in self._taps.pop(recording_id, ()))
        for recorder, leg in (*found.feeds, *taps):
            audio = self._audio(leg)
            if audio is not None:
                with contextlib.suppress(pj.Error):
                    audio.stopTransmit(recorder)

    def listen(self, leg: str, *, on: bool) -> None:
        """Turn the in-band detector of a leg on or off (2 % of a core while on)."""
        ear = self._ear(leg, wanted=on)
        if ear is not None:
            before, ear.keys = ear.on, on
            self._switched(leg, before)

    def meter(self, leg: str, *, on: bool, silence: float = 0.0) -> None:
        """Tell when somebody has spoken on the leg, and when nobody has for `silence` seconds; or no longer."""
        ear = self._ear(leg, wanted=on)
        if ear is not None:
            before, ear.meter = ear.on, Meter(silence) if on else None
            self._switched(leg, before)

    def _ear(self, leg: str, *, wanted: bool) -> _Ear | None:
        ear = self._ears.get(leg)
        if wanted and ear is None:
            ear = _Ear(self._endpoint, leg)
            self._ears[leg] = ear
            self._keep.append(ear)
        return ear

    def _switched(self, leg: str, before: bool) -> None:
        if self._ears[leg].on != before:
            self._attach_ear(leg)

    def hear(self) -> None:
        """Run detectors and meters over what came in since the last time."""
        for ear in self._ears.values():
            if ear.on:
                ear.detect()

    def changed(self, leg: str) -> None:
        """The leg's media was set up anew: make its connections again."""
        self._apply(leg)
        for sink, sources in self._links.items():
            if leg in sources:
                self._connect(leg, sink, on=True)
        if leg in self._players:
            self._players[leg].reconnect()
        for recording_id, capture in self._recorders.items():
            if any(leg == fed for _, fed in capture.feeds) or leg in self._taps.get(recording_id, ()):
                self._feed_recorder(recording_id)
        if leg in self._ears and self._ears[leg].on:
            self._attach_ear(leg)

    def forget(self, leg: str) -> None:
        """The leg is over."""
        self.stop_play(leg)
        self._links.pop(leg, None)
        for sources in (*self._links.values(), *self._taps.values()):
            sources.discard(leg)
        ear = self._ears.pop(leg, None)
        if ear:
            ear.keys, ear.meter = False, None

    def _audio(self, leg: str) -> Any | None:
        if leg == "music":
            return self._music
        found = self._endpoint.legs.get(leg)
        return found.audio() if found else None

    def _apply(self, sink: str) -> None:
        for source in self._links.get(sink, ()):
            self._connect(source, sink, on=True)

    def _connect(self, source: str, sink: str, *, on: bool) -> None:
        from_port, to_port = self._audio(source), self._audio(sink)
        if from_port is None or to_port is None:
            return
        with contextlib.suppress(pj.Error):
            if on:
                from_port.startTransmit(to_port)
            else:
                from_port.stopTransmit(to_port)

    def _feed_recorder(self, recording_id: str) -> None:
        capture = self._recorders[recording_id]
        taps = tuple((capture.right, leg) for leg in self._taps.get(recording_id, ()))
        for recorder, leg in (*capture.feeds, *taps):
            audio = self._audio(leg)
            if audio is not None:
                with contextlib.suppress(pj.Error):
                    audio.startTransmit(recorder)

    def _attach_ear(self, leg: str) -> None:
        ear, audio = self._ears[leg], self._audio(leg)
        if audio is None:
            return
        with contextlib.suppress(pj.Error):
            if ear.on:
                audio.startTransmit(ear)
            else:
                audio.stopTransmit(ear)


@dataclass(frozen=True, slots=True)
class _Capture:
    """Two recorders, and which legs feed which. Nothing else refers to the recorders: dropping it closes the files."""

    left: Any
    right: Any
    feeds: tuple[tuple[Any, str], ...]


class _Playlist:
    """Files played one after another to one leg."""

    def __init__(self, media: Media, leg: str, files: list[Path], done: Callable[[], None]) -> None:
        self._media = media
        self._leg = leg
        self._files = list(files)
        self._done = done
        self._player: Any = None
        self._stopped = False

    def next(self) -> None:
        if self._stopped:
            return
        self._disconnect()
        while self._files:
            player = _Player(self)
            try:
                player.createPlayer(str(self._files.pop(0)), pj.PJMEDIA_FILE_NO_LOOP)
            except pj.Error:
                continue  # a missing prompt must not cost the caller their call; start-up checks name it
            self._player = player
            self._media._keep.append(player)
            self.reconnect()
            return
        self._stopped = True
        self._done()

    def reconnect(self) -> None:
        audio = self._media._audio(self._leg)
        if audio is not None and self._player is not None:
            with contextlib.suppress(pj.Error):
                self._player.startTransmit(audio)

    def stop(self) -> None:
        self._stopped = True
        self._disconnect()

    def _disconnect(self) -> None:
        audio = self._media._audio(self._leg)
        if audio is not None and self._player is not None:
            with contextlib.suppress(pj.Error):
                self._player.stopTransmit(audio)


class _Player(pj.AudioMediaPlayer):
    def __init__(self, playlist: _Playlist) -> None:
        super().__init__()
        self._playlist = playlist

    def onEof2(self) -> None:
        self._playlist._media._endpoint.guard(self._playlist.next)


class _Ear(pj.AudioMediaPort):
    """Collects frames on the media thread (append only), hears keys and voices on the main thread."""

    def __init__(self, endpoint: Endpoint, leg: str) -> None:
        super().__init__()
        self.keys = False
        self.meter: Meter | None = None
        self._endpoint = endpoint
        self._leg = leg
        self._frames: list[bytes] = []
        self._detector = InbandDetector()
        shape = pj.MediaFormatAudio()
        shape.init(pj.PJMEDIA_FORMAT_PCM, CLOCK_RATE, 1, 20_000, 16)
        self.createPort(f"ear-{leg}", shape)

    @property
    def on(self) -> bool:
        """Whether anything is listened for."""
        return self.keys or self.meter is not None

    def onFrameReceived(self, frame: Any) -> None:
        with contextlib.suppress(Exception):
            if self.on and frame.type == pj.PJMEDIA_FRAME_TYPE_AUDIO:
                self._frames.append(bytes(frame.buf))

    def detect(self) -> None:
        if not self._frames:
            return
        frames, self._frames = self._frames, []
        samples = np.frombuffer(b"".join(frames), dtype="<i2")
        if self.keys:
            for key in self._detector.feed(samples):
                self._endpoint.events.append(ev.Digit(self._leg, key, "inband"))
        for word in self.meter.feed(samples) if self.meter is not None else ():
            self._endpoint.events.append(ev.VoiceHeard(self._leg) if word == "voice" else ev.FellSilent(self._leg))
