"""What simulated people say in the demo: Chinese speech from `prompts/simulate/`, or their tones where there is none."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np

from hotline import logs
from hotline.simulate import clips, tones
from hotline.simulate.clips import Clip, ClipError

log = logs.get("hotline.simulate.speech")


class Speech:
    """The sentences of one directory, by the first word of their names: `caller_…`, `agent_…`, `expert_…`."""

    def __init__(self, directory: Path, seed: int = 0) -> None:
        self._dice = random.Random(seed)
        self._said: dict[str, Clip] = {}
        for path in sorted(directory.glob("*.wav")):
            try:
                self._said[path.stem] = clips.wav(path, loop=False)
            except ClipError as exc:
                log.warning("sim_speech_unusable", file=path.name, kind=str(exc)[-60:])

    def caller(self, voice: int) -> Clip:
        """Waits for the greeting, tells one trouble, says thanks, and begins again after a while."""
        troubles = [name for name in self._said if name.startswith("caller_") and name != "caller_thanks"]
        trouble = self._dice.choice(troubles) if troubles else ""
        return self._put_together(voice, 4.0, trouble, 8.0, "caller_thanks", 6.0)

    def agent(self, voice: int) -> Clip:
        """Greets, asks, advises."""
        return self._put_together(voice, 0.5, "agent_greeting", 7.0, "agent_ask", 5.0, "agent_advice", 8.0)

    def expert(self, voice: int) -> Clip:
        """Greets, asks for evidence, advises, closes."""
        return self._put_together(
            voice, 0.5, "expert_greeting", 5.0, "expert_evidence", 5.0, "expert_advice", 4.0, "expert_closing", 6.0
        )

    def _put_together(self, voice: int, *parts: str | float) -> Clip:
        """Sentences and pauses (seconds) after one another, repeated; the voice's tones when no sentence is there."""
        pieces = []
        spoken = False
        for part in parts:
            if isinstance(part, float):
                pieces.append(np.zeros(round(part * tones.RATE), np.int16))
            elif part in self._said:
                pieces.append(self._said[part].samples)
                spoken = True
        return Clip(np.concatenate(pieces)) if spoken else clips.voice(voice)
