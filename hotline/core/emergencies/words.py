"""The words that the second person reads to 110 or 120: a text with places to fill in, what is unknown is said so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

UNKNOWN: Final[Mapping[str, str]] = {"zh-CN": "（不详）", "en": "(not known)"}
PLACES: Final = ("place", "region", "name", "number", "matter", "groups", "facts", "line")
_PLACE: Final = re.compile(r"\{([a-z]+)\}")


def fill(text: str, values: Mapping[str, str], language: str) -> str:
    """`text` with every `{name}` filled in; an empty or unknown one reads as not known."""
    unknown = UNKNOWN.get(language, UNKNOWN["zh-CN"])
    return _PLACE.sub(lambda found: values.get(found.group(1), "").strip() or unknown, text)


def unknown_places(text: str) -> list[str]:
    """Names in `text` that nothing can fill (a bureau's own text with a slip of the pen)."""
    return sorted({name for name in _PLACE.findall(text) if name not in PLACES})
