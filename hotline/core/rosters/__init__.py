"""Duty rosters: when experts are on duty, and how swaps, substitutes and absences change that."""

from __future__ import annotations

from hotline.core.rosters.changes import Change, Duty, changes_of
from hotline.core.rosters.spans import DayChange, Shift, gaps, minutes_on, on_minutes, spans

__all__ = ["Change", "DayChange", "Duty", "Shift", "changes_of", "gaps", "minutes_on", "on_minutes", "spans"]
