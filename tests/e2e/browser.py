"""Browser scripts (`agent_console/e2e/*.mjs`) from Python: what they need, and what they say. Each prints one JSON line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hotline.jobs.durable import Runner
from hotline.jobs.handlers import handlers
from hotline.store.demo import DEMO_PASSWORD
from hotline.store.engine import Store
from hotline.store.repositories import jobs
from tests.integration.api.conftest import House

CONSOLE = Path(__file__).resolve().parents[2] / "agent_console"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
NODE = shutil.which("node")


def missing() -> str:
    """What a browser test lacks on this machine; empty when nothing."""
    if NODE is None:
        return "node is not installed"
    if CHROMIUM is None:
        return "chromium is not installed"
    if not (CONSOLE / "node_modules" / "playwright-core").is_dir():
        return "run `npm ci` in agent_console first"
    if "HOTLINE_E2E_URL" not in os.environ and not (CONSOLE / "dist" / "index.html").is_file():
        return "run `npm run build` in agent_console first"
    return ""


def environment(url: str, **given: str) -> dict[str, str]:
    """Of a script against the console at `url`; `given` gets the prefix `CONSOLE_`."""
    named = {f"CONSOLE_{name.upper()}": value for name, value in given.items()}
    return {**os.environ, "CHROMIUM": str(CHROMIUM), "CONSOLE_URL": url, "CONSOLE_PASSWORD": DEMO_PASSWORD, **named}


def run(given: dict[str, str], script: str, seconds: float = 300) -> dict[str, Any]:
    """Run a script, which must come to its end; its result."""
    done = subprocess.run(
        [str(NODE), f"e2e/{script}"], cwd=CONSOLE, env=given, capture_output=True, text=True, timeout=seconds, check=False
    )
    return _result(done.stdout, done.stderr)


async def play(house: House, script: str, seconds: float = 140, **given: str) -> dict[str, Any]:
    """Run a script against a served house: it must have come to its end, axe and the browser's console must be content. Its
    result. Skips where there is no browser."""
    if reason := missing():
        pytest.skip(reason)
    process = await asyncio.create_subprocess_exec(
        str(NODE), f"e2e/{script}", cwd=CONSOLE, env=environment(house.base, **given), stdout=-1, stderr=-1
    )
    out, err = await asyncio.wait_for(process.communicate(), seconds)
    result = _result(out.decode(), err.decode())
    assert result.get("violations", []) == [], "\n".join(result["violations"])
    # Before log-in the console asks whether an old session holds: that 401 is the only error allowed.
    assert [one for one in result["problems"] if "401" not in one] == []
    return result


def _result(printed: str, complained: str) -> dict[str, Any]:
    assert printed.strip(), complained[-2000:]
    result: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    assert result["ok"], json.dumps(result, ensure_ascii=False, indent=1)
    return result


@contextlib.asynccontextmanager
async def working(store: Store) -> AsyncIterator[None]:
    """The jobs done meanwhile, as their part would do them; `store` has the settings they go by."""

    def once() -> None:
        with store.read() as session:
            due = jobs.due(session, time.time())
        for job_id in due:
            Runner(store, handlers()).run(job_id)

    async def always() -> None:
        while True:
            await asyncio.to_thread(once)
            await asyncio.sleep(0.3)

    task = asyncio.create_task(always())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
