"""Two lawyers' telephones ring at once, on real SIP and RTP: the first to press 1 has the caller, the other is cancelled
or told; a lawyer whose firm represents the other side is never called."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from hotline.core.phones import normalise
from hotline.secrecy import Secrecy
from hotline.simulate import demo_people
from hotline.simulate.people.expert import SimExpert
from hotline.simulate.stage import Stage
from hotline.store.demo_pool import CLIENT
from hotline.store.engine import Store
from hotline.store.models import CallFact, ConflictMark
from tests.system.running import Hotline
from tests.system.talking import FORM, Talk, people, record

pytestmark = [pytest.mark.sip, pytest.mark.timeout(200)]

BARRED = {"exp_01", "exp_02"}
"""The lawyer who declared the client, and the colleague of the same firm."""
SUITABLE = ("exp_05", "exp_07", "exp_08")
"""The others with the skill for marriage and family, all equally near."""


@pytest.fixture(scope="module")
def own() -> Iterator[Hotline]:
    made = Hotline(transfer={"parallel": 2})
    try:
        made.start()
        yield made
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()


def phone(stage: Stage, expert_id: str) -> SimExpert:
    number = next(number for key, number, _ in demo_people.experts() if key == expert_id)
    return stage.carrier.experts[normalise(number).e164]


async def hand_on(stage: Stage, slow: str) -> tuple[dict[str, Any], dict[str, SimExpert]]:
    """A caller with a quarrel against the declared client is handed on: one lawyer presses 1, the other behaves as `slow`."""
    phones = {key: phone(stage, key) for key in SUITABLE}
    talk = await Talk.begin(stage)
    try:
        await talk.agent.save_form(talk.call_id, {**FORM, "opposing_party": CLIENT})
        for expert in phones.values():
            expert.character = slow
            expert.visits.clear()
        await talk.agent.transfer(talk.call_id, "0101", "990102")
        async with asyncio.timeout(15):
            while sum(bool(expert.visits) for expert in phones.values()) < 2:
                await asyncio.sleep(0.05)
        ringing = {key: expert for key, expert in phones.items() if expert.visits}
        await asyncio.sleep(2.0)
        winner = min(ringing)
        call = ringing[winner].visits[0].call
        if slow == "no_answer":
            assert call.answer()
            await asyncio.sleep(1.0)
        await call.press("1")
        assert await call.hears(talk.caller.voice, 10), "the first to press 1 hears the caller"
        loser = next(expert for key, expert in ringing.items() if key != winner)
        assert await loser.visits[0].call.ended(15), "the other's telephone is still in the call"
        board = stage.records.state[f"calls/{talk.call_id}"]
        skipped = {item["expert_id"] for item in board["transfer"]["skipped"]}
        assert skipped >= BARRED, board["transfer"]
        assert "parties" not in board["transfer"]
        call.hang_up()
        await talk.agent.write_up(talk.call_id, {**FORM, "opposing_party": CLIENT})
        stage.desk.give_back(talk.agent)
        talk.caller.hang_up()
        return await record(stage, talk.call_id), ringing
    finally:
        for expert in phones.values():
            expert.character = "accepts"


@pytest.mark.parametrize("slow", ["no_answer", "voicemail"])
async def test_two_ring_and_the_first_to_press_1_has_the_caller(own: Hotline, slow: str) -> None:
    async with people(own.settings, seed=31) as stage:
        found, ringing = await hand_on(stage, slow)
    outcomes = {row["expert_id"]: row["outcome"] for row in found["tries"]}
    winner = min(ringing)
    assert outcomes == {key: "accepted" if key == winner else "cancelled" for key in ringing}
    assert not BARRED & set(outcomes)
    assert [talk["person_kind"] for talk in found["talks"]] == ["agent", "expert"]
    store = Store(own.settings, Secrecy.from_dir(own.settings.keys_dir))
    try:
        with store.read() as session:
            facts = session.scalars(select(CallFact).where(CallFact.call_id == found["call_id"])).all()
            conflicts = [fact.data for fact in facts if fact.name == "conflict_found"]
            assert {item["expert_id"] for item in conflicts} == BARRED
            assert {item["reason"] for item in conflicts} == {"advised_opponent"}
            assert "红星" not in str([dict(fact.data) for fact in facts])
            marks = session.scalars(select(ConflictMark).where(ConflictMark.call_id == found["call_id"])).all()
            assert {mark.expert_id for mark in marks} == {winner}
            assert {mark.side for mark in marks} == {"client", "opponent"}
    finally:
        store.close()
    own.doctor()
