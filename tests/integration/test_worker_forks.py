"""What workers share with the pool must not make them alike: identifiers of two forks never meet. And the pool's rehearsal of a
call leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys

import pytest

pytestmark = pytest.mark.integration

_DIAL = """
import os, sys
from hotline.telephony import endpoint
target, own, media = map(int, sys.argv[1:])
endpoint.prepare()  # as the pool does, before the first fork
for _ in range(3):
    if os.fork() == 0:
        e = endpoint.Endpoint(sip_port=own, rtp_port=media, inside_proxy=f"<sip:127.0.0.1:{target};lr>",
            identity="<sip:12348@hotline.local>")
        e.dial("agent:x", "sip:8001@hotline.local", identity="<sip:12348@hotline.local>")
        for _ in range(5):
            e.poll(0.02)
        os._exit(0)
    assert os.wait()[1] == 0
"""
_MARKS = {
    "Call-ID": r"^Call-ID: (\S+)",
    "tag": r"^From:.*;tag=(\S+)",
    "branch": r"^Via:.*branch=([^;\s]+)",
    "SSRC": r"^a=ssrc:(\d+)",
}

_REHEARSE = """
import gc, os, sys
from pathlib import Path
from hotline import logs
from hotline.conversation import rehearsal
from hotline.conversation.context import Context
from hotline.conversation.conversation import Conversation
from hotline.settings import load
logs.setup("pool")
settings = load(home=Path(sys.argv[1]), redis={"port": 1})  # nobody is there, and nobody is asked
context = Context.load(settings)
facts, make = [], Conversation._fact
Conversation._fact = lambda self, name, data, now: facts.append(name) or make(self, name, data, now)
before = sorted(os.listdir("/proc/self/fd"))
rehearsal.rehearse(context)
assert sorted(os.listdir("/proc/self/fd")) == before
assert not [path for path in Path(sys.argv[1]).rglob("*") if path.is_file() and path.parent.name != "keys"]
assert facts.count("call_ended") == rehearsal.ROUNDS, facts
for name in ("agent_connected", "recording_ended", "rated"):
    assert facts.count(name) == rehearsal.ROUNDS, (name, facts)
def fail(*_):
    raise RuntimeError("a flow that nobody foresaw")
Conversation.begin = fail
rehearsal.rehearse(context)
print("still here")
"""


def test_two_forks_never_use_the_same_identifiers() -> None:
    found: dict[str, list[str]] = {name: [] for name in _MARKS}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5)
        port.bind(("127.0.0.1", 0))
        own = port.getsockname()[1]
        port.close()
        numbers = [str(phone.getsockname()[1]), str(own), "29200"]
        done = subprocess.run([sys.executable, "-c", _DIAL, *numbers], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        invites: dict[str, None] = {}
        phone.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                # One that was sent again is the same to the letter; so would be one of a twin.
                invites[phone.recv(65_535).decode()] = None
    assert len(invites) == 3, "two of them are alike"
    for text in invites:
        assert text.startswith("INVITE ")
        for name, pattern in _MARKS.items():
            found[name].append(_find(pattern, text))
    for name, values in found.items():
        assert all(values), (name, values)
        assert len(set(values)) == 3, (name, values)


def _find(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    return match.group(1) if match else ""


def test_a_call_is_rehearsed_whole_leaves_nothing_and_breaks_nothing(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _REHEARSE, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "HOTLINE_CONFIG": ""},
    )
    assert done.returncode == 0, done.stderr
    assert "still here" in done.stdout
    assert "call_arrived" not in done.stderr
    assert "rehearsal_failed" in done.stderr
