"""Whether a caller's number is restricted now. What cannot be read restricts nobody."""

from __future__ import annotations

import json
from pathlib import Path

from hotline import logs
from hotline.conversation import small_files

log = logs.get("conversation.restricted")


def is_restricted(file: Path, caller_hash: str, now: float) -> bool:
    """Looked up at the call's arrival; `now` is Unix time. Never raises."""
    if not caller_hash:
        return False
    try:
        found = json.loads(small_files.read(file))
        return float(found.get(caller_hash, 0.0)) > now
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError, AttributeError):
        log.warning("restrictions_unreadable")
        return False
