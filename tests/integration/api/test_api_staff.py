"""What the house answers to conversations that ask about our own people, over a real Redis; and who may set a PIN."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sqlalchemy import select

from hotline.bus import keys
from hotline.core.commands import Command
from hotline.store.models import AuditEvent, CallForm, Expert
from tests.fakes.records import add_call
from tests.integration.api.conftest import House, until

pytestmark = pytest.mark.integration

PIN = "270914"


class Talk:
    """A conversation that asks."""

    def __init__(self, house: House, call_id: str = "call_1") -> None:
        self.house = house
        self.call_id = call_id
        self.number = 0

    async def ask(self, name: str, entered: str = "", **data: Any) -> dict[str, Any]:
        self.number += 1
        sealed = self.house.context.secrecy.seal(entered, f"staff.keys:{self.call_id}") if entered else ""
        question = {"call_id": self.call_id, "number": self.number, "name": name, "data": data, "keys_enc": sealed}
        question["at"] = time.time()
        await self.house.redis.xadd(keys.STAFF_IN, {"question": json.dumps(question)})

        async def answered() -> dict[str, Any] | None:
            for _, fields in await self.house.redis.xrange(keys.commands(self.call_id)):
                command = Command.from_json(fields["command"])
                if command.data["number"] == self.number:
                    return dict(command.data)
            return None

        found: dict[str, Any] = await until(answered)
        return found

    async def outcome(self, name: str, entered: str = "", **data: Any) -> str:
        return str((await self.ask(name, entered, **data))["outcome"])


async def set_phone(house: House, person: str, username: str = "admin", **more: str) -> Any:
    body = {"kind": "expert", "number": "7001", "pin": PIN, **more}
    headers = await house.log_in(username)
    return await house.client.put(f"/api/staff-phones/{person}", json=body, headers=headers)


async def ready(house: House) -> None:
    """The house listens."""

    async def group() -> bool:
        return bool(await house.redis.exists(keys.STAFF_IN)) and bool(await house.redis.xinfo_groups(keys.STAFF_IN))

    await until(group)


async def test_an_administrator_sets_a_pin(house: House) -> None:
    answer = await set_phone(house, "agt_8006", kind="agent", number="6006", phone="13700000006")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": "agt_8006", "kind": "agent", "number": "6006", "phone_masked": "137****0006"}
    assert (await set_phone(house, "agt_8006", pin="1234")).json()["error"]["code"] == "staff.pin"
    assert (await set_phone(house, "exp_99")).json()["error"]["code"] == "staff.person"
    assert (await set_phone(house, "exp_01", number="6006")).json()["error"]["code"] == "staff.number_taken"
    assert (await set_phone(house, "exp_01", "supervisor")).status_code == 403


async def test_an_expert_says_away(house: House) -> None:
    await ready(house)
    await set_phone(house, "exp_01")
    talk = Talk(house)
    assert await talk.outcome("recognise", caller_hash="stranger") == "unknown"
    assert await talk.outcome("number", "7001") == "taken"
    assert await talk.outcome("away") == "failed", "nobody sets anything without a PIN"
    answer = await talk.ask("pin", PIN)
    assert (answer["outcome"], answer["prompts"]) == ("expert", ["staff_on_roster"])
    assert (await talk.ask("away"))["prompts"] == ["staff_away"]
    with house.store.read() as session:
        row = session.get_one(Expert, "exp_01")
        assert row.presence == "away"
        assert row.presence_until is not None
        actions = list(session.scalars(select(AuditEvent.action)))
    assert actions[-2:] == ["staff.let_in", "staff.away"]
    facts = [json.loads(fields["fact"]) for _, fields in await house.redis.xrange(keys.FACTS)]
    assert [(fact["name"], fact["data"]["state"]) for fact in facts] == [("expert_state_set", "away")]
    # Another call of the same person starts from the door again.
    assert await Talk(house, "call_2").outcome("available") == "failed"


async def test_wrong_pins_lock_and_a_staff_number_of_nobody_is_not_told(house: House) -> None:
    await ready(house)
    await set_phone(house, "exp_01")
    talk = Talk(house)
    assert await talk.outcome("number", "7001") == "failed", "nobody has come in yet"
    assert await talk.outcome("recognise", caller_hash="") == "unknown"
    assert await talk.outcome("number", "7001") == "taken"
    assert [await talk.outcome("pin", "111222") for _ in range(3)] == ["wrong", "wrong", "locked"]
    assert await talk.outcome("pin", PIN) == "locked"
    nobody = Talk(house, "call_2")
    assert await nobody.outcome("recognise", caller_hash="") == "unknown"
    assert await nobody.outcome("number", "9999") == "taken"
    assert [await nobody.outcome("pin", PIN) for _ in range(3)] == ["wrong", "wrong", "locked"]
    with house.store.read() as session:
        actions = list(session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("staff.%"))))
    assert actions == ["staff.phone_set", "staff.wrong_pin", "staff.wrong_pin", "staff.locked"]


async def test_an_agent_takes_calls_on_a_phone(house: House) -> None:
    await ready(house)
    await set_phone(house, "agt_8006", kind="agent", number="6006", phone="13700000006")
    talk = Talk(house)
    assert await talk.outcome("recognise", caller_hash=house.context.secrecy.index("13700000006")) == "known"
    assert await talk.outcome("pin", PIN) == "agent"
    house.routing.answers["set_agent_phone"] = {"ok": True, "data": {"state": "available", "requested": None}}
    assert (await talk.ask("available"))["prompts"] == ["staff_available"]
    await house.redis.hset(keys.AGENTS, "agt_8006", json.dumps({"state": "offline", "reason": "phone_missed"}))
    assert (await talk.ask("state"))["prompts"] == ["staff_missed", "staff_offline"]


async def test_the_result_of_a_talk_by_phone_is_the_form(house: House) -> None:
    await ready(house)
    call = add_call(house.store, agent="agt_8006")
    talk = Talk(house, call)
    assert await talk.outcome("outcome", agent_id="agt_8006", disposition="D04") == "done"
    with house.store.read() as session:
        row = session.get_one(CallForm, call)
    assert (row.fields, row.submitted_by) == ({"disposition": "D04"}, "agt_8006")


async def test_old_and_broken_questions_are_not_answered(house: House) -> None:
    await ready(house)
    await set_phone(house, "exp_01")
    await house.redis.xadd(keys.STAFF_IN, {"question": "{"})
    stale = {"call_id": "call_1", "number": 1, "name": "recognise", "data": {}, "keys_enc": "", "at": time.time() - 60}
    await house.redis.xadd(keys.STAFF_IN, {"question": json.dumps(stale)})
    foreign = house.context.secrecy.seal("7001", "staff.keys:call_other")
    question = {"call_id": "call_1", "number": 1, "name": "number", "data": {}, "keys_enc": foreign, "at": time.time()}
    await house.redis.xadd(keys.STAFF_IN, {"question": json.dumps(question)})
    talk = Talk(house, "call_2")
    assert await talk.outcome("recognise", caller_hash="x") == "unknown", "and the next one is"
    assert not await house.redis.exists(keys.commands("call_1"))
