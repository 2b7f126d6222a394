"""Recordings: where in them what happened. Pure."""

from __future__ import annotations

from hotline.core.recordings.chapters import CHAPTERS, Chapter, Stretch, chapters

__all__ = ["CHAPTERS", "Chapter", "Stretch", "chapters"]
