"""Is somebody speaking? Counts loud and quiet frames of what a leg sends, in the time of the sound itself."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

RATE: Final = 8000
FRAME: Final = 160
"""20 ms."""
VOICE_DBFS: Final = -45.0
"""Louder than this counts as a voice: telephone speech lies at −30 to −15 dBFS, an idle G.711 line below −60."""
VOICE_SECONDS: Final = 0.3
"""So much of it makes a voice: a click or a short key tone does not."""

_THRESHOLD: Final = (32768.0 * 10 ** (VOICE_DBFS / 20)) ** 2

Word = Literal["voice", "silence"]


class Meter:
    """Feed it samples; it says `voice` once, when somebody has spoken, and `silence` once, `silence` seconds after the last
    loud frame (or after the beginning)."""

    def __init__(self, silence: float) -> None:
        self._limit = silence
        self._loud = 0.0
        self._quiet = 0.0
        self._told: set[Word] = set()
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)

    def feed(self, samples: NDArray[np.int16]) -> list[Word]:
        """What can be said now that could not be said before."""
        found: list[Word] = []
        together = np.concatenate([self._rest, samples])
        whole = len(together) // FRAME * FRAME
        self._rest = together[whole:]
        power = np.mean(together[:whole].reshape(-1, FRAME).astype(np.float64) ** 2, axis=1)
        for loud in power > _THRESHOLD:
            if loud:
                self._loud += FRAME / RATE
                self._quiet = 0.0
                if self._loud >= VOICE_SECONDS:
                    self._tell("voice", found)
            else:
                self._quiet += FRAME / RATE
                if self._quiet >= self._limit:
                    self._tell("silence", found)
        return found

    def _tell(self, word: Word, found: list[Word]) -> None:
        if word not in self._told:
            self._told.add(word)
            found.append(word)
