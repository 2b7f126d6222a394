"""The quick way of facts to the archiver: the Redis stream, read as a consumer group so that nothing is skipped over a
restart. Losing the stream loses nothing that a journal has; entries are acknowledged only after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import redis

from hotline import logs
from hotline.bus import keys
from hotline.core.facts import Fact

GROUP: Final = "archiver"
CONSUMER: Final = "archiver"
"""One name for ever: a restarted archiver finds what it had not acknowledged under its own name."""
BATCH: Final = 500

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """Facts read, and the entry ids to acknowledge once they are stored (unreadable entries are among them)."""

    facts: tuple[Fact, ...]
    ids: tuple[str, ...]


class Stream:
    """Reads `hotline:facts`. Every method may raise redis.RedisError."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._backlog = True

    def read(self, block_ms: int) -> Batch:
        """The next facts: first those read but never acknowledged, then new ones, waiting at most `block_ms`."""
        try:
            entries = self._entries(block_ms)
        except redis.ResponseError as exc:
            if "NOGROUP" not in str(exc):
                raise
            # First start, or Redis was emptied: from the beginning of whatever is there.
            self._client.xgroup_create(keys.FACTS, GROUP, id="0", mkstream=True)
            self._backlog = True
            entries = self._entries(block_ms)
        return _decode(entries)

    def ack(self, batch: Batch) -> None:
        """The facts of the batch are stored."""
        if batch.ids:
            self._client.xack(keys.FACTS, GROUP, *batch.ids)

    def again(self) -> None:
        """What was read was not stored: read it once more."""
        self._backlog = True

    def wake_requested(self) -> bool:
        """Whether anybody asked for a sweep at once."""
        return bool(self._client.lpop(keys.JOBS_WAKE, 1000))

    def _entries(self, block_ms: int) -> Sequence[tuple[str, dict[str, str] | None]]:
        if self._backlog:
            entries = self._group("0", None)
            if entries:
                return entries
            self._backlog = False
        return self._group(">", block_ms)

    def _group(self, start: str, block_ms: int | None) -> Sequence[tuple[str, dict[str, str] | None]]:
        answer: Any = self._client.xreadgroup(GROUP, CONSUMER, {keys.FACTS: start}, count=BATCH, block=block_ms)
        if isinstance(answer, dict):  # RESP3
            found: Any = answer.get(keys.FACTS, [])
            return found[0] if found and isinstance(found[0], list) else found
        return answer[0][1] if answer else []


def _decode(entries: Sequence[tuple[str, dict[str, str] | None]]) -> Batch:
    facts, ids = [], []
    for entry_id, fields in entries:
        ids.append(entry_id)
        try:
            facts.append(Fact.from_json((fields or {})["fact"]))
        except (ValueError, KeyError):
            if fields:  # an entry that was trimmed away while pending comes back empty: its journal has it
                log.warning("fact_unreadable", entry=entry_id)
    return Batch(tuple(facts), tuple(ids))
