"""Reading a year table from CSV, as a bureau types it from the State Council's notice.

Columns: `date_from`, `date_to` (empty: one day), `kind` (`off` or `work`), and optionally `name` and `region`. Lines that
begin with # are comments. Every bad row is reported with its line; nothing is guessed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hotline.core.calendars.days import EARLIEST, LATEST, Row

NEEDED: Final = ("date_from", "kind")
LONGEST_DAYS: Final = 31
"""A longer range is a slip of the pen: no holiday lasts a month."""


@dataclass(frozen=True, slots=True)
class Bad:
    """One row that cannot be used. `line` counts from 1 in the file."""

    line: int
    code: str
    value: str

    def show(self) -> str:
        """In Chinese and English, for the person who must correct the file."""
        zh, en = TEXTS[self.code]
        return f"第 {self.line} 行 line {self.line}: {zh} / {en}: {self.value!r}"


TEXTS: Final = {
    "columns": ("缺少列 date_from、kind", "the columns date_from and kind are needed"),
    "encoding": ("不是 UTF-8 或 GB 18030 文本", "the file is neither UTF-8 nor GB 18030"),
    "date": ("日期应写成 2027-01-01", "a date is written 2027-01-01"),
    "order": ("结束早于开始", "the end lies before the beginning"),
    "too_long": ("放假超过 31 天", "longer than 31 days"),
    "year": ("年份不合理", "not a likely year"),
    "two_years": ("跨年的假期请分两行写", "a range over New Year needs two rows, one a year"),
    "kind": ("kind 应为 off（放假）或 work（上班）", "kind must be off or work"),
    "region": ("region 应为行政区划代码", "region must be a division code"),
    "doubled": ("这一天已在别的行里", "this day stands in another row already"),
    "worked_weekday": ("补班日应是周末", "a make-up day lies on a weekend"),
    "empty": ("没有任何一行", "there is no row"),
}


def read(text: str) -> tuple[list[Row], list[Bad]]:
    """The rows of a file that can be used, and everything wrong with the others, by line."""
    lines = [(number, line) for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if _counts(line)]
    if not lines:
        return [], [Bad(1, "empty", "")]
    numbers = [number for number, _ in lines]
    try:
        cells = list(csv.reader(io.StringIO("\n".join(line for _, line in lines))))
    except csv.Error:  # a cell longer than any there can be
        return [], [Bad(numbers[0], "columns", "")]
    head = [name.strip() for name in cells[0]]
    if any(name not in head for name in NEEDED):
        return [], [Bad(numbers[0], "columns", ", ".join(head)[:80])]
    rows: list[Row] = []
    bad: list[Bad] = []
    taken: set[tuple[date, str]] = set()
    for line, values in zip(numbers[1:], cells[1:], strict=False):
        found = _row(line, dict(zip(head, (value.strip() for value in values), strict=False)))
        if isinstance(found, Bad):
            bad.append(found)
            continue
        days = {(day, found.region) for day in found.days()}
        if doubled := sorted(days & taken):
            bad.append(Bad(line, "doubled", doubled[0][0].isoformat()))
            continue
        taken |= days
        rows.append(found)
    if not rows and not bad:
        bad.append(Bad(numbers[0], "empty", ""))
    return rows, bad


def read_file(content: bytes) -> tuple[list[Row], list[Bad]]:
    """:func:`read` of a file in UTF-8, or in GB 18030 as Excel in China saves it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return read(text)
    return [], [Bad(1, "encoding", "")]


def years(rows: Sequence[Row]) -> tuple[int, ...]:
    """The years these rows speak of, in order."""
    return tuple(sorted({row.first.year for row in rows}))


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _row(line: int, cells: dict[str, str]) -> Row | Bad:
    start, end = cells.get("date_from", ""), cells.get("date_to", "") or cells.get("date_from", "")
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError:
        return Bad(line, "date", f"{start} {end}"[:40])
    kind, region = cells.get("kind", ""), cells.get("region", "")
    for code, wrong, value in (
        ("year", not EARLIEST <= first.year <= LATEST, start),
        ("order", last < first, f"{start} {end}"),
        ("two_years", first.year != last.year, f"{start} {end}"),
        ("too_long", (last - first).days >= LONGEST_DAYS, f"{start} {end}"),
        ("kind", kind not in ("off", "work"), kind),
        ("region", bool(region) and not (region.isascii() and region.isdigit() and 2 <= len(region) <= 12), region),
    ):
        if wrong:
            return Bad(line, code, value[:40])
    row = Row(first, last, "off" if kind == "off" else "work", cells.get("name", "").replace("\x00", "")[:60], region)
    if row.kind == "work" and any(day.weekday() < 5 for day in row.days()):
        return Bad(line, "worked_weekday", start)
    return row
