"""The sure way of facts to the archiver: the journal files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hotline import logs
from hotline.core import journal
from hotline.core.facts import Fact

QUIET_SECONDS: Final = 2.0
"""A journal is put away only after nothing was added for this long: the last recording may end after the call."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Seen:
    """What is known of one file. `offset`: everything before it is stored; `stamp`: size and mtime at the last
    reading."""

    offset: int = 0
    stamp: tuple[int, int] = (-1, -1)
    ended: bool = False
    reported: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Portion:
    """New facts of one journal, to be confirmed with :meth:`Journals.stored` once they are committed."""

    path: Path
    facts: tuple[Fact, ...]
    offset: int
    stamp: tuple[int, int]


class Journals:
    """Reads `journal_dir` again and again, each file from where the last stored line ended."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._done = directory / "done"
        self._seen: dict[str, _Seen] = {}

    def changed(self) -> Iterator[Portion]:
        """The journals with something new, oldest file first. A file that cannot be read is reported and tried
        again."""
        for path, stamp in self._files():
            seen = self._seen.setdefault(path.name, _Seen())
            if stamp == seen.stamp:
                continue
            try:
                yield self._portion(path, seen, stamp)
            except FileNotFoundError:
                continue
            except OSError as exc:
                log.error("journal_unreadable", file=path.name, errno=exc.errno)

    def stored(self, portion: Portion) -> None:
        """The facts of this portion are in the database."""
        seen = self._seen.setdefault(portion.path.name, _Seen())
        seen.offset, seen.stamp = portion.offset, portion.stamp
        seen.ended = seen.ended or any(fact.name == "call_ended" for fact in portion.facts)

    def put_away(self, now: float) -> list[str]:
        """Move the ended, wholly stored and quiet journals to `done/`; the call ids."""
        moved = []
        for path, stamp in self._files():
            seen = self._seen.get(path.name)
            if seen is None or not seen.ended or stamp != seen.stamp or now - stamp[1] / 1e9 < QUIET_SECONDS:
                continue
            self._done.mkdir(parents=True, exist_ok=True)
            os.replace(path, self._done / path.name)
            del self._seen[path.name]
            moved.append(path.stem)
        if moved:
            _sync_directory(self._done)
            _sync_directory(self._directory)
        return moved

    def waiting(self) -> int:
        """How many journals are not put away."""
        return sum(1 for _ in self._files())

    def _files(self) -> list[tuple[Path, tuple[int, int]]]:
        found = []
        try:
            with os.scandir(self._directory) as entries:
                for entry in entries:
                    if entry.name.endswith(journal.SUFFIX) and entry.is_file():
                        stat = entry.stat()
                        found.append((Path(entry.path), (stat.st_size, stat.st_mtime_ns)))
        except FileNotFoundError:
            return []
        return sorted(found, key=lambda item: item[1][1])

    def _portion(self, path: Path, seen: _Seen, stamp: tuple[int, int]) -> Portion:
        start = seen.offset if stamp[0] >= seen.offset else 0  # a file that shrank is another file
        with path.open("rb") as file:
            file.seek(start)
            data = file.read()
        decoded = journal.decode(data)
        for problem in decoded.problems:
            at = start + problem.offset
            # Half a line at the end is normal while the writer is at work.
            if problem.kind != "torn" and at not in seen.reported:
                seen.reported.add(at)
                log.warning("journal_damaged", file=path.name, offset=at, kind=problem.kind)
        return Portion(path, tuple(journal.facts(decoded)), start + decoded.consumed, stamp)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
