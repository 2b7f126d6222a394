"""A cell as text that no spreadsheet program runs (OWASP, CSV injection). Pure.

Some programs pass over white space and marks that cannot be seen before they look for a formula, and take full-width signs
for the plain ones: so does the look at the beginning.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

DANGEROUS: Final = frozenset("=+-@|%\t\r\n")
MOST: Final = 32_000
"""Characters a cell of a spreadsheet holds (Excel: 32,767)."""
_NO_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What an XML file cannot hold."""
_UNSEEN: Final = re.compile(r"^[\s\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff]+")


def runs(text: str) -> bool:
    """Whether a spreadsheet program might take the text for a formula."""
    if not text:
        return False
    if text[0] in "\t\r\n":
        return True
    seen = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)[:1])
    return bool(seen) and seen[0] in DANGEROUS


def held(text: str) -> str:
    """As much of the text as a cell can hold."""
    return _NO_XML.sub("", text)[:MOST]


def neutral(text: str) -> str:
    """The text without what a file cannot hold, and with an apostrophe before what would run."""
    clean = held(text)
    return f"'{clean}" if runs(clean) else clean
