"""The simulated people: callers, agents with their phones, experts, and the carrier between them.

Voices are given out by role, so that "who hears whom" can be told: agents 0–9, experts 10–19, callers 20–79,
and agents of a large desk 80–99.
"""

from __future__ import annotations

from typing import Final

AGENT_VOICES: Final = 0
SUPERVISOR_VOICE: Final = 9
EXPERT_VOICES: Final = 10
CALLER_VOICES: Final = 20
CALLER_VOICE_COUNT: Final = 60
DESK_VOICES: Final = 80
"""Agents of a desk with more than nine seats."""
DESK_VOICE_COUNT: Final = 20
