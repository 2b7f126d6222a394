"""The console in a real browser, driven step by step by one of the scripts in `agent_console/e2e/`.

async with opened("headset.mjs", {"CONSOLE_URL": "http://127.0.0.1:8348", …}) as page:
    await page.do("login")
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

CONSOLE: Final = Path(__file__).resolve().parents[2] / "agent_console"
STEP_SECONDS: Final = 150.0
"""Longer than any step waits by itself, on a busy machine."""


class StepFailed(AssertionError):
    """The page did not do what it was asked; its own words are the message."""


class Page:
    """See the module. `process` runs the script."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, step: str, *given: Any) -> Any:
        """One step and its value. Raises :class:`StepFailed`, TimeoutError after `STEP_SECONDS`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([step, *given])}\n".encode())
        line = await asyncio.wait_for(self._process.stdout.readline(), STEP_SECONDS)
        answer = json.loads(line) if line else {"ok": False, "error": f"{step}: the script has ended"}
        if not answer["ok"]:
            raise StepFailed(answer["error"])
        return answer["value"]


@asynccontextmanager
async def opened(script: str, environment: Mapping[str, str]) -> AsyncIterator[Page]:
    """Run the script with Node (Raises OSError when there is none), and end it with its browser afterwards."""
    process = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node",
        f"e2e/{script}",
        cwd=CONSOLE,
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Page(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()
