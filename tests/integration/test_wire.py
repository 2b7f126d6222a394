"""A worker's line to Redis, on a real Redis: what it says and hears, and nothing is lost while Redis is away."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from hotline.bus import client as bus
from hotline.bus import keys
from hotline.bus.wire import Wire, address
from hotline.conversation.link import Link
from hotline.core.commands import Command
from hotline.core.facts import Fact
from tests.conftest import RedisServer, eventually
from tests.ports import free_block

pytestmark = pytest.mark.integration

ADDRESS = "sip:127.0.0.1:20003"


def _fact(seq: int) -> Fact:
    return Fact("agent_ringing", "call_1", 1.0, seq, "conversation", data={"offer_id": f"o{seq}", "agent_id": "agt_1"})


@pytest.fixture
def link(redis_server: RedisServer) -> Iterator[Link]:
    made = Link(redis_server.url, worker_id="7-3", address=ADDRESS, wake=lambda: None)
    made.start()
    yield made
    made.stop(5)


def test_all_kinds_of_answers(redis_server: RedisServer) -> None:
    wire = Wire(redis_server.url)
    big = "咨询" * 100_000
    answers = wire.ask(("SET", "a", big), ("GET", "a"), ("GET", "b"), ("RPUSH", "l", "x", 2, 1.5), ("LRANGE", "l", 0, -1))
    assert answers == ["OK", big, None, 3, ["x", "2", "1.5"]]
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        wire.ask(("LPOS", "a", "x"), ("GET", "b"))
    assert wire.ask(("LLEN", "l")) == [3], "a refusal leaves the connection in step"


def test_a_password_and_a_database(tmp_path: Path) -> None:
    port, path = free_block(2), tmp_path / "r.sock"
    command = ["redis-server", "--port", str(port), "--unixsocket", str(path), "--requirepass", "p@ss", "--save", ""]
    process = subprocess.Popen([*command, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        wire = Wire(f"redis://:p%40ss@127.0.0.1:{port}/3")
        eventually(lambda: wire.ask(("SET", "k", "v")))
        assert Wire(f"unix://:p%40ss@{path}?db=3").ask(("GET", "k")) == ["v"]
        with pytest.raises(redis.ConnectionError):
            Wire(f"redis://:wrong@127.0.0.1:{port}/3").ask(("GET", "k"))
        with pytest.raises(redis.ResponseError, match="NOAUTH"):
            Wire(f"redis://127.0.0.1:{port}/0").ask(("GET", "k"))
    finally:
        process.terminate()
        process.wait(5)
    with pytest.raises(redis.ConnectionError):
        wire.ask(("GET", "k"))


def test_other_kinds_of_addresses_are_refused() -> None:
    with pytest.raises(ValueError, match="rediss"):
        address("rediss://127.0.0.1/0")


def test_a_redis_that_says_nothing_is_given_up(redis_server: RedisServer) -> None:
    wire = Wire(redis_server.url, timeout=0.2)
    wire.send(("BLPOP", "nothing", 0))
    with pytest.raises(redis.TimeoutError):
        wire.receive()
    assert wire.ask(("PING",)) == ["PONG"]


def test_an_idle_worker_stands_in_line_and_a_claimed_one_hears_commands(redis_server: RedisServer, link: Link) -> None:
    client = redis_server.client
    eventually(lambda: client.lrange(keys.IDLE, 0, -1) == [ADDRESS])
    link.claimed("call_1")
    link.live({"phase": "queued"})
    eventually(lambda: client.llen(keys.IDLE) == 0 and client.hexists(keys.LIVE, "call_1"))
    link.publish([_fact(1), _fact(2)])
    eventually(lambda: client.xlen(keys.FACTS) == 2)
    for number in range(3):
        bus.send_command(client, Command("hold", "call_1", f"c{number}", {"agent_id": "a"}))
        eventually(lambda: len(link.commands) == number + 1)  # noqa: B023
    assert [command.command_id for command in link.commands] == ["c0", "c1", "c2"]
    link.live(None)
    eventually(lambda: not client.hexists(keys.LIVE, "call_1"))
    link.stop(5)
    assert not client.hexists(keys.WORKERS, "7-3")


def test_redis_goes_and_comes_back_empty(redis_server: RedisServer, link: Link) -> None:
    eventually(lambda: redis_server.client.llen(keys.IDLE) == 1)
    redis_server.client.flushall()
    eventually(lambda: redis_server.client.lrange(keys.IDLE, 0, -1) == [ADDRESS])
    link.claimed("call_1")
    eventually(lambda: redis_server.client.llen(keys.IDLE) == 0)
    redis_server.stop()
    link.publish([_fact(1), _fact(2), _fact(3)])
    eventually(lambda: list(link.notices) == ["redis_gone"])
    redis_server.start()
    client = redis_server.client
    eventually(lambda: client.xlen(keys.FACTS) == 3)
    assert [Fact.from_json(fields["fact"]).seq for _, fields in client.xrange(keys.FACTS)] == [1, 2, 3]
    bus.send_command(client, Command("hold", "call_1", "c1", {"agent_id": "a"}))
    eventually(lambda: [command.command_id for command in link.commands] == ["c1"])
    assert list(link.notices) == ["redis_gone", "redis_back"]


def test_the_lease_is_renewed(redis_server: RedisServer, link: Link) -> None:
    def lease() -> float:
        return float(json.loads(redis_server.client.hget(keys.WORKERS, "7-3") or "{}").get("lease", 0))

    first = eventually(lease)
    assert first > time.time()
    eventually(lambda: lease() > first)
