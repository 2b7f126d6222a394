"""Nothing that tells who called is found in clear: not on disk, not in Redis, not in any log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from hotline.core.errors import HotlineError
from hotline.secrecy import Secrecy
from hotline.store.sealing import SealedReader
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, people

pytestmark = [pytest.mark.sip, pytest.mark.timeout(200)]

PERSONAL = {
    "caller_name": "欧阳无痕",
    "id_number": "110101199003078515",
    "address": "临江市江北区无痕巷七号",
    "caller_number": "13655501234",
    "opposing_party": "上官不落盘",
}


async def test_no_personal_data_is_left_in_clear(hotline: Hotline) -> None:
    """The caller's number and what the agent typed about the caller are sealed wherever they are kept."""
    async with people(hotline.settings, seed=23, seats=1) as stage:
        talk = await Talk.begin(stage)
        await talk.agent.save_form(talk.call_id, {**FORM, **PERSONAL, "facts": ""})
        await talk.agent.save_form(talk.call_id, {**FORM, **PERSONAL})
        await stage.records.get("/api/calls", q=talk.caller.number, limit=5)
        found = await stage.records.get("/api/calls", q=PERSONAL["caller_name"], limit=5)
        assert isinstance(found["items"], list)
        refused = await stage.records._http.get("/api/calls", params={"q": talk.caller.number, "limit": "none"})
        assert refused.status_code == 422
        # While the call is up there is more of it in Redis than afterwards.
        secret = [talk.caller.number.encode(), *(text.encode() for text in PERSONAL.values())]
        assert _in_redis(hotline, [talk.call_id.encode()]), "the search finds nothing at all"
        assert _in_redis(hotline, secret) == []
        record = await talk.end()
        full = await stage.records.get(f"/api/calls/{talk.call_id}")
        assert full["call_id"] == record["call_id"]
    hotline.doctor()
    assert _in_redis(hotline, secret) == []
    assert _on_disk(hotline.home, [talk.call_id.encode()]), "the search finds nothing at all"
    assert _on_disk(hotline.home, secret) == []
    numbers = _numbers_of_experts()
    assert _on_disk(hotline.home, numbers) == []
    assert _in_redis(hotline, numbers) == []


def test_recordings_are_sealed_and_no_capture_is_left(hotline: Hotline) -> None:
    """Every recording so far opens with the key, only with the key, and stands nowhere in clear."""
    hotline.doctor()
    settings = hotline.settings
    sealed = [path for path in settings.recordings_dir.rglob("*") if path.is_file()]
    assert sealed
    assert list(settings.capture_dir.glob("*")) == []
    right, wrong = Secrecy.from_dir(settings.keys_dir), Secrecy(bytes(32))
    for path in sealed:
        assert b"RIFF" not in path.read_bytes()[:64]
        with SealedReader(path, right, path.stem) as reader:
            assert reader.seconds > 0
        with pytest.raises((HotlineError, ValueError)):
            SealedReader(path, wrong, path.stem).read(0, 1000)


def _numbers_of_experts() -> list[bytes]:
    from hotline.store.demo import demo_expert_numbers

    return [number.removeprefix("+86").encode() for number in demo_expert_numbers().values()]


def _on_disk(home: Path, secrets: list[bytes]) -> list[str]:
    """Files below `home` that hold one of the texts, also as JSON writes it."""
    wanted = [*secrets, *(_as_json(secret) for secret in secrets)]
    return [
        f"{path.relative_to(home)}: {text.decode()}"
        for path in sorted(home.rglob("*"))
        if path.is_file()
        for text in wanted
        if text in path.read_bytes()
    ]


def _in_redis(hotline: Hotline, secrets: list[bytes]) -> list[str]:
    wanted = [*secrets, *(_as_json(secret) for secret in secrets)]
    return [f"{name}: {text.decode()}" for name, value in _redis_values(hotline) for text in wanted if text in value]


def _as_json(text: bytes) -> bytes:
    return text.decode().encode("ascii", "backslashreplace")


def _redis_values(hotline: Hotline) -> Iterator[tuple[str, bytes]]:
    client = redis.Redis.from_url(hotline.settings.redis_url)
    read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
    }
    for key in client.scan_iter():
        yield key.decode(), key + b" " + _flat(read[client.type(key)](key))


def _flat(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        return b" ".join(_flat(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set):
        return b" ".join(_flat(item) for item in value)
    return str(value).encode()
