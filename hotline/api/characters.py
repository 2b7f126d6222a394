"""Characters that no request may carry: PostgreSQL keeps no NUL in a text, and half a surrogate pair is no UTF-8, so what has
one could be neither stored nor answered. Seen at the door, alike for every route and both databases. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|\xed[\xa0-\xbf]|\x00")
"""Without one of these there is nothing to look for. Whole pairs (emoji) are among them, an escaped backslash too: the parser
knows them apart."""
_BAD: Final = re.compile("[\x00\ud800-\udfff]")


def in_address(path: str, query: bytes) -> bool:
    """Whether a path (decoded) or a query string (as it came) carries a NUL. What is no UTF-8 there was replaced already."""
    return "\x00" in path or b"%00" in query


def in_body(body: bytes) -> bool:
    """Whether some text of a JSON body, a key or a value, cannot be kept. False for what is no JSON: the route says that."""
    if _SUSPECT.search(body) is None:
        return False
    try:
        left: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        return False
    while left:
        item = left.pop()
        if isinstance(item, str):
            if _BAD.search(item):
                return True
        elif isinstance(item, dict):
            left += [*item, *item.values()]
        elif isinstance(item, list):
            left += item
    return False
