"""The sheet of experts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hotline.core.phones import normalise
from hotline.core.sheets.columns import LONGEST, Column, SheetRow, Table, minutes, parts
from hotline.core.sheets.problems import Problem

KINDS: Final[Mapping[str, str]] = {
    "律师": "lawyer",
    "公证员": "notary",
    "鉴定人": "appraiser",
    "调解员": "mediator",
    "法律援助": "legal_aid",
    "值班人员": "duty",
}
EXPERTS: Final = Table(
    "experts",
    (
        Column("name", "姓名", "Name", needed=True, sample="示例律师"),
        Column("kind", "类别", "Kind", needed=True, sample="律师"),
        Column("firm", "机构", "Firm", sample="示例律师事务所"),
        Column("licence", "执业证号", "Licence", sample="19901200099999999"),
        Column("skills", "业务组", "Skills", needed=True, sample="婚姻家庭、综合"),
        Column("languages", "语言", "Languages", sample="普通话"),
        Column("regions", "地区", "Regions", sample=""),
        Column("phone", "电话1", "Phone 1", needed=True, sample="13900000000"),
        Column("phone2", "电话2", "Phone 2"),
        Column("phone3", "电话3", "Phone 3"),
        Column("hours", "可接听时间", "Hours", sample="08:30-20:30"),
        Column("max_per_day", "每日上限", "Daily maximum", sample="10"),
        Column("stars", "星级", "Stars", sample="3"),
    ),
)


@dataclass(frozen=True, slots=True)
class ExpertEntry:
    """One expert as typed and checked: codes are codes, numbers are as typed (perhaps masked)."""

    name: str
    kind: str
    skills: tuple[str, ...]
    phones: tuple[str, ...]
    firm: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    hours: tuple[int, int] = (0, 1440)
    max_per_day: int = 0
    stars: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Codes:
    """Valid codes with their names: code → (zh, en). `masked` are numbers that stand for the present ones."""

    skills: Mapping[str, tuple[str, str]]
    languages: Mapping[str, tuple[str, str]]
    regions: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def read_experts(rows: Iterable[SheetRow], codes: Codes) -> tuple[list[ExpertEntry], list[Problem]]:
    """The good rows and everything wrong with the others. A row with any problem is not among the entries. Only duty staff,
    who take calls at night, need no skill group.
    """
    entries: list[ExpertEntry] = []
    problems: list[Problem] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        reader = _Reader(row, codes)
        entry = reader.entry()
        key = ("licence", entry.licence) if entry.licence else ("name", f"{entry.name} {entry.phones[:1]}")
        if not reader.problems and key in seen:
            reader.bad("", "twice")
        seen.add(key)
        problems += reader.problems
        if not reader.problems:
            entries.append(entry)
    return entries, problems


class _Reader:
    def __init__(self, row: SheetRow, codes: Codes) -> None:
        self._row, self._codes = row, codes
        self.problems: list[Problem] = []

    def bad(self, column: str, code: str) -> None:
        self.problems.append(Problem(self._row.number, column, code))

    def entry(self) -> ExpertEntry:
        languages = self._codes_of("languages", self._codes.languages, "language")
        kind = self._kind()
        return ExpertEntry(
            name=self._text("name", needed=True),
            kind=kind,
            firm=self._text("firm"),
            licence=self._text("licence"),
            skills=self._codes_of("skills", self._codes.skills, "skill", needed=kind != "duty"),
            languages=languages or ("zh-CN",),
            regions=self._codes_of("regions", self._codes.regions, "region"),
            phones=self._phones(),
            hours=self._hours(),
            max_per_day=self._number("max_per_day", 500),
            stars=self._number("stars", 5),
            row=self._row.number,
        )

    def _text(self, key: str, *, needed: bool = False) -> str:
        text = self._row.get(key)
        if needed and not text:
            self.bad(key, "missing")
        if len(text) > LONGEST or (key == "licence" and len(text) > 64):
            self.bad(key, "too_long")
        return text

    def _kind(self) -> str:
        text = self._text("kind", needed=True)
        kind = KINDS.get(text, text)
        if text and kind not in KINDS.values():
            self.bad("kind", "kind")
        return kind

    def _codes_of(
        self, key: str, known: Mapping[str, tuple[str, str]], problem: str, *, needed: bool = False
    ) -> tuple[str, ...]:
        names = {name.lower(): code for code, both in known.items() for name in (code, *both) if name}
        found: dict[str, None] = {}
        texts = parts(self._row.get(key))
        if needed and not texts:
            self.bad(key, "missing")
        for text in texts:
            code = names.get(text.lower())
            if code is None:
                self.bad(key, problem)
                break
            found[code] = None
        return tuple(found)

    def _phones(self) -> tuple[str, ...]:
        found = []
        for key in ("phone", "phone2", "phone3"):
            text = self._row.get(key)
            if not text:
                if key == "phone":
                    self.bad(key, "missing")
                continue
            if "*" not in text and not normalise(text).dialable:
                self.bad(key, "phone")
            found.append(text)
        return tuple(found)

    def _hours(self) -> tuple[int, int]:
        text = self._row.get("hours")
        if not text:
            return (0, 1440)
        found = re.split(r"\s*(?:-|—|–|~|～|至|到)\s*", text)
        times = [minutes(item) for item in found]
        if len(times) != 2 or times[0] is None or times[1] is None or times[0] >= times[1]:
            self.bad("hours", "hours")
            return (0, 1440)
        return (times[0], times[1])

    def _number(self, key: str, most: int) -> int:
        text = self._row.get(key)
        if not text:
            return 0
        if not re.fullmatch(r"\d{1,4}(\.0+)?", text) or not 0 <= int(float(text)) <= most:
            self.bad(key, "number")
            return 0
        return int(float(text))
