"""The tables behind the form's hints, from files: a bureau's own folder first (`desk.tables`), then the shipped ones."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final

from hotline.core.intake.hints import Tables
from hotline.core.intake.legalaid import grounds_of
from hotline.core.intake.limits import limits_of
from hotline.core.intake.notices import materials_of
from hotline.core.intake.wording import prompts_of
from hotline.store.catalogue import catalogue, rows

FILES: Final = ("legal_limits", "legal_aid_grounds", "materials", "wording", "risk_words")


class TableError(ValueError):
    """A bureau's own table cannot be used; the text names file and reason."""


@cache
def tables(own: str = "", urgent_days: int = 7, near_days: int = 30) -> Tables:
    """All tables, read once. Raises TableError for a bureau's file that cannot be used."""
    lists = catalogue()
    read = {name: _rows(f"{name}.csv", own) for name in FILES}
    try:
        return Tables(
            limits=limits_of(read["legal_limits"]),
            grounds=grounds_of(read["legal_aid_grounds"]),
            materials=materials_of(read["materials"]),
            prompts=prompts_of(read["wording"]),
            risk_words={row["word"]: row["flag"] for row in read["risk_words"]},
            raises={item.code: item.extra["raises"] for item in lists.items("matter_categories") if item.extra.get("raises")},
            services={item.code: (item.zh, item.en) for item in lists.items("service_types")},
            event_flags={item.code: item.extra["flag"] for item in lists.items("key_events") if item.extra.get("flag")},
            urgent_days=urgent_days,
            near_days=near_days,
        )
    except (KeyError, ValueError) as exc:
        raise TableError(f"{own or 'shipped tables'}: {exc}") from exc


def _rows(name: str, own: str) -> list[dict[str, str]]:
    if own and (path := Path(own) / name).is_file():
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as exc:
            raise TableError(f"{path}: {exc}") from exc
        return list(csv.DictReader(line for line in text.splitlines() if line.strip() and not line.startswith("#")))
    return rows(name)
