"""Hold music of our own: a slow four-bar figure of soft bells over a pad, made with numpy, looping without a seam.

All partials lie between 300 and 2400 Hz, so that a telephone carries them; every note is written modulo the loop's
length, so its tail rings on over the start.
"""

from __future__ import annotations

import numpy as np
from prompt_audio import RATE, Samples, frame_levels

BEAT = 0.9375
"""Seconds: 64 beats a minute, 32 beats in 30 s."""
BEATS = 32
MUSIC_DBFS = -27.0
"""7 dB below speech: it is listened past, for minutes."""
BEEP_DBFS = -20.0
REMINDER_DBFS = -27.0
"""Heard under a voice, without covering it."""

# Eight bars of four beats. MIDI notes; the pad stands low in the telephone band, the bells above it.
_PADS = [(64, 67, 71, 74), (64, 69, 72, 76), (65, 69, 72, 76), (67, 71, 74, 76)] * 2
_BELLS = [
    [79, 83, 86, 83], [84, 81, 76, 81], [77, 81, 84, 88], [86, 83, 79, 74],
    [76, 79, 83, 86], [84, 88, 84, 81], [81, 77, 84, 81], [79, 86, 83, 79],
]  # fmt: skip


def compose() -> Samples:
    """30 s of music at 8 kHz, level `MUSIC_DBFS`."""
    total = round(BEATS * BEAT * RATE)
    out = np.zeros(total)

    def add(start: float, sound: Samples) -> None:
        index = (round(start * RATE) + np.arange(len(sound))) % total
        np.add.at(out, index, sound)

    for bar, (pad, bells) in enumerate(zip(_PADS, _BELLS, strict=True)):
        begin = bar * 4 * BEAT
        for note in pad:
            add(begin, 0.10 * _pad(note, 4 * BEAT + 1.2))
        for beat, note in enumerate(bells):
            add(begin + beat * BEAT, (0.34 if beat == 0 else 0.24) * _bell(note))
    levels = 10 ** (frame_levels(out) / 10)
    return out * 10 ** ((MUSIC_DBFS - 10 * np.log10(levels.mean())) / 20)


def beep() -> Samples:
    """The tone after which a voice message is spoken: 0.4 s of 1 kHz at the level of speech, 80 ms of silence around."""
    t = np.arange(int(0.4 * RATE)) / RATE
    edge = np.minimum(1, np.minimum(t, t[-1] - t) / 0.01)
    margin = np.zeros(int(0.08 * RATE))
    return np.concatenate([margin, 10 ** (BEEP_DBFS / 20) * np.sqrt(2) * np.sin(2 * np.pi * 1000 * t) * edge, margin])


def reminder() -> Samples:
    """Two soft bells, half a second apart: somebody waits, or a talk has become long. 80 ms of silence around."""
    out = np.zeros(int(1.6 * RATE))
    for start, note in ((0.0, 76), (0.5, 72)):
        bell = _bell(note)[: len(out) - int(start * RATE)]
        out[int(start * RATE) : int(start * RATE) + len(bell)] += bell
    edge = np.minimum(1, np.arange(len(out))[::-1] / (0.1 * RATE))
    levels = 10 ** (frame_levels(out * edge) / 10)
    margin = np.zeros(int(0.08 * RATE))
    return np.concatenate([margin, out * edge * 10 ** ((REMINDER_DBFS - 10 * np.log10(levels.mean())) / 20), margin])


def _hertz(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _bell(note: int) -> Samples:
    t = np.arange(int(2.4 * RATE)) / RATE
    f = _hertz(note)
    sound = np.sin(2 * np.pi * f * t) * np.exp(-t / 0.55)
    if 2 * f < 2400:
        sound += 0.22 * np.sin(2 * np.pi * 2 * f * t) * np.exp(-t / 0.25)
    attack = np.minimum(1, t / 0.012)
    release = np.minimum(1, (t[-1] - t) / 0.2)
    return np.asarray(sound * attack * release)


def _pad(note: int, seconds: float) -> Samples:
    t = np.arange(int(seconds * RATE)) / RATE
    f = _hertz(note)
    sound = np.sin(2 * np.pi * f * t) + 0.6 * np.sin(2 * np.pi * f * 1.003 * t + 1) + 0.15 * np.sin(2 * np.pi * 2 * f * t)
    swell = np.minimum(1, t / 1.1) * np.minimum(1, (t[-1] - t) / 1.3)
    return np.asarray(sound * swell)
