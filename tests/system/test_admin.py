"""What an administrator changes reaches callers: a flow and a prompt the next caller hears, a new agent who gets a call, a new
hotline an agent can hand on to. On real SIP and RTP, by ear."""

from __future__ import annotations

import asyncio
import io
import json
import time
import wave
from pathlib import Path
from typing import Any

import httpx
import pytest

from hotline.simulate import demo_people, tones
from hotline.simulate.people.agent import SimAgent
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.console import Console
from hotline.simulate.people.phone import SimPhone
from hotline.simulate.sip_digest import DigestError
from hotline.simulate.stage import Stage
from hotline.store.demo import DEMO_PASSWORD
from tests.system.running import Hotline
from tests.system.talking import FORM, people, record, waiting_caller

pytestmark = [pytest.mark.sip, pytest.mark.timeout(200)]

OWN_WORDS = 71
"""The voice that speaks the bureau's own prompt."""
CLERK = 72
"""The voice of the agent who is new."""
OTHER = "12380"
EXTENSION = "8031"
HEAR_SECONDS = 20.0


def spoken(voice: int, seconds: float) -> bytes:
    samples = tones.voice(voice)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(tones.RATE)
        many = int(seconds * tones.RATE // len(samples)) + 1
        file.writeframes(samples.astype("<i2").tobytes() * many)
    return out.getvalue()


class Admin:
    """The administrator's console."""

    def __init__(self, hotline: Hotline) -> None:
        self._http = httpx.AsyncClient(base_url=demo_people.base_url(hotline.settings), trust_env=False, timeout=20)

    async def __aenter__(self) -> Admin:
        found = await self._http.post("/api/login", json={"username": "admin", "password": DEMO_PASSWORD})
        self._http.headers["Authorization"] = f"Bearer {found.json()['token']}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def do(self, method: str, path: str, **more: Any) -> Any:
        found = await self._http.request(method, f"/api/{path}", **more)
        assert found.status_code < 300, (path, found.text)
        return found.json()


async def test_a_published_flow_is_heard_by_the_next_caller_and_not_by_those_in_a_call(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=901, seats=1) as stage, Admin(hotline) as admin:
        agent = stage.desk.agents[0]
        await agent.pause()
        before = await waiting_caller(stage)  # hears the old flow, and waits
        old = (await admin.do("GET", "flows/quick"))["version"]
        text = (await admin.do("GET", "flows/quick/versions/shipped"))["text"]
        changed = text.replace("say: [connecting]", "say: [message_empty, connecting]")
        version = (await admin.do("POST", "flows/quick/versions", json={"text": changed}))["version"]
        await admin.do("POST", "prompts/zh-CN/message_empty", files={"file": ("a.wav", spoken(OWN_WORDS, 3), "audio/wav")})
        await admin.do("POST", "flows/quick/publish", json={"version": version, "reason": "测试"})
        parts = Path(hotline.settings.run_dir / "parts.json").read_text("utf-8")

        after = await waiting_caller(stage)
        assert await after.hears(OWN_WORDS, HEAR_SECONDS), "the next caller hears the new flow and the bureau's own recording"
        assert await _version(stage, after) == version
        assert await _version(stage, before) == old
        assert not before.ear.heard(OWN_WORDS), "a call that goes on keeps its flow"

        await admin.do("POST", "flows/quick/publish", json={"version": "shipped", "reason": "退回"})
        await admin.do("DELETE", "prompts/zh-CN/message_empty")
        back = await waiting_caller(stage)
        assert await _version(stage, back) == old
        for caller in (before, after, back):
            caller.hang_up()
            assert await caller.ended(5)
        again = Path(hotline.settings.run_dir / "parts.json").read_text("utf-8")
        assert _pids(parts) == _pids(again), "nothing was restarted for it"


async def _version(stage: Stage, caller: SimCaller) -> str:
    """The flow version in the record of a caller who is still in the call."""
    async with asyncio.timeout(15):
        while True:
            for row in (await stage.records.get("/api/calls", limit=20))["items"]:
                if row["caller_masked"] == caller.masked:
                    found = await stage.records.get(f"/api/calls/{row['call_id']}")
                    for fact in found["timeline"]:
                        if fact["name"] == "call_arrived":
                            return str(fact["data"]["flow_version"])
            await asyncio.sleep(0.2)


async def _registers(phone: SimPhone) -> bool:
    try:
        return await phone.register() == 200
    except DigestError:  # asked for the password a second time
        return False


def _pids(text: str) -> dict[str, int]:
    return {name: part["pid"] for name, part in json.loads(text)["parts"].items()}


async def test_a_new_agent_gets_a_call_and_hands_it_to_a_new_hotline(hotline: Hotline) -> None:
    async with people(hotline.settings, seed=902, seats=1) as stage, Admin(hotline) as admin:
        await stage.desk.agents[0].pause()
        seat = {"extension": EXTENSION, "skills": ["GN"], "languages": ["zh-CN"]}
        wish = {"username": f"clerk{int(time.time())}", "name": "新来的", "role": "agent", "seat": seat}
        given = await admin.do("POST", "people", json=wish)
        own = {"number": OTHER, "name_zh": "组织部门", "name_en": "Organisation", "category": "government", "position": 50}
        listed = await admin.do("POST", "external-hotlines", json=own)
        other = stage.carrier.add_hotline(OTHER, "voicemail", voice=73)

        phone = SimPhone(
            EXTENSION,
            given["phone_password"],
            edge=demo_people.edge_address(hotline.settings),
            domain=hotline.settings.sip.domain,
            voice=CLERK,
        )
        console = Console(demo_people.base_url(hotline.settings), wish["username"], given["password"])
        await console.log_in()
        fresh = "自己的密码-2026-x"
        await console.post("/api/me/password", {"current": given["password"], "new": fresh})
        await console.close()
        clerk = SimAgent(Console(demo_people.base_url(hotline.settings), wish["username"], fresh), phone)
        await clerk.start()
        try:
            await clerk.be_available()
            caller = await waiting_caller(stage)
            offer = await clerk.offer(caller.masked, 20)
            call_id = await clerk.accept(offer["offer_id"])
            ring = await phone.rings(10)
            assert ring is not None, "the new desk phone did not ring"
            assert await caller.hears(CLERK, HEAR_SECONDS)
            await clerk.call_hotline(call_id, listed["id"])
            async with asyncio.timeout(20):
                while not other.visits:
                    await asyncio.sleep(0.1)
            joined = await stage.records.until(
                lambda state: bool(((state.get(f"calls/{call_id}") or {}).get("transfer") or {}).get("stage") == "three"), 30
            )
            assert joined, "the hotline that was added a moment ago did not join"
            assert await caller.hears(CLERK, HEAR_SECONDS)
            caller.hang_up()
            assert await caller.ended(5)
            await clerk.write_up(call_id, FORM)
            found = await record(stage, call_id)
            assert found["agent_id"] == given["person"]["seat"]["id"]

            await admin.do("POST", f"people/{given['person']['id']}/disable")
            async with asyncio.timeout(15):
                while stage.records.state.get(f"agents/{clerk.agent_id}", {}).get("state", "offline") != "offline":
                    await asyncio.sleep(0.1)
            assert not await _registers(phone), "the desk phone of a disabled agent does not register any more"
        finally:
            await clerk.close()
            await admin.do("PUT", f"external-hotlines/{listed['id']}", json={**own, "active": False})
