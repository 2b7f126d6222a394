"""SIPp, a stack that is not ours, as the carrier."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from tests.fakes.sip_wire import Uas
from tests.sip.conftest import Edge

pytestmark = pytest.mark.sip

SCENARIOS = Path(__file__).parent / "scenarios"


async def test_twenty_callers_of_a_carrier(edge: Edge, tmp_path: Path) -> None:
    assert shutil.which("sipp"), "Debian package missing: sip-tester"
    workers = [await Uas.open_as(port=edge.worker_port(n)) for n in range(20)]
    edge.idle(*(w.port for w in workers))
    sipp = await asyncio.create_subprocess_exec(
        *("sipp", "-sf", str(SCENARIOS / "caller.xml"), "-s", "12348", f"127.0.0.1:{edge.settings.sip.port}"),
        *("-i", "127.0.0.1", "-m", "20", "-r", "20", "-nostdin", "-timeout", "15", "-timeout_error"),
        *("-trace_err", "-error_file", str(tmp_path / "errors.log")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    output, _ = await sipp.communicate()
    text = output.decode("utf-8", "replace")
    assert sipp.returncode == 0, text[-3000:]
    assert re.search(r"Successful call\s*\|\s*\d+\s*\|\s*20\s", text), text[-3000:]
    assert [len(w.invites) for w in workers] == [1] * 20
    assert [len(w.got("BYE")) for w in workers] == [1] * 20
