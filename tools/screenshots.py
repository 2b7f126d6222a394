"""Renews the pictures of every page in docs/screenshots/, from a demo hotline started for it: `make screenshots`.

The pages and their states are those of agent_console/e2e/pages.mjs, so that what is shown has been examined."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
MOST_BYTES = 150_000
"""A picture above this makes the repository heavy: make the window smaller, or show less."""

sys.path.insert(0, str(ROOT))


def main() -> int:
    from hotline.store.demo import DEMO_PASSWORD
    from tests.e2e.test_pages import owe
    from tests.system.running import Hotline

    own = Hotline(demo={"trickle": True, "calls_per_minute": 6})
    try:
        own.start()
        owe(own)
        done = subprocess.run(
            ["node", "e2e/pages.mjs"],
            cwd=ROOT / "agent_console",
            env={
                **os.environ,
                "CHROMIUM": os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium",
                "CONSOLE_URL": f"http://127.0.0.1:{own.settings.http.port}",
                "CONSOLE_PASSWORD": DEMO_PASSWORD,
                "SHOTS": str(TARGET),
            },
            check=False,
        )
        own.stop()
    finally:
        own.remove()
    heavy = [path.name for path in TARGET.glob("*.png") if path.stat().st_size > MOST_BYTES]
    for name in heavy:
        print(f"{name} is above {MOST_BYTES // 1000} kB", file=sys.stderr)
    return done.returncode or bool(heavy)


if __name__ == "__main__":
    raise SystemExit(main())
