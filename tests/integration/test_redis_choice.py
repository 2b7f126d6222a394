"""The private Redis may be the system's server or the wheel's: both are started as the supervisor does, and used."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
import redis

from hotline.bootstrap import checks, parts
from hotline.bus import client as bus
from hotline.core.commands import Command
from hotline.settings import load
from tests.ports import free_block

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("only_wheel", [False, True], ids=["system", "wheel"])
def test_the_private_redis_starts_and_keeps_what_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_wheel: bool
) -> None:
    if only_wheel:
        monkeypatch.setattr(checks.shutil, "which", lambda *_args, **_more: None)
    settings = load(home=tmp_path, redis={"port": free_block(2)})
    command = parts._redis(settings)
    assert ("valkey" in command[0] and "site-packages" in command[0]) == only_wheel
    for turn in range(2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while not parts._redis_ready(settings):
                assert time.monotonic() < deadline, "Redis does not answer"
                assert process.poll() is None, "Redis ended"
                time.sleep(0.05)
            client = bus.connect(settings.redis_url)
            if turn == 0:
                bus.send_command(client, Command("hold", "call_1", "c1", {"agent_id": "a"}))
            else:
                assert client.xlen("hotline:commands:call_1") == 1
            client.eval("return redis.call('LPOP', KEYS[1])", 1, "hotline:idle")
        finally:
            process.terminate()
            process.wait(5)
    with pytest.raises(redis.RedisError):
        bus.connect(settings.redis_url, timeout=0.5).ping()
