"""System, on real SIP: a call becomes a ticket, a town sends it back, it is decided for a village without a computer, whose
clerk signs and reports by keypad; the caller asks how far it is, is told, is called for the follow-up; it is archived."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from hotline.core.phones import normalise
from hotline.secrecy import Secrecy
from hotline.simulate.call import SimCall
from hotline.simulate.people.callee import SimCallee
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.stage import Stage
from hotline.store.engine import Store
from hotline.store.models import AuditEvent
from tests.system.office import PIN, TOWN, VILLAGE, Office, a_matter, has_a_telephone, visits
from tests.system.running import PROGRESS_NUMBER, STAFF_NUMBER, Hotline
from tests.system.talking import boss_at_work, people, record
from tests.system.words import Words

pytestmark = [pytest.mark.sip, pytest.mark.timeout(360)]

CLERK_PHONE = "13700000201"
OTHER_PHONE = "13700000202"
"""Of the second test: one telephone is not called more than a few times a day."""
CITY = "ctr_990100"


async def test_from_a_call_to_the_archive_by_way_of_a_village(hotline: Hotline) -> None:
    """The clerk hangs up once, signs when called again, calls in the result; the follow-up is made by somebody else."""
    office = Office(hotline)
    try:
        async with people(hotline.settings, seed=81, seats=1) as stage:
            clerk = stage.carrier.add_person(SimCallee(CLERK_PHONE, "hangs_up", voice=33))
            await has_a_telephone(office, CLERK_PHONE)
            number, caller = await a_matter(stage)
            await office.act(number, "accept")
            await office.act(number, "assign", centre_id=TOWN)
            await office.act(number, "object", "town", reason="level", basis="当事人和纠纷都在沙湾村")
            await office.act(number, "reassign", "centre", centre_id=TOWN, why="镇工作站有调解员")
            await office.act(number, "object", "town", reason="scope", basis="镇调解员已到沙湾村工作室")
            await office.act(number, "adjudicate", "city", centre_id=VILLAGE, why="事在沙湾村，由村工作室办理")
            await visits(clerk, 1, 40)
            assert await clerk.calls[0].ended(15)
            clerk.character = "answers"
            await visits(clerk, 2, 40)
            call = clerk.calls[-1]
            assert await call.ear.until(lambda ear: ear.hears_other_sound(50), 15), "the ticket is read out"
            await asyncio.sleep(2)
            assert (await office.ticket(number))["state"] == "assigned", "hearing it is not signing it"
            await call.press("3")  # once more
            await asyncio.sleep(3)
            await call.press("1")
            signed = await office.becomes(number, "signed")
            assert signed["handler_name"] == "沙湾村工作室"
            assert await call.ended(30), "told, and let go"
            event = next(one for one in signed["events"] if one["name"] == "sign")
            assert event["data"]["channel"] == "phone"
            code = signed["code"]
            await asyncio.gather(reports_the_result(office, stage, number, code), asks_how_far(stage, number, code))
            answer = await office.public(number, code)
            assert answer.json()["phase"] == "done", answer.text
            wrong = [await office.public(number, "0000001"), await office.public("20200101-0001-00", code)]
            assert [(one.status_code, one.json()["error"]["code"]) for one in wrong] == [(404, "progress.wrong")] * 2
            await asyncio.sleep(3)
            assert clerk.visits == 2, "nobody calls for a ticket that was signed"
            await office.act(number, "tell", way="phone")
            await follows_up(hotline, stage, number, caller)
            await office.becomes(number, "followed_up")
            archived = await office.act(number, "archive")
            story = [event["name"] for event in (await office.ticket(number))["events"]]
            sent_back = ["accept", "assign", "object", "reassign", "object", "adjudicate"]
            steps = [*sent_back, "sign", "handle", "finish", "tell", "follow_up", "archive"]
            assert [name for name in story if name in steps] == steps, story
            assert archived["state"] == "archived"
    finally:
        await office.close()
    await asyncio.to_thread(hotline.doctor)


async def test_sent_back_by_key_and_the_callers_number_by_key(hotline: Hotline) -> None:
    """2 and a reason send it back to the town, a second time to the city; 4 reads the caller's number out to whoever keys the
    PIN, and to nobody else. What was said is recognised from the sound that reached the clerk's telephone."""
    office = Office(hotline)
    try:
        async with people(hotline.settings, seed=83, seats=1) as stage:
            clerk = stage.carrier.add_person(SimCallee(OTHER_PHONE, "answers", voice=35, record=True))
            await has_a_telephone(office, OTHER_PHONE)
            number, caller = await a_matter(stage)
            await office.act(number, "accept")
            await office.act(number, "assign", centre_id=VILLAGE)

            words, call = await rung(clerk, 1)
            await call.press("2")
            await words.hears("staff_menu_reason", 10)
            await call.press("9")  # no: let me hear it again
            await words.hears("village_ticket", 10)
            assert (await office.ticket(number))["state"] == "assigned", "a key that goes back sends nothing back"
            await call.press("2")
            await words.hears("staff_menu_reason", 10)
            await call.press("3")
            await words.hears("village_returned", 10)
            back = await office.becomes(number, "objected")
            assert back["centre_id"] == TOWN
            event = next(one for one in back["events"] if one["name"] == "object")
            assert (event["data"]["reason"], event["data"]["channel"]) == ("level", "phone")
            assert await call.ended(15), "nothing else waits: let go"

            await office.act(number, "reassign", "town", centre_id=VILLAGE, why="村工作室有调解员")
            words, call = await rung(clerk, 2)
            await call.press("2")
            await words.hears("staff_menu_reason", 10)
            await call.press("1")
            await words.hears("village_returned", 10)
            assert (await office.becomes(number, "objected"))["centre_id"] == CITY, "the second time somebody decides for good"
            assert await call.ended(15)

            await office.act(number, "adjudicate", "city", centre_id=VILLAGE, why="事在沙湾村，由村工作室办理")
            words, call = await rung(clerk, 3)
            await call.press("4")
            await words.hears("staff_pin", 10)
            await call.press("000000#")
            await words.hears("staff_wrong", 10)
            assert revealed(hotline, number) == []
            await words.hears("staff_pin", 10)
            await call.press(f"{PIN}#")
            await words.hears("village_ticket", 10)
            assert not words.has_heard("village_caller"), "asked for again once it is known who asks"
            await call.press("4")
            await words.hears("village_caller", 10)
            national = normalise(caller).national
            assert await words.number(len(national), 20) == national
            assert revealed(hotline, number) == ["acc_village"]
            assert (await office.ticket(number))["state"] == "assigned", "hearing the number is not signing"
            await call.press("1")
            await words.hears("village_signed", 10)
            assert (await office.becomes(number, "signed"))["handler_name"] == "沙湾村工作室"
            await words.hears("staff_menu_clerk", 10)
            await call.press("9")
            assert await call.ended(15)
            for name in ("handle", "finish"):
                await office.act(number, name, "town", **({"result": "已调解"} if name == "finish" else {}))
            assert clerk.visits == 3, "one call for each time it was sent there"
    finally:
        await office.close()
    await asyncio.to_thread(hotline.doctor)


async def rung(clerk: SimCallee, count: int) -> tuple[Words, SimCall]:
    """The clerk's telephone rings for the so-many-th time, is picked up, and a ticket is read out."""
    await visits(clerk, count, 40)
    words = Words(clerk.calls[-1])
    await words.hears("village_hello", 15)
    await words.hears("village_ticket", 20)
    return words, clerk.calls[-1]


def revealed(hotline: Hotline, number: str) -> list[str]:
    """Who has been told the caller's number of this ticket, as the audit has it."""
    store = Store(hotline.settings, Secrecy.from_dir(hotline.settings.keys_dir))
    try:
        with store.read() as session:
            query = select(AuditEvent.actor).where(
                AuditEvent.action == "ticket.revealed", AuditEvent.object == f"tickets/{number}"
            )
            return list(session.scalars(query))
    finally:
        store.close()


async def follows_up(hotline: Hotline, stage: Stage, number: str, caller: str) -> None:
    """The supervisor, who had no hand in it, is called, then the person; both talk, and the answers are written down."""
    person = stage.carrier.add_person(SimCallee(caller, "answers", voice=34))
    async with boss_at_work(hotline) as boss:
        await boss.pause("other")  # at the seat, and not for callers
        rows = (await boss.console.get("/api/ticket-tasks"))["items"]
        task = next(row for row in rows if row["number"] == number and row["kind"] == "follow_up")
        path = f"/api/ticket-tasks/{task['id']}"
        await boss.console.post(f"{path}/call", {})
        ring = await boss.phone.rings(20)
        assert ring is not None, "who presses the button is called first"
        await visits(person, 1, 30)
        call = person.talking
        assert call is not None
        assert await call.hears(boss.voice, 10)
        assert await ring.call.hears(person.voice, 10)
        given = {"matter": 1, "handler": 1, "text": "已经调解好了，满意", "answers": {"told": "yes", "solved": "yes"}}
        await boss.console.post(f"{path}/done", {"given": given})
        call.hang_up()
        assert await ring.call.ended(15)


async def dial(stage: Stage, number: str, called: str) -> SimCaller:
    caller = stage.carrier.caller(number, voice=79)
    edge = stage.carrier.edge
    assert await caller.dial(f"sip:{called}@{edge[0]}:{edge[1]}", headers=stage.carrier.headers(caller)) == 200
    assert await caller.hears_prompt(8)
    return caller


async def keys(caller: SimCaller, text: str, seconds: float) -> None:
    """Key something once it was asked for."""
    assert not await caller.ended(seconds), "the menu has hung up"
    await caller.press(text)


async def reports_the_result(office: Office, stage: Stage, number: str, code: str) -> None:
    """The clerk calls the staff's number from the telephone that is noted: PIN, report, code, mediated."""
    caller = await dial(stage, CLERK_PHONE, STAFF_NUMBER)
    await keys(caller, f"{PIN}#", 4)
    await keys(caller, "2", 3)
    await keys(caller, code, 3)
    await keys(caller, "1", 3)
    done = await office.becomes(number, "done")
    assert done["result"] == "电话报结：调解成功，双方达成协议"
    await keys(caller, "9", 2)
    assert await caller.ended(15)


async def asks_how_far(stage: Stage, number: str, code: str) -> None:
    """The caller of the ticket: number and code by key, hears it, and nobody calls them back."""
    caller = await dial(stage, "13800001234", PROGRESS_NUMBER)
    await keys(caller, number.replace("-", ""), 5)
    await keys(caller, code, 3)
    await keys(caller, "9", 4)
    assert await caller.ended(20)
    page = await stage.records.get("/api/calls?limit=50")
    mine = next(item for item in page["items"] if item["caller_masked"] == caller.masked)
    found = await record(stage, mine["call_id"])
    assert (found["cause"], found["outcome"]) == ("progress_told", "consultation"), found
