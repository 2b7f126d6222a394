"""The journal of one call as bytes: how a record is written, and how it is read back after anything has happened.

One line a record: `<crc32 of the JSON as 8 hex digits> <JSON>\\n` (docs/protocol.md, "Journal"). A record is a JSON
object with exactly one of the keys `fact` or `leg`. Nothing here touches a file: the conversation appends; archiver,
pool supervisor and doctor read.

A journal may end in half a line (the writer was killed, the disk was full) and may carry a damaged line. Both are
reported, neither is fatal: what is whole is used.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hotline.core.facts import Fact

SUFFIX = ".jnl"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one line. `kind`: `torn` (no line end: the last write was cut off), `checksum`, `format`."""

    line: int
    offset: int
    kind: Literal["torn", "checksum", "format"]


@dataclass(frozen=True, slots=True)
class Decoded:
    """All whole records in order, the problems met, and `consumed`: the offset after the last complete line, from which
    reading may go on when the file has grown."""

    records: tuple[dict[str, Any], ...]
    problems: tuple[Problem, ...]
    consumed: int

    @property
    def torn(self) -> bool:
        """Whether the data end in the middle of a line."""
        return any(problem.kind == "torn" for problem in self.problems)


def encode_record(record: Mapping[str, Any]) -> bytes:
    """One journal line, with its line end. Raises ValueError when the record is not JSON-able."""
    try:
        text = json.dumps(dict(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        body = text.encode()
    except (TypeError, UnicodeEncodeError) as exc:
        raise ValueError(f"not a journal record: {exc}") from exc
    return b"%08x %s\n" % (zlib.crc32(body), body)


def fact_record(fact: Fact) -> dict[str, Any]:
    """The record that carries a fact."""
    return {"fact": json.loads(fact.to_json())}


def encode_fact(fact: Fact) -> bytes:
    """The journal line of a fact."""
    return encode_record(fact_record(fact))


def joint(tail: bytes) -> bytes:
    """What to write before the next record, given the last bytes of the file: a line end when the last writer died
    within a line, so that its half does not swallow the new record; else nothing."""
    return b"" if not tail or tail.endswith(b"\n") else b"\n"


def decode(data: bytes) -> Decoded:
    """Read a whole journal, or its part from the start of a line. Never raises."""
    records: list[dict[str, Any]] = []
    problems: list[Problem] = []
    offset = 0
    number = 0
    while offset < len(data):
        number += 1
        end = data.find(b"\n", offset)
        if end < 0:
            problems.append(Problem(number, offset, "torn"))
            break
        line = data[offset:end]
        if line.strip():
            found = _decode_line(line)
            if isinstance(found, dict):
                records.append(found)
            else:
                problems.append(Problem(number, offset, found))
        offset = end + 1
    return Decoded(tuple(records), tuple(problems), offset)


def decode_lines(data: bytes, on_problem: Callable[[Problem], None] | None = None) -> Iterator[dict[str, Any]]:
    """The whole records of `data` in order; each problem is handed to `on_problem`."""
    decoded = decode(data)
    for problem in decoded.problems:
        if on_problem is not None:
            on_problem(problem)
    yield from decoded.records


def facts(decoded: Decoded) -> Iterator[Fact]:
    """The facts among the records. A record that claims to be one and is not is skipped: the checksum held, so a newer
    version wrote it, and what this version does not know it cannot fold."""
    for record in decoded.records:
        raw = record.get("fact")
        if isinstance(raw, dict):
            try:
                yield Fact.from_json(json.dumps(raw))
            except ValueError:
                continue


def _decode_line(line: bytes) -> dict[str, Any] | Literal["checksum", "format"]:
    head, space, body = line.partition(b" ")
    try:
        claimed = int(head, 16)
    except ValueError:
        return "format"
    if not space or len(head) != 8:
        return "format"
    if zlib.crc32(body) != claimed:
        return "checksum"
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        return "format"
    return record if isinstance(record, dict) else "format"
