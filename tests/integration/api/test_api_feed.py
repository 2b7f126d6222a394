"""The feed over a real server: snapshot, numbered changes, who sees what, and every way it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection, connect

from hotline.api import connection as ends
from hotline.bus import keys
from hotline.store.models import Account
from hotline.store.repositories import notices
from tests.integration.api.conftest import House, until

pytestmark = pytest.mark.integration

AGENT = {"id": "agt_8001", "name": "陈静", "state": "on_call", "call_id": "call_x", "offer_ids": []}
OTHER = {"id": "agt_8002", "name": "李伟", "state": "on_call", "call_id": "call_y", "offer_ids": ["off_y"]}
CALL_X = {"call_id": "call_x", "agent_id": "agt_8001", "caller_masked": "138****0001"}
CALL_Y = {"call_id": "call_y", "agent_id": "agt_8002", "caller_masked": "138****0002"}
QUEUE = {"name": "general", "waiting": 1, "oldest_queued_at": 1.0}
OFFER = {"offer_id": "off_1", "call_id": "call_z", "agent_ids": ["agt_8002"]}
BOARD = {
    "agents/agt_8001": AGENT,
    "agents/agt_8002": OTHER,
    "calls/call_x": CALL_X,
    "calls/call_y": CALL_Y,
    "queues/general": QUEUE,
    "offers/off_1": OFFER,
}


class Feed:
    """A console's end of the feed."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def next(self, seconds: float = 5.0) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            message: dict[str, Any] = json.loads(await self.socket.recv())
            return message

    async def say(self, kind: str) -> None:
        await self.socket.send(json.dumps({"type": kind}))

    async def end(self, seconds: float = 5.0) -> str:
        """The code of `bye`; the socket must be closed after it."""
        code = ""
        async with asyncio.timeout(seconds):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    message = json.loads(await self.socket.recv())
                    if message["type"] == "bye":
                        code = message["code"]
        return code


async def ticket(house: House, headers: dict[str, str]) -> str:
    answer = await house.client.post("/api/feed/ticket", headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["ticket"])


def address(house: House, one: str) -> str:
    return f"{house.base.replace('http', 'ws', 1)}/api/feed?ticket={one}"


@contextlib.asynccontextmanager
async def feed(house: House, headers: dict[str, str], **values: Any) -> AsyncIterator[Feed]:
    url = address(house, await ticket(house, headers))
    async with connect(url, origin=values.pop("origin", house.base), proxy=None, **values) as opened:
        yield Feed(opened)


async def board(house: House, state: dict[str, Any] = BOARD, name: str = "e2") -> None:
    await house.routing.epoch(name, state)
    await until(lambda: house.context.board.epoch == name)


async def test_snapshot_changes_and_what_an_agent_sees(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("desk1")) as mine:
        first = await mine.next()
        assert first["type"] == "snapshot"
        assert first["now"] == pytest.approx(time.time(), abs=5)
        assert set(first["state"]) == {"agents/agt_8001", "agents/agt_8002", "calls/call_x", "queues/general"}
        assert first["state"]["agents/agt_8001"]["call_id"] == "call_x"
        assert "call_id" not in first["state"]["agents/agt_8002"], "of colleagues only name and state"
        seq = first["seq"]
        # Not mine: nothing is sent, and no number is used up.
        await served.routing.change({"calls/call_y": {**CALL_Y, "hold": True}})
        await served.routing.change({"offers/off_2": {**OFFER, "offer_id": "off_2", "agent_ids": ["agt_8001"]}})
        seen = await mine.next()
        assert (seen["type"], seen["seq"], list(seen["set"]), seen["del"]) == ("change", seq + 1, ["offers/off_2"], [])
        # The offer goes to somebody else: to me it is gone.
        await served.routing.change({"offers/off_2": {**OFFER, "offer_id": "off_2"}})
        seen = await mine.next()
        assert (seen["seq"], seen["set"], seen["del"]) == (seq + 2, {}, ["offers/off_2"])
        await served.routing.change({"queues/general": {**QUEUE, "waiting": 0}}, "calls/call_x", "calls/call_y")
        seen = await mine.next()
        assert (seen["seq"], list(seen["set"]), seen["del"]) == (seq + 3, ["queues/general"], ["calls/call_x"])


async def test_a_supervisor_sees_all(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("supervisor")) as mine:
        assert (await mine.next())["state"] == BOARD


async def test_a_new_notice_rings_at_once_on_the_feeds_of_those_it_is_for(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("centre")) as clerk, feed(served, await served.log_in("desk1")) as desk:
        assert (await clerk.next())["state"] == {}, "the centres see nothing of the desk"
        await desk.next()

        def write(key: str, *readers: str) -> None:
            with served.store.write() as session:
                assert notices.add(session, key, "supervision", readers, now=time.time()) is not None

        await asyncio.sleep(1.2)  # the first look: what was there before does not ring
        await asyncio.to_thread(write, "test:1", "acc_centre")
        began = time.monotonic()
        said = await clerk.next(3)
        assert set(said) == {"type", "now"}, "what it says is asked for, with one's own rights"
        assert said["type"] == "notices"
        assert time.monotonic() - began < 2
        await asyncio.to_thread(write, "test:2", "acc_centre", "acc_desk1")
        assert (await desk.next(3))["type"] == "notices", "the first was not the desk's"
        assert (await clerk.next(3))["type"] == "notices"


async def test_an_auditor_may_not_open_a_feed(served: House) -> None:
    answer = await served.client.post("/api/feed/ticket", headers=await served.log_in("auditor"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "auth.forbidden")


async def test_refetch_gives_the_whole_again_and_counting_goes_on(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("desk1")) as mine:
        await mine.next()
        await served.routing.change({"queues/general": {**QUEUE, "waiting": 7}})
        await mine.next()
        await mine.say("refetch")
        again = await mine.next()
        assert again["type"] == "snapshot"
        assert again["state"]["queues/general"]["waiting"] == 7
        await served.routing.change({"queues/general": {**QUEUE, "waiting": 8}})
        assert (await mine.next())["seq"] == again["seq"] + 1


async def test_ping_renews_the_lease_and_closing_does_not_end_it(served: House) -> None:
    lease = keys.agent_lease("agt_8001")
    async with feed(served, await served.log_in("desk1")) as mine:
        await mine.next()
        await until(lambda: served.redis.exists(lease))
        await served.redis.pexpire(lease, 50)
        await mine.say("ping")
        assert (await mine.next())["type"] == "pong"
        await until(lambda: served.redis.pttl(lease))
        assert await served.redis.pttl(lease) > 10_000
    await until(lambda: not served.context.feeds.open)
    assert await served.redis.exists(lease), "presence is the lease, never a good-bye"


async def test_a_new_epoch_and_a_trimmed_stream_bring_a_snapshot(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("supervisor")) as mine:
        await mine.next()
        await served.routing.epoch("e3", {"queues/general": {**QUEUE, "waiting": 3}})
        fresh = await mine.next()
        assert (fresh["type"], list(fresh["state"])) == ("snapshot", ["queues/general"])
        await served.routing.change({"queues/general": {**QUEUE, "waiting": 4}})
        await mine.next()
        # While the API does not look, more changes pass than the stream keeps.
        async with served.redis.pipeline(transaction=True) as pipe:
            for waiting in range(5, 9):
                entity = json.dumps({**QUEUE, "waiting": waiting})
                pipe.hset(keys.BOARD_STATE, "queues/general", entity)
                pipe.xadd(keys.BOARD_CHANGES, {"set": f'{{"queues/general":{entity}}}', "del": "[]"}, maxlen=2)
            pipe.xtrim(keys.BOARD_CHANGES, maxlen=2, approximate=False)
            await pipe.execute()
        fresh = await mine.next()
        assert (fresh["type"], fresh["state"]["queues/general"]["waiting"]) == ("snapshot", 8)


async def test_redis_away_keeps_the_feed_and_brings_a_snapshot_back(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("desk1")) as mine:
        await mine.next()
        served.server.stop()
        try:
            assert (await mine.next())["type"] == "degraded"
            await mine.say("ping")
            assert (await mine.next(10))["type"] == "pong"
        finally:
            served.server.start()
        await served.routing.epoch("e9", {"queues/general": QUEUE})
        fresh = await mine.next(10)
        assert (fresh["type"], list(fresh["state"])) == ("snapshot", ["queues/general"])


async def test_an_emptied_redis_does_not_empty_the_screen(served: House) -> None:
    await board(served)
    async with feed(served, await served.log_in("desk1")) as mine:
        await mine.next()
        await served.redis.flushall()
        assert (await mine.next())["type"] == "degraded"
        assert served.context.board.state == BOARD
        await served.routing.epoch("e8", BOARD)
        assert (await mine.next())["type"] == "snapshot"


async def test_log_out_ends_the_feed_within_a_second(served: House) -> None:
    headers = await served.log_in("desk1")
    async with feed(served, headers) as mine:
        await mine.next()
        started = time.monotonic()
        await served.client.post("/api/logout", headers=headers)
        assert await mine.end() == "session.logged_out"
        assert time.monotonic() - started < 1.0


@pytest.mark.parametrize(
    ("values", "code"), [({"active": False}, "session.logged_out"), ({"role": "agent"}, "feed.rights_changed")]
)
async def test_a_change_in_the_database_ends_the_feed_within_a_second(served: House, values: dict[str, Any], code: str) -> None:
    async with feed(served, await served.log_in("supervisor")) as mine:
        await mine.next()
        started = time.monotonic()
        with served.store.write() as session:
            session.execute(update(Account).where(Account.username == "supervisor").values(**values))
        assert await mine.end() == code
        assert time.monotonic() - started < 1.5  # half a second between looks, and a busy machine


async def test_a_second_log_in_takes_the_seat(served: House) -> None:
    async with feed(served, await served.log_in("desk1")) as first:
        await first.next()
        second = await served.log_in("desk1")
        assert await first.end(2) == "session.replaced"
        async with feed(served, second) as mine:
            assert (await mine.next())["type"] == "snapshot"


async def test_a_second_feed_of_the_same_session_takes_the_place_of_the_first(served: House) -> None:
    headers = await served.log_in("desk1")
    async with feed(served, headers) as first:
        await first.next()
        async with feed(served, headers) as second:
            await second.next()
            assert await first.end(2) == ends.REPLACED
            await second.say("ping")
            assert (await second.next())["type"] == "pong"


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "file://", "http://127.0.0.1:1"])
async def test_wrong_or_missing_origin(served: House, origin: str | None) -> None:
    headers = await served.log_in("desk1")
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with feed(served, headers, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_ticket_works_once_and_not_for_ever(served: House, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = await served.log_in("desk1")
    one = await ticket(served, headers)
    async with connect(address(served, one), origin=served.base, proxy=None):
        pass
    monkeypatch.setattr("hotline.api.routers.feed.TICKET_SECONDS", 0.0)
    late = await ticket(served, headers)
    for bad in (one, late, "", "x" * 5000):
        with pytest.raises(websockets.InvalidStatus):
            async with connect(address(served, bad), origin=served.base, proxy=None):
                pass


async def test_a_ticket_dies_with_its_session(served: House) -> None:
    headers = await served.log_in("desk1")
    one = await ticket(served, headers)
    await served.client.post("/api/logout", headers=headers)
    with pytest.raises(websockets.InvalidStatus):
        async with connect(address(served, one), origin=served.base, proxy=None):
            pass


async def test_an_oversized_frame_and_a_flood_end_the_feed(served: House) -> None:
    headers = await served.log_in("desk1")
    async with feed(served, headers) as mine:
        await mine.next()
        await mine.socket.send("x" * 17_000)
        await mine.socket.wait_closed()
        assert mine.socket.close_code == 1009
    async with feed(served, headers) as mine:
        await mine.next()
        for _ in range(ends.CLIENT_MESSAGES + 1):
            await mine.say("ping")
        assert await mine.end() == ends.FLOOD


@pytest.mark.parametrize("text", ["", "[]", "{", "1", '{"type":{}}', '{"type":"nonsense"}', "[" * 10_000])
async def test_nonsense_from_a_client_is_ignored(served: House, text: str) -> None:
    async with feed(served, await served.log_in("desk1")) as mine:
        await mine.next()
        await mine.socket.send(text)
        await mine.say("ping")
        assert (await mine.next())["type"] == "pong"


async def test_a_slow_reader_is_let_go_and_others_stay_quick(served: House) -> None:
    await board(served)
    slow_headers, headers = await served.log_in("supervisor"), await served.log_in("desk1")
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        host, port = served.base.removeprefix("http://").split(":")
        await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
        async with (
            feed(served, headers) as quick,
            connect(
                address(served, await ticket(served, slow_headers)),
                sock=raw,
                origin=served.base,
                proxy=None,
                max_queue=1,
                compression=None,
            ) as slow,
        ):
            await quick.next()
            await slow.recv()
            slow.transport.pause_reading()
            big = "x" * 20_000
            for number in range(ends.QUEUE_LIMIT * 2 + 200):
                await served.routing.change({"queues/general": {**QUEUE, "waiting": number}, f"calls/c{number}": {"x": big}})
                if len(served.context.feeds.open) == 1:
                    break
            await until(lambda: len(served.context.feeds.open) == 1, 10)
            assert [one.person.username for one in served.context.feeds.open] == ["desk1"]
            await quick.say("ping")
            async with asyncio.timeout(5):
                while (await quick.next())["type"] != "pong":
                    pass
            slow.transport.abort()


async def test_stopping_the_server_says_so(served: House) -> None:
    async with feed(served, await served.log_in("desk1")) as mine:
        await mine.next()
        served.context.feeds.end_all(ends.STOPPING)
        assert await mine.end() == ends.STOPPING
        assert mine.socket.close_code == 1012
