"""Letters as files, one each: `<outbox>/<channel>/<name>.json`, for another program to take away.

The name comes from the letter's key and is given to the finished file in one step that fails when it is there already: a letter
written twice is one file, whoever dies when. Whoever takes files away must keep the names they have taken. Address and text are
sealed (open with the house's key, context `outbox:<name>`) unless `outbox.clear` says otherwise.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hotline.core.letters import Receipt
from hotline.outbox.port import Letter
from hotline.secrecy import Secrecy

TAKEN: Final = "taken"
"""Folder beside the letters where a program may move what it has taken: a name in it is not written again."""


class FileOutbox:
    """The default. Needs nothing but a disk."""

    once: Final = True

    def __init__(self, folder: Path, secrecy: Secrecy | None, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._secrecy = secrecy
        self._clock = clock

    def send(self, letter: Letter) -> Receipt:
        """`sent` once the file is on the disk under its name; `again` when the disk refuses."""
        folder = self._folder / letter.channel
        final, taken = folder / f"{letter.name}.json", folder / TAKEN / f"{letter.name}.json"
        try:
            if not final.exists() and not taken.exists():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._write(folder, final, json.dumps(self._body(letter), ensure_ascii=False).encode())
        except OSError as error:
            return Receipt("again", f"file.{error.errno or 0}")
        return Receipt("sent", reference=final.name)

    def _body(self, letter: Letter) -> dict[str, Any]:
        text = {"to": letter.to, "subject": letter.subject, "body": letter.body}
        head = {
            "v": 1,
            "key": letter.key,
            "channel": letter.channel,
            "kind": letter.kind,
            "ticket": letter.number,
            "to_masked": letter.to_masked,
            "written_at": self._clock(),
        }
        if self._secrecy is None:
            return {**head, **text}
        return {**head, "sealed": self._secrecy.seal(json.dumps(text, ensure_ascii=False), context(letter.name))}

    def _write(self, folder: Path, final: Path, data: bytes) -> None:
        for left in folder.glob(f".{final.stem}.*"):  # of somebody who died half-way
            left.unlink(missing_ok=True)
        half = folder / f".{final.stem}.{os.getpid()}"
        fd = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # somebody was quicker: that is the letter
            os.link(half, final)
        half.unlink(missing_ok=True)
        entry = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)


def context(name: str) -> str:
    """The sealing context of a file's address and text."""
    return f"outbox:{name}"


def read(path: Path, secrecy: Secrecy) -> dict[str, Any]:
    """A letter's file, opened. Raises OSError, ValueError, SecrecyError."""
    body: dict[str, Any] = json.loads(path.read_text("utf-8"))
    sealed = body.pop("sealed", "")
    return {**body, **json.loads(secrecy.open(sealed, context(path.stem)))} if sealed else body
