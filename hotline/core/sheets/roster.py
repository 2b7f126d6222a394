"""The sheet of duties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from hotline.core.calendars.days import read_day
from hotline.core.sheets.columns import Column, SheetRow, Table, minutes
from hotline.core.sheets.problems import Problem

ROSTER: Final = Table(
    "roster",
    (
        Column("name", "姓名", "Name", needed=True, sample="示例律师"),
        Column("licence", "执业证号", "Licence", sample=""),
        Column("weekday", "星期", "Weekday", sample="周一"),
        Column("date", "日期", "Date", sample=""),
        Column("start", "开始", "Start", needed=True, sample="08:30"),
        Column("end", "结束", "End", needed=True, sample="17:30"),
    ),
)
_DAYS: Final = "一二三四五六日"
_ENGLISH: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class ShiftEntry:
    """One duty: every week on `weekday` (0 Monday), or on `date`."""

    expert_id: str
    weekday: int | None
    date: str | None
    from_minute: int
    to_minute: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """Who is in the pool: id → (name, licence)."""

    experts: Mapping[str, tuple[str, str]]

    def find(self, name: str, licence: str) -> list[str]:
        return [
            key
            for key, (its_name, its_licence) in self.experts.items()
            if (its_licence == licence if licence else its_name == name) or key == name
        ]


def read_roster(rows: Iterable[SheetRow], known: Known, today: date) -> tuple[list[ShiftEntry], list[Problem]]:
    """The good rows and everything wrong with the others."""
    entries: list[ShiftEntry] = []
    problems: list[Problem] = []
    taken: dict[tuple[str, int | str | None], list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        wrong: list[tuple[str, str]] = []
        expert_id = _expert(row, known, wrong)
        weekday, day = _when(row, today, wrong)
        start, end = _time(row, "start", wrong), _time(row, "end", wrong)
        if start == end and not wrong:
            wrong.append(("end", "same_time"))
        if not wrong:
            spans = taken[expert_id, day if day is not None else weekday]
            length = (end - start) % 1440 or 1440
            if any(first < start + length and start < last for first, last in spans):
                wrong.append(("start", "twice" if (start, start + length) in spans else "overlap"))
            spans.append((start, start + length))
        problems += [Problem(row.number, column, code) for column, code in wrong]
        if not wrong:
            entries.append(ShiftEntry(expert_id, weekday, day, start, end, row.number))
    return entries, problems


def _expert(row: SheetRow, known: Known, wrong: list[tuple[str, str]]) -> str:
    name, licence = row.get("name"), row.get("licence")
    if not name and not licence:
        wrong.append(("name", "missing"))
        return ""
    found = known.find(name, licence)
    if len(found) != 1:
        wrong.append(("licence" if licence else "name", "expert_twice" if found else "expert"))
        return ""
    return found[0]


def _when(row: SheetRow, today: date, wrong: list[tuple[str, str]]) -> tuple[int | None, str | None]:
    weekday, day = row.get("weekday"), row.get("date")
    if bool(weekday) == bool(day):
        wrong.append(("weekday", "day_or_date"))
        return None, None
    if weekday:
        number = _weekday(weekday)
        if number is None:
            wrong.append(("weekday", "weekday"))
        return number, None
    try:
        found = read_day(day.replace("/", "-").replace(".", "-"))
    except ValueError:
        wrong.append(("date", "date"))
        return None, None
    if found < today:
        wrong.append(("date", "past"))
    return None, found.isoformat()


def _weekday(text: str) -> int | None:
    plain = text.strip().lower().removesuffix(".0")
    for prefix in ("星期", "礼拜", "周"):
        plain = plain.removeprefix(prefix)
    if plain in ("天", "7"):
        return 6
    if plain.isdigit():
        return int(plain) - 1 if 1 <= int(plain) <= 7 else None
    if len(plain) == 1 and plain in _DAYS:
        return _DAYS.index(plain)
    return next((number for number, name in enumerate(_ENGLISH) if plain.startswith(name)), None)


def _time(row: SheetRow, key: str, wrong: list[tuple[str, str]]) -> int:
    text = row.get(key)
    if not text:
        wrong.append((key, "missing"))
        return -1
    found = minutes(text)
    if found is None:
        wrong.append((key, "time"))
        return -1
    return found
