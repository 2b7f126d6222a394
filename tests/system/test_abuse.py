"""An abusive caller on the whole hotline: warned twice, let go, restricted by a supervisor, and still able to reach help."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest

from hotline.simulate import clips
from hotline.simulate.people.console import ApiError
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, people, record

pytestmark = [pytest.mark.sip, pytest.mark.timeout(200)]


async def _refused(work: object, code: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await work  # type: ignore[misc]
    assert caught.value.code == code
    return caught.value


async def test_warned_twice_let_go_restricted_and_still_helped_in_danger(hotline: Hotline) -> None:
    abuse = hotline.settings.abuse
    async with people(hotline.settings, seed=31, seats=1) as stage:
        talk = await Talk.begin(stage, seconds=60)
        call, console = f"/api/calls/{talk.call_id}", talk.agent.console
        error = await _refused(console.post(f"{call}/end-abusive"), "abuse.not_warned")
        assert error.details["missing"] == 2
        talk.caller.call.say(clips.silence())
        talk.ring.call.say(clips.silence())  # the ears tell a prompt from voices best when nobody speaks
        assert (await console.post(f"{call}/warn", {"method": "played"}))["number"] == 1
        assert await talk.caller.hears_prompt(5), "the caller does not hear the warning"
        assert await talk.ring.call.ear.until(lambda ear: ear.hears_other_sound(10), 5), "the agent does not hear it"
        await console.until(lambda state: (state[f"calls/{talk.call_id}"].get("abuse") or {}).get("warnings") == 1, timeout=5)
        error = await _refused(console.post(f"{call}/warn", {"method": "played"}), "abuse.too_soon")
        assert 0 < error.details["seconds"] <= abuse.between_seconds
        await asyncio.sleep(abuse.between_seconds)
        assert (await console.post(f"{call}/warn", {"method": "read"}))["number"] == 2
        await console.until(lambda state: (state[f"calls/{talk.call_id}"].get("abuse") or {}).get("warnings") == 2, timeout=5)
        await _refused(console.post(f"{call}/end-abusive"), "abuse.too_soon")
        talk.caller.call.say(clips.voice(talk.caller.voice))
        talk.ring.call.say(clips.voice(talk.agent.voice))
        await talk.hear_each_other()
        await asyncio.sleep(abuse.after_seconds)
        await console.post(f"{call}/end-abusive")
        assert await talk.ring.call.ended(5), "the agent is not free of the caller"
        assert await talk.caller.ended(30), "the caller was told, but never hung up on"
        await talk.agent.write_up(talk.call_id, {**FORM, "disposition": "D11"})
        ended = await record(stage, talk.call_id)
        assert (ended["cause"], ended["ended_by"]) == ("completed", "agent")
        names = [fact["name"] for fact in ended["timeline"]]
        assert names.count("abuse_warned") == 2
        assert "rating_offered" not in names

        proposed = await console.post(f"{call}/restriction", {"reason": "连续辱骂坐席"})
        await _refused(console.post(f"{call}/restriction", {"reason": "再次提出"}), "restriction.exists")
        await _refused(console.post(f"/api/restrictions/{proposed['id']}/decide", _yes()), "auth.forbidden")
        decided = await stage.records.post(f"/api/restrictions/{proposed['id']}/decide", _yes())
        assert decided["state"] == "active"
        await _until_published(hotline)

        again = stage.carrier.caller(talk.caller.number, voice=stage.next_voice())
        assert await stage.carrier.dial(again) == 200
        assert await again.hears_prompt(10)
        again.hang_up()
        assert await again.ended(5)
        assert not any(key.startswith("offers/") for key in console.state), "nobody was disturbed"

        await talk.agent.be_available()
        third = stage.carrier.caller(talk.caller.number, voice=stage.next_voice())
        assert await stage.carrier.dial(third) == 200
        assert await third.hears_prompt(10)
        await asyncio.sleep(1)
        await third.press("1")
        offer = await talk.agent.offer(third.masked, 40)
        helped = await talk.agent.accept(offer["offer_id"])
        ring = await talk.agent.phone.rings(10)
        assert ring is not None
        assert await third.hears(talk.agent.voice, 10)
        third.hang_up()
        assert await third.ended(5)
        await talk.agent.write_up(helped, FORM)
        assert (await record(stage, helped))["recordings"], "the way to help is recorded"

        lifted = await stage.records.post(
            f"/api/restrictions/{proposed['id']}/decide", {"decision": "lift", "reason": "已道歉"}
        )
        assert lifted["state"] == "lifted"
        await _refused(
            stage.records.post(f"/api/restrictions/{proposed['id']}/decide", {"decision": "lift", "reason": "再次"}),
            "restriction.transition",
        )
    hotline.doctor()
    with sqlite3.connect(hotline.home / "hotline.db") as database:
        kept = database.execute(
            "select max(keep_until - ended_at) from recordings where call_id = ?", (talk.call_id,)
        ).fetchone()
        query = "select cause, outcome from calls where flow = 'restricted' order by arrived_at"
        ends = [tuple(row) for row in database.execute(query)]
    assert kept[0] >= abuse.keep_days * 86_400 - 3600, "the evidence is not kept long enough"
    assert ends == [("abandoned", "consultation"), ("completed", "consultation")], "nobody calls a restricted number back"


def _yes() -> dict[str, object]:
    return {"decision": "approve", "reason": "录音属实", "hours": 2}


async def _until_published(hotline: Hotline) -> None:
    async with asyncio.timeout(10):
        while not json.loads(hotline.settings.restricted_file.read_text("utf-8")):
            await asyncio.sleep(0.1)
