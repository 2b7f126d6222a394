"""An entry as somebody wrote it, checked: whole, clean, and every fault named by the part it is in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from hotline.core.knowledge.kinds import INSTITUTION_TYPES, KINDS, SHORT
from hotline.core.sheets.columns import SEPARATORS

MOST_KEYWORDS: Final = 20
MOST_PHONES: Final = 6
_PHONE_BREAKS: Final = re.compile(r"[、,，;；/|\n]+|\s{2,}")
_PHONE: Final = re.compile(r"^(?:\+?86[- ]?)?[0-9][0-9\- ]{2,18}(?:转\d{1,6})?$")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole entry. `fields` holds the filled parts of its kind; `valid_from` and `valid_to` are ISO dates, both inclusive,
    empty without a bound."""

    kind: str
    title: str
    fields: Mapping[str, str]
    keywords: tuple[str, ...] = ()
    region: str = ""
    valid_from: str = ""
    valid_to: str = ""
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a version keeps it."""
        return {
            "kind": self.kind,
            "title": self.title,
            "fields": dict(self.fields),
            "keywords": list(self.keywords),
            "region": self.region,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Draft:
        """Inverse of :meth:`to_json`."""
        return cls(**{**raw, "keywords": tuple(raw["keywords"])})

    @property
    def phones(self) -> tuple[str, ...]:
        """Its numbers, one by one."""
        return phones(self.fields.get("phones", ""))


@dataclass(slots=True)
class Read:
    """What became of a text: the entry, or what is wrong with which part (`part` → code)."""

    draft: Draft | None = None
    problems: dict[str, str] = field(default_factory=dict)


def clean(text: str) -> str:
    """Without control characters and marks that turn the direction of writing; lines kept, spaces trimmed."""
    text = _CONTROL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def phones(text: str) -> tuple[str, ...]:
    """The numbers of a cell, as written, with plain digits and hyphens."""
    found = (unicodedata.normalize("NFKC", one).strip() for one in _PHONE_BREAKS.split(text))
    return tuple(dict.fromkeys(one for one in found if one))


def title_of(raw: Mapping[str, str]) -> str:
    """The title; a law without one is called by its name and article."""
    title = " ".join(clean(raw.get("title", "")).split())
    if title or raw.get("kind") != "law":
        return title
    law = clean(raw.get("law", "")).strip("《》")
    return f"《{law}》{clean(raw.get('article', ''))}" if law else ""


def read_draft(raw: Mapping[str, str], regions: Mapping[str, str]) -> Read:
    """Check one entry: `raw` has the keys `kind`, `title`, `keywords`, `region`, `valid_from`, `valid_to`, `source` and the
    parts of the kind, as text. `regions` gives the code for a code or a name.

    Problem codes: `entry_kind`, `missing`, `long_text`, `institution_type`, `entry_phone`, `region`, `date`, `dates_order`,
    `keywords`.
    """
    read = Read()
    bad = read.problems
    kind = raw.get("kind", "")
    if kind not in KINDS:
        bad["kind"] = "entry_kind" if kind else "missing"
        return read
    fields = {}
    for part in KINDS[kind]:
        text = clean(raw.get(part.key, ""))
        if part.key == "phones":
            numbers = phones(text)
            if len(numbers) > MOST_PHONES or not all(_PHONE.match(one) for one in numbers):
                bad[part.key] = "entry_phone"
            text = "、".join(numbers)
        if part.key == "law":
            text = text.strip("《》")
        if part.needed and not text:
            bad[part.key] = "missing"
        elif len(text) > part.limit:
            bad[part.key] = "long_text"
        if text:
            fields[part.key] = text
    if kind == "institution" and fields.get("type") and fields["type"] not in INSTITUTION_TYPES:
        bad["type"] = "institution_type"
    title = title_of({**raw, "kind": kind})
    if not title:
        bad["title"] = "missing"
    elif len(title) > SHORT:
        bad["title"] = "long_text"
    keywords = tuple(dict.fromkeys(one for one in SEPARATORS.split(clean(raw.get("keywords", ""))) if one))
    if len(keywords) > MOST_KEYWORDS or any(len(one) > 40 for one in keywords):
        bad["keywords"] = "keywords"
    region = clean(raw.get("region", ""))
    if region and region not in regions:
        bad["region"] = "region"
    source = clean(raw.get("source", ""))
    if len(source) > SHORT:
        bad["source"] = "long_text"
    valid = {key: clean(raw.get(key, "")) for key in ("valid_from", "valid_to")}
    for key, text in valid.items():
        if text and not _is_date(text):
            bad[key] = "date"
    if kind == "law" and not valid["valid_from"]:
        bad["valid_from"] = "missing"  # a text of law without its day is of no use to anybody
    if not bad and valid["valid_from"] and valid["valid_to"] and valid["valid_to"] < valid["valid_from"]:
        bad["valid_to"] = "dates_order"
    if not bad:
        read.draft = Draft(kind, title, fields, keywords, regions.get(region, ""), source=source, **valid)
    return read


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
