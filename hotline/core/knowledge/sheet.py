"""The sheet of the catalogue at hand: one table for all kinds, of which each row fills the columns of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hotline.core.knowledge.entries import Draft, read_draft
from hotline.core.knowledge.kinds import INSTITUTION_TYPES, KIND_NAMES, KINDS
from hotline.core.sheets.columns import Column, SheetRow, Table
from hotline.core.sheets.problems import Problem


def _parts() -> tuple[Column, ...]:
    found = {part.key: Column(part.key, part.zh, part.en, sample=part.sample) for kind in KINDS.values() for part in kind}
    return tuple(found.values())


KNOWLEDGE: Final = Table(
    "knowledge",
    (
        Column("kind", "类别", "Kind", needed=True, sample="服务机构"),
        Column("title", "名称", "Title", needed=True, sample="示例法律援助中心"),
        Column("keywords", "关键词", "Keywords", sample="法援、免费律师"),
        Column("region", "地区", "Region", sample=""),
        Column("valid_from", "施行日期", "In force from", sample=""),
        Column("valid_to", "失效日期", "In force to", sample=""),
        Column("source", "来源", "Source", sample="示例"),
        *_parts(),
    ),
)
SAMPLES: Final = {"type": "法律援助机构", "phones": "0999-1234801", "address": "示例路1号", "hours": "工作日 9:00-17:00"}
"""What the template's row shows beside the columns' own samples."""
_KINDS: Final = {name.lower(): kind for kind, names in KIND_NAMES.items() for name in (kind, *names)}
_TYPES: Final = {name.lower(): code for code, names in INSTITUTION_TYPES.items() for name in (code, *names)}


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One good row."""

    row: int
    draft: Draft


def read_sheet(rows: Iterable[SheetRow], regions: Mapping[str, str]) -> tuple[list[SheetEntry], list[Problem]]:
    """The good rows and everything wrong with the others; `regions` gives the code for a code or a name."""
    entries: list[SheetEntry] = []
    problems: list[Problem] = []
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        raw = dict(row.cells)
        raw["kind"] = _KINDS.get(raw.get("kind", "").lower(), raw.get("kind", ""))
        raw["type"] = _TYPES.get(raw.get("type", "").lower(), raw.get("type", ""))
        read = read_draft(raw, regions)
        problems += [Problem(row.number, column, code) for column, code in read.problems.items()]
        if read.draft is None:
            continue
        key = (read.draft.kind, read.draft.title, read.draft.region, read.draft.valid_from if read.draft.kind == "law" else "")
        if key in seen:
            problems.append(Problem(row.number, "", "twice"))
        else:
            seen.add(key)
            entries.append(SheetEntry(row.number, read.draft))
    return entries, problems


def sample_row() -> list[str]:
    """The template's one row."""
    return [column.sample or SAMPLES.get(column.key, "") for column in KNOWLEDGE.columns]


def sheet_row(draft: Draft, region_name: str) -> list[str]:
    """An entry as a row that can be imported again."""
    values = {
        **draft.fields,
        "kind": KIND_NAMES[draft.kind][0],
        "title": draft.title,
        "keywords": "、".join(draft.keywords),
        "region": region_name,
        "valid_from": draft.valid_from,
        "valid_to": draft.valid_to,
        "source": draft.source,
    }
    if draft.fields.get("type"):
        values["type"] = INSTITUTION_TYPES[draft.fields["type"]][0]
    return [values.get(column.key, "") for column in KNOWLEDGE.columns]
