"""Flows that administrators have published: taken over between calls, without a restart, by the pool and by idle workers.

A call keeps the flow it began with. What cannot be read or is not what it says leaves everything as it was: callers hear the
flows they heard before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from hotline import logs
from hotline.ivr.parser import parse_flow, read_text
from hotline.ivr.problems import FlowError
from hotline.ivr.schema import Flow

log = logs.get("conversation.published")

_NOTHING: Final = (0, 0, 0)


class Published:
    """Keeps `flows` (shared with the context) as the index in `folder` says. Made before the fork; each process goes on with
    its own copy."""

    def __init__(self, folder: Path, flows: dict[str, Flow]) -> None:
        self._folder = folder
        self._index = folder / "flows.json"
        self._flows = flows
        self._shipped = dict(flows)
        self._seen = _NOTHING

    def refresh(self) -> bool:
        """Take over what has changed; whether anything has. One `stat` when nothing has. Never raises."""
        try:
            stat = self._index.stat()
            mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            return False  # nothing was ever published here, or the folder is being made again
        if mark == self._seen:
            return False
        try:
            wanted = dict(json.loads(self._index.read_text("utf-8")))
            flows = self._read(wanted)
        except (OSError, ValueError, TypeError, FlowError) as exc:
            log.error("flows_not_taken_over", kind=type(exc).__name__)
            self._seen = mark
            return False
        self._seen = mark
        before = {name: flow.version for name, flow in self._flows.items()}
        self._flows.update(flows)
        for name in self._flows.keys() - flows.keys():
            del self._flows[name]
        return before != {name: flow.version for name, flow in self._flows.items()}

    def _read(self, wanted: dict[str, str]) -> dict[str, Flow]:
        """Shipped flows, and in their place those wanted. Raises ValueError for a text that is not the version it should be."""
        found = dict(self._shipped)
        for name, version in wanted.items():
            if (loaded := self._flows.get(name)) is not None and loaded.version == version:
                found[name] = loaded
                continue
            path = self._folder / "flows" / f"{name}.{version}.yaml"
            found[name] = parse_flow(read_text(path), name, str(path))
            if found[name].version != version:
                raise ValueError("not that version")
        return found
