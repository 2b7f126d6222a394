"""When the line a caller dialled is open, as a worker knows it: by the newer of two copies of the timetable, the file and
what came through Redis. Nothing known means open: a human must be reachable."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from hotline import logs
from hotline.conversation import small_files
from hotline.core.calendars.timetable import Line, State, Timetable

log = logs.get("conversation.hours")


@dataclass(frozen=True, slots=True)
class Hours:
    """One call's view: the number dialled, and the timetable at its arrival."""

    number: str
    table: Timetable

    @classmethod
    def read(cls, number: str, file: Path, wire: str = "") -> Hours:
        """At the call's arrival. `wire`: the copy from Redis, if any. Never raises."""
        copies = [table for table in (_parse(wire), _from_file(file)) if table is not None]
        return cls(number, max(copies, key=lambda table: table.made_at, default=Timetable()))

    @property
    def line(self) -> Line:
        """What is configured for the number; empty values when nothing is."""
        return self.table.lines.get(self.number) or Line(self.number)

    def state(self, now: float | None = None) -> State:
        """`open`, `closed` or `holiday`; `unknown` (to be taken for open) when no timetable says."""
        at = time.time() if now is None else now
        found = self.table.state(self.number, at)
        if found == "unknown" and (self.table.lines or not self.table.covers(at)):
            # A house without lines in its database never closes: only that is nothing to report.
            known = self.number in self.table.lines
            log.warning("hours_unknown", line_known=known, age=round(at - self.table.made_at) if self.table.made_at else None)
        return found

    def provisional(self) -> bool:
        """Whether a year table that is not there yet may change this day."""
        return self.table.provisional(self.number, time.time())


def _parse(text: str) -> Timetable | None:
    if not text:
        return None
    try:
        return Timetable.from_json(text)
    except ValueError:
        log.warning("timetable_unreadable")
        return None


def _from_file(path: Path) -> Timetable | None:
    try:
        return _parse(small_files.read(path))
    except (OSError, UnicodeDecodeError):
        return None
