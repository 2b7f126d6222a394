"""Which of the house's prompts somebody hears on the wire: what came is laid beside the prompt files."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from hotline.simulate import clips, tones
from hotline.simulate.call import SimCall

PROMPTS: Final = Path(__file__).resolve().parents[2] / "ivr_flows" / "prompts" / "zh-CN"
HEAD_SECONDS: Final = 1.0
"""So much of a prompt is looked for: it is recognised while it is still being said."""
ALIKE: Final = 0.8
"""Correlation from which on a sound is that prompt. The same one through the wire has 0.95 and more, another 0.66 at most."""
PERIOD: Final = 400
"""Samples around a first hit in which the best one is taken."""
FIGURES: Final = tuple(f"digit_{figure}" for figure in range(10))
PAUSE_SECONDS: Final = 0.6
"""The longest silence between two figures of one number."""

Sound = npt.NDArray[np.float32]


@lru_cache(maxsize=64)
def _head(name: str) -> Sound:
    """The beginning of a prompt, without the silence before its first sound."""
    samples = clips.wav(PROMPTS / f"{name}.wav", loop=False).samples.astype(np.float32)
    first = int(np.argmax(np.abs(samples) > 200))
    return samples[first : first + round(HEAD_SECONDS * tones.RATE)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a prompt begins and ends in a sound (samples), and how like it is (0–1)."""

    begins: int
    ends: int
    alike: float


def first(heard: Sound, name: str) -> Place | None:
    """The first place of a sound that is this prompt."""
    head = _head(name)
    if len(heard) < len(head):
        return None
    size = 1 << (len(heard) + len(head)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(head, size)), size)[: len(heard) - len(head) + 1]
    energy = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    window = np.sqrt(np.maximum(energy[len(head) :] - energy[: -len(head)], 1.0))
    scores = product / (window * float(np.linalg.norm(head)))
    found = np.flatnonzero(scores >= ALIKE)
    if not len(found):
        return None
    begins = int(found[0])
    begins += int(np.argmax(scores[begins : begins + PERIOD]))
    return Place(begins, begins + len(head), float(scores[begins]))


class Words:
    """What one person hears, prompt after prompt. The call must be recorded (`record=True`)."""

    def __init__(self, call: SimCall) -> None:
        self._call = call
        self._at = 0

    def _rest(self) -> Sound:
        return self._call.ear.recorded()[self._at :].astype(np.float32)

    async def hears(self, name: str, seconds: float) -> None:
        """Wait for the beginning of that prompt, after what was waited for before."""
        deadline = time.monotonic() + seconds
        while True:
            if (place := await asyncio.to_thread(first, self._rest(), name)) is not None:
                self._at += place.ends
                return
            assert time.monotonic() < deadline, f"{name} was not heard within {seconds} s"
            await asyncio.sleep(0.25)

    def has_heard(self, name: str) -> bool:
        """Whether that prompt has come in the whole call."""
        return first(self._call.ear.recorded().astype(np.float32), name) is not None

    async def number(self, figures: int, seconds: float) -> str:
        """The figures that are read out now, so many of them."""
        found, deadline = "", time.monotonic() + seconds
        enough = max(len(_head(name)) for name in FIGURES) + round(PAUSE_SECONDS * tones.RATE)
        while len(found) < figures:
            if len(self._rest()) < enough:
                assert time.monotonic() < deadline, f"heard {found} and no more"
                await asyncio.sleep(0.2)
                continue
            figure, place = next_figure(self._rest()[:enough])
            assert place is not None, f"after {found} no figure was heard"
            found += figure
            self._at += place.ends
        return found


def next_figure(heard: Sound) -> tuple[str, Place | None]:
    """The first figure in a sound. Of two that seem to begin at once the likelier is meant."""
    places = {name[-1]: place for name in FIGURES if (place := first(heard, name)) is not None}
    if not places:
        return "", None
    begins = min(place.begins for place in places.values())
    here = {figure: place for figure, place in places.items() if place.begins < begins + tones.RATE // 4}
    figure = max(here, key=lambda one: here[one].alike)
    return figure, here[figure]
