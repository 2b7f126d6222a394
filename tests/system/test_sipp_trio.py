"""Alice calls, Bob takes the call at the desk, Carol is the expert on a plain telephone: all three are SIPp, a stack that is
not ours. What each of them said is found on the right channel of the sealed recordings."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import shutil
import socket
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from hotline.core.phones import mask
from hotline.simulate import demo_people, tones
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.console import Console
from hotline.simulate.play import unfinished
from hotline.store.demo import DEMO_SIP_PASSWORD
from tests.ports import free_block
from tests.system.pcaps import Sound
from tests.system.running import Hotline

pytestmark = [pytest.mark.sip, pytest.mark.timeout(200)]

SCENARIOS = Path(__file__).parent / "sipp"
ALICE, BOB, CAROL = 41, 5, 15
"""Their voices."""
NUMBER = "13955512348"
EXTENSION = "8001"
TALK_SECONDS = 110.0


class Sipp:
    """SIPp processes of one test, in one folder."""

    def __init__(self, folder: Path, edge: str) -> None:
        self.folder, self.edge = folder, edge
        # SIPp plays captures through a raw socket.
        self._rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
        self._processes: list[asyncio.subprocess.Process] = []

    async def run(self, name: str, port: int, media: int, *words: str, **keys: str) -> asyncio.subprocess.Process:
        given = [word for key, value in keys.items() for word in ("-key", key, value)]
        process = await asyncio.create_subprocess_exec(
            *(*self._rights, "sipp", "-sf", str(SCENARIOS / f"{name}.xml"), self.edge, "-i", "127.0.0.1", "-p", str(port)),
            *("-mp", str(media), "-m", "1", "-nostdin", "-timeout", "170", "-timeout_error", "-trace_err"),
            *("-error_file", str(self.folder / f"{name}.err"), *words, *given),
            cwd=self.folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process

    async def register(self, extension: str, domain: str, password: str, port: int, media: int) -> asyncio.subprocess.Process:
        login = ("-au", extension, "-ap", password)
        return await self.run("register", port, media, *login, extension=extension, domain=domain, expires="300")

    async def over(self, name: str, process: asyncio.subprocess.Process, seconds: float) -> None:
        """The scenario came to its end, as it stands in its file."""
        try:
            async with asyncio.timeout(seconds):
                code = await process.wait()
        except TimeoutError:
            pytest.fail(f"{name}: not over after {seconds} s; {self.errors(name)}")
        assert code == 0, f"{name}: exit code {code}; {self.errors(name)}"

    def errors(self, name: str) -> str:
        with contextlib.suppress(OSError):
            return (self.folder / f"{name}.err").read_text("utf-8", "replace")[-2500:]
        return ""

    async def close(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
async def sipp(hotline: Hotline, tmp_path: Path) -> AsyncIterator[Sipp]:
    assert shutil.which("sipp"), "Debian package missing: sip-tester"
    if os.geteuid() != 0 and os.system("sudo -n true 2>/dev/null") != 0:
        pytest.skip("SIPp needs root (or sudo) to play captures")
    made = Sipp(tmp_path, f"127.0.0.1:{hotline.settings.sip.port}")
    yield made
    await made.close()


@pytest.fixture
async def desk(hotline: Hotline) -> AsyncIterator[SimAgent]:
    """Bob's console; his phone is SIPp's business."""
    agent = demo_people.make_agent(hotline.settings, 0, demo_people.make_phone(hotline.settings, 0))
    yield agent
    await agent.close(phone=False)


@pytest.fixture
async def records(hotline: Hotline) -> AsyncIterator[Console]:
    console = Console(demo_people.base_url(hotline.settings), *demo_people.office_login("supervisor"))
    await console.log_in()
    await console.open_feed()
    yield console
    await console.close()


async def test_three_voices_and_a_rating(hotline: Hotline, sipp: Sipp, desk: SimAgent, records: Console) -> None:
    expert_id, expert_number, _ = demo_people.experts()[0]
    first = free_block(16)
    alice_port, bob_port, carol_port = first, first + 1, hotline.settings.demo.carrier_port
    medias = [first + 4, first + 8, first + 12]
    Sound(ALICE).talk(1).press("0").talk(TALK_SECONDS).write(sipp.folder / "alice_talk.pcap")
    Sound(ALICE, seq=20_000).talk(0.5).press("4").talk(5).write(sipp.folder / "alice_rate.pcap")
    Sound(BOB).talk(TALK_SECONDS).write(sipp.folder / "bob_talk.pcap")
    Sound(CAROL).talk(2.5).press("1").talk(30).write(sipp.folder / "carol_talk.pcap")

    domain = hotline.settings.sip.domain
    register = await sipp.register(EXTENSION, domain, DEMO_SIP_PASSWORD, bob_port, medias[1])
    await sipp.over("register", register, 20)
    bob = await sipp.run("answer", bob_port, medias[1])
    carol = await sipp.run("expert", carol_port, medias[2])
    await desk.start(phone=False)
    alice = await sipp.run("alice", alice_port, medias[0], "-s", "12348", "-cid_str", "alice-%u@trio", number=NUMBER)

    offer = await desk.offer(mask(NUMBER), 30)
    call_id = await desk.accept(offer["offer_id"])
    await desk.until_phase(call_id, "agent_talk", timeout=15)
    await desk.save_form(call_id, _form())
    talk_with_bob = await _captured(hotline, set())

    await desk.transfer(call_id, "0101", "990102", expert_id)
    await _phase(records, call_id, "expert_talk", 60)
    await _captured(hotline, talk_with_bob)
    await sipp.over("answer", bob, 15)
    await desk.write_up(call_id, _form())

    await sipp.over("expert", carol, 30)
    await _phase(records, call_id, "rating", 15)
    _tell(alice_port, "alice-1@trio")
    await sipp.over("alice", alice, 40)

    record = await _record(records, call_id)
    assert (record["cause"], record["transferred"], record["rating"]) == ("completed", True, 4)
    assert record["rating_row"]["person_id"] == expert_id
    assert [talk["person_id"] for talk in record["talks"]] == [desk.agent_id, expert_id]
    assert [one["person_id"] for one in record["recordings"]] == [desk.agent_id, expert_id]
    assert await _heard(records, record["recordings"][0]) == (ALICE, BOB)
    assert await _heard(records, record["recordings"][1]) == (ALICE, CAROL)
    assert expert_number not in str(record)
    hotline.doctor()


async def test_a_wrong_password_does_not_register(hotline: Hotline, sipp: Sipp) -> None:
    """The edge asks again and again; it never says yes, and the phone is not reachable."""
    port = free_block(4)
    before = hotline.status()["edge"]["phones"]
    process = await sipp.register("8002", hotline.settings.sip.domain, "not-the-password", port, port + 2)
    async with asyncio.timeout(20):
        assert await process.wait() != 0
    assert "401" in sipp.errors("register") or "403" in sipp.errors("register")
    assert hotline.status()["edge"]["phones"] == before


def _form() -> dict[str, Any]:
    return {
        "caller_name": "欧阳不落盘",
        "id_number": "110101199003078515",
        "address": "临江市江北区无痕巷七号",
        "caller_groups": ["G99"],
        "risk_flags": [],
        "matter_region": "990102",
        "category": "0101",
        "service_type": "S01",
        "facts": "咨询离婚。",
        "request": "",
        "advice": "已转专家。",
        "applies": True,
        "disposition": "D02",
    }


def _tell(port: int, call_id: str) -> None:
    """Let a waiting scenario go on: a request within its dialog that asks for no answer."""
    text = (
        f"NOTIFY sip:alice@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-go\r\n"
        f"From: <sip:test@127.0.0.1>;tag=go\r\nTo: <sip:alice@127.0.0.1>;tag=go\r\nCall-ID: {call_id}\r\n"
        "CSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(text.encode(), ("127.0.0.1", port))


async def _phase(records: Console, call_id: str, phase: str, seconds: float) -> None:
    there = await records.until(lambda state: state.get(f"calls/{call_id}", {}).get("phase") == phase, seconds)
    assert there, f"{records.state.get(f'calls/{call_id}')} is not in {phase} after {seconds} s"


async def _captured(hotline: Hotline, known: set[Path], seconds: float = 1.5) -> set[Path]:
    """Wait until both sides of a talk that is not `known` are on disk for so long; all captures there are then."""

    def both() -> set[Path]:
        found = set(hotline.settings.capture_dir.glob("*.wav"))
        long = [path for path in found - known if path.stat().st_size > seconds * 16_000]
        return found if len(long) == 2 else set()

    async with asyncio.timeout(15):
        while not (found := both()):
            await asyncio.sleep(0.05)
    return found


def _voices(samples: np.ndarray[Any, Any]) -> list[int]:
    whole = len(samples) // tones.WINDOW * tones.WINDOW
    if not whole:
        return []
    found, _ = tones.detect_voices(samples[:whole].astype(np.float32).reshape(-1, tones.WINDOW))
    return [int(one) for one in found]


async def _record(records: Console, call_id: str) -> dict[str, Any]:
    """The call's record once everything after the call is done."""
    try:
        async with asyncio.timeout(60):
            while True:
                record = await records.get(f"/api/calls/{call_id}")
                if not unfinished(record):
                    return record
                await asyncio.sleep(0.3)
    except TimeoutError:
        pytest.fail(f"not finished: {unfinished(record)}")


async def _heard(records: Console, recording: dict[str, Any]) -> tuple[int, int]:
    """Whose voices are on the left and on the right channel of a sealed recording, and on which nobody else is."""
    response = await records._http.get(f"/api/recordings/{recording['recording_id']}/audio", params={"purpose": "测试核对"})
    assert response.status_code == httpx.codes.OK, response.text
    with wave.open(io.BytesIO(response.content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert abs(len(samples) / 8000 - recording["seconds"]) < 0.1
    left, right = (_voices(samples[:, side]) for side in (0, 1))
    people = {ALICE, BOB, CAROL}
    found = [{voice for voice in side if voice in people} for side in (left, right)]
    assert [len(one) for one in found] == [1, 1], f"left {left}, right {right}"
    # Most of the time, not by chance.
    for side, voices in zip((left, right), found, strict=True):
        assert side.count(min(voices)) > len(side) * 0.6, side
    return min(found[0]), min(found[1])
