"""The journal file of one call: written before the act it describes, on the local disk, by one writer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from hotline.core.facts import Fact
from hotline.core.journal import SUFFIX, encode_record, fact_record
from hotline.telephony.events import Dialog

SYNCED: Final = frozenset({"call_arrived", "rated", "recording_started", "recording_ended", "recording_failed", "call_ended"})
"""Facts that are on the disk (fsync), not only in the kernel, before anything follows from them. "Thank you" is only
said after `rated` is here (I20)."""


class Journal:
    """Appends records; a `kill -9` loses nothing that was written, a power cut nothing that was synced."""

    def __init__(self, directory: Path, call_id: str, *, new: bool = False) -> None:
        """Open (and make) `<directory>/<call_id>.jnl`. `new`: it must not be there yet; of many who try, one gets it. Raises
        OSError (FileExistsError for the others)."""
        self.path = directory / f"{call_id}{SUFFIX}"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | (os.O_EXCL if new else 0)
        try:
            self._fd = os.open(self.path, flags, 0o600)
        except FileNotFoundError:
            directory.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self.path, flags, 0o600)
        self._torn = False

    def facts(self, facts: list[Fact]) -> None:
        """Append facts in one write; sync when one of them asks for it. Raises OSError when the disk will not take them."""
        if not facts:
            return
        self._write(b"".join(encode_record(fact_record(fact)) for fact in facts))
        if any(fact.name in SYNCED for fact in facts):
            os.fdatasync(self._fd)

    def leg(self, dialog: Dialog) -> None:
        """Note a leg's dialog, so that it can be ended should this process die."""
        record: dict[str, Any] = {
            "leg": {
                "leg": dialog.leg,
                "sip_call_id": dialog.sip_call_id,
                "state": dialog.state,
            }
        }
        self._write(encode_record(record))

    def _write(self, data: bytes) -> None:
        """A write that fails half-way must not swallow the next record: that one begins on a line of its own."""
        data = b"\n" + data if self._torn else data
        self._torn = True
        while data:
            data = data[os.write(self._fd, data) :]
        self._torn = False

    def close(self) -> None:
        os.close(self._fd)
