"""Logging: one JSON object a line on standard error, with a mask over anything that looks like a number of a person.

A message is an event name, never a sentence with data in it: `log.info("call_ended", call_id=…, cause=…)`. Personal data
does not belong in a log at all; the mask is the second net.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

# structlog would load rich (66 modules, 4.5 MB in `hotline run`) for coloured tracebacks that are never printed here.
_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _rich is None:
    del sys.modules["rich"]
else:
    sys.modules["rich"] = _rich

# Runs of 7 or more digits (phone numbers, ID numbers), not those inside hexadecimal ids or decimals.
_DIGITS = re.compile(r"(?<![0-9A-Za-z_.\-])\+?\d{7,18}[Xx]?(?![0-9A-Za-z_.])")
_SAFE_KEYS = frozenset({"timestamp", "pid", "call_id", "port", "ms", "seconds", "bytes", "seq"})


def mask_text(text: str) -> str:
    """Replace every long run of digits by its first three and last two."""
    return _DIGITS.sub(lambda m: m.group()[:3] + "***" + m.group()[-2:], text)


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in _SAFE_KEYS:
            event[key] = mask_text(value)
    return event


def setup(part: str, level: str = "INFO") -> None:
    """Configure logging for one process; `part` is stamped on every line. Also takes in the standard library's logging."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(part=part)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False), foreign_pre_chain=shared
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True  # query strings and addresses have no place in a log


def get(name: str) -> Any:
    """A bound logger."""
    return structlog.get_logger(where=name)
