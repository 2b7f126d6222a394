"""The console in a real browser: an agent takes one call from log-in to the submitted form.

Once against a whole hotline of its own, with the simulated people of the demo and a call that the console's own button asks
for; once against the console's development mock (`agent_console/dev/mock.mjs`), which shows that the console keeps to
docs/protocol.md; or against a hotline that runs already: set `HOTLINE_E2E_URL`, and `HOTLINE_E2E_USER`,
`HOTLINE_E2E_PASSWORD` of an agent whose desk phone answers by itself (a simulated one); `HOTLINE_E2E_CALL_ME=0`
when callers come by themselves.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from hotline.store.demo import DEMO_PASSWORD
from tests.e2e.browser import CHROMIUM, CONSOLE, NODE, missing, run
from tests.ports import free_port
from tests.system.running import Hotline

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["hotline", "mock"])
def target(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Environment of the browser script: the hotline named from outside, one of our own, or a mock on a free port."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    common = {**os.environ, "CHROMIUM": str(CHROMIUM)}
    if url := os.environ.get("HOTLINE_E2E_URL"):
        names = {"CONSOLE_USER": "HOTLINE_E2E_USER", "CONSOLE_PASSWORD": "HOTLINE_E2E_PASSWORD"}
        names |= {"CONSOLE_CALL_ME": "HOTLINE_E2E_CALL_ME", "CONSOLE_REGION": "HOTLINE_E2E_REGION"}
        given = {ours: os.environ[theirs] for ours, theirs in names.items() if theirs in os.environ}
        yield {**common, "CONSOLE_URL": url, **given}
        return
    if request.param == "hotline":
        own = Hotline(demo={"trickle": True, "calls_per_minute": 0})
        try:
            own.start()
            seat = {"CONSOLE_USER": "desk1", "CONSOLE_PASSWORD": DEMO_PASSWORD}
            yield {**common, "CONSOLE_URL": f"http://127.0.0.1:{own.settings.http.port}", **seat}
            own.doctor()
            assert own.stop() == 0, own.printed()[-3000:]
        finally:
            own.remove()
        return
    port = free_port()
    mock = subprocess.Popen(
        [str(NODE), "dev/mock.mjs"],
        cwd=CONSOLE,
        env={**common, "MOCK_PORT": str(port), "MOCK_SPEED": "3"},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for_port(port)
        yield {**common, "CONSOLE_URL": f"http://127.0.0.1:{port}"}
    finally:
        mock.terminate()
        mock.wait(timeout=10)


def _wait_for_port(port: int, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


@pytest.mark.timeout(320)
def test_an_agent_takes_a_call_from_log_in_to_the_submitted_form(target: dict[str, str]) -> None:
    result = run(target, "desk.mjs")
    assert result["submitted"]
    assert result["tries"], "no outcome of an expert was seen"
    assert result["transfer"] in ("connected", "returned")
    # Before log-in the console asks whether an old session holds: that 401 is the only error allowed.
    assert [one for one in result["problems"] if "401" not in one] == []


@pytest.mark.timeout(200)
@pytest.mark.parametrize("target", ["hotline"], indirect=True)
def test_the_office_keeps_experts_and_roster_and_a_bad_sheet_changes_nothing(target: dict[str, str]) -> None:
    result = run({**target, "CONSOLE_USER": "admin"}, "office.mjs")
    assert result["rows"] >= 8
    assert result["gaps"] >= 1, "the demo's roster has an hour that nobody covers"
    assert len(result["problems"]) == 4, result["problems"]
    assert all(len(problem.split("\t")) == 4 for problem in result["problems"])
    assert [one for one in result["browser"] if "401" not in one] == []
