"""What callers do by themselves over HTTP, and appointments: codes guessed, slots booked, moved, cancelled ahead."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from hotline.store.models import CallbackTask, Letter, Ticket
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House
from tests.integration.api.test_api_tickets import Desk

pytestmark = pytest.mark.integration

TOWN = "ctr_990102101"


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


def code_of(house: House, number: str) -> str:
    with house.store.read() as session:
        return session.get_one(Ticket, number).code


async def public(house: House, path: str = "", **body: Any) -> Any:
    answer = await house.client.post(f"/api/public/progress{path}", json=body)
    return answer.json() if answer.status_code == 200 else answer.json()["error"]["code"]


async def in_town(house: House, desk: Desk, **fields: Any) -> tuple[str, str]:
    number = add_matter(house.store, now=time.time(), **fields)
    await desk.act("supervisor", number, "accept")
    await desk.act("supervisor", number, "assign", centre_id=TOWN)
    return number, code_of(house, number)


async def test_progress_shows_how_far_it_is_and_nothing_personal(house: House, desk: Desk) -> None:
    number, code = await in_town(house, desk)
    found = await public(house, number=number.replace("-", ""), code=code)
    assert (found["phase"], found["private"], found["number"]) == ("assigned", False, number)
    assert [step["phase"] for step in found["steps"]] == ["received", "accepted", "assigned"]
    assert found["due_at"] > time.time()
    assert "白沙镇" in found["centre"]
    text = str(found)
    for secret in ("王小明", "13812345678", "邻里纠纷", "请求调解", "acc_"):
        assert secret not in text


async def test_what_must_be_kept_private_is_told_by_people(house: House, desk: Desk) -> None:
    number, code = await in_town(house, desk, risk_flags=["R03"])
    found = await public(house, number=number, code=code)
    assert found["private"] is True
    assert {key for key, value in found.items() if value} == {"number", "private"}
    assert await public(house, "/slots", number=number, code=code, kind="visit") == "appointment.no_slot"


async def test_a_wrong_number_and_a_wrong_code_are_one_answer(house: House, desk: Desk) -> None:
    number, code = await in_town(house, desk)
    wrong = "999999" if code != "999999" else "888888"
    answers, times = [], []
    for body in ({"number": number, "code": wrong}, {"number": "20200101-0001-00", "code": code}, {"number": "", "code": ""}):
        began = time.monotonic()
        answer = await house.client.post("/api/public/progress", json=body)
        times.append(time.monotonic() - began)
        answers.append((answer.status_code, answer.json()))
    assert answers[0][0] == 404
    assert answers[0] == answers[1] == answers[2]
    assert all(seconds >= 0.2 for seconds in times), "every answer waits for its step"


async def test_guessing_is_stopped_for_the_number_and_for_the_address(house: House, desk: Desk) -> None:
    number, code = await in_town(house, desk)
    wrong = "999999" if code != "999999" else "888888"
    found = [await public(house, number=number, code=wrong) for _ in range(10)]
    assert set(found) == {"progress.wrong"}
    assert await public(house, number=number, code=code) == "progress.too_often"
    assert await public(house, number="20200101-0001-00", code=code) == "progress.wrong"
    for _ in range(26):  # twice the limit: a minute may begin meanwhile
        if await public(house, number="1", code="2") == "progress.slow_down":
            return
    raise AssertionError("one address may guess without end")


async def plan(desk: Desk, **more: Any) -> Any:
    body = {
        "centre_id": TOWN,
        "kinds": ["visit", "call"],
        "weekdays": [0, 1, 2, 3, 4, 5, 6],
        "from_minute": 540,
        "to_minute": 660,
        "slot_minutes": 30,
        "places": 1,
    }
    return await desk.send("POST", "admin", "/appointment-plans", body | more)


async def test_booked_moved_and_cancelled_by_the_caller(house: House, desk: Desk) -> None:
    number, code = await in_town(house, desk)
    assert (await plan(desk))["centre_id"] == TOWN
    key = {"number": number, "code": code}
    slots = (await public(house, "/slots", **key, kind="visit"))["items"]
    assert slots
    assert (await public(house, "/slots", **key, kind="video"))["items"] == []
    assert all(time.gmtime(slot["starts_at"] + 8 * 3600).tm_wday < 5 or is_make_up(slot["starts_at"]) for slot in slots)
    chosen = {name: slots[0][name] for name in ("plan_id", "starts_at")}
    booked = await public(house, "/appointment", **key, act="book", kind="visit", **chosen)
    assert booked["appointment"]["starts_at"] == slots[0]["starts_at"]
    assert await public(house, "/appointment", **key, act="book", kind="visit", **chosen) == "appointment.has_one"
    other = {name: slots[1][name] for name in ("plan_id", "starts_at")}
    moved = await public(house, "/appointment", **key, act="move", **other)
    assert moved["appointment"]["starts_at"] == slots[1]["starts_at"]
    odd = {"plan_id": chosen["plan_id"], "starts_at": chosen["starts_at"] + 60}
    assert await public(house, "/appointment", **key, act="move", **odd) == "appointment.no_slot"
    rows = (await desk.get("town", f"/tickets/{number}/appointments"))["items"]
    assert sorted(row["state"] for row in rows) == ["booked", "moved"]
    assert {row["told"] for row in rows} == {""}, "callers need not be told of what they did"
    assert (await public(house, "/appointment", **key, act="cancel"))["appointment"] is None
    story = (await desk.get("town", f"/tickets/{number}"))["events"]
    assert [one["data"]["what"] for one in story if one["name"] == "appointment"] == ["booked", "booked", "cancelled"]


def is_make_up(at: float) -> bool:
    """Worked weekends of 2026 (the shipped table)."""
    day = time.strftime("%m-%d", time.gmtime(at + 8 * 3600))
    return day in {"01-04", "02-14", "02-28", "05-09", "09-20", "10-10"}


async def test_two_want_the_same_place(house: House, desk: Desk) -> None:
    one, two = await in_town(house, desk), await in_town(house, desk, number="13812345679")
    await plan(desk)
    slots = (await desk.get("town", f"/tickets/{one[0]}/appointment-slots", kind="visit"))["items"]
    body = {"kind": "visit", "plan_id": slots[0]["plan_id"], "starts_at": slots[0]["starts_at"]}
    await desk.of("town")
    await desk.of("supervisor")
    answers = await asyncio.gather(
        desk.send("POST", "town", f"/tickets/{one[0]}/appointments", body),
        desk.send("POST", "supervisor", f"/tickets/{two[0]}/appointments", body),
    )
    assert sorted(answer if isinstance(answer, str) else answer["state"] for answer in answers) == [
        "appointment.taken",
        "booked",
    ]
    left = (await desk.get("town", f"/tickets/{one[0]}/appointment-slots", kind="visit"))["items"]
    assert slots[0]["starts_at"] not in {slot["starts_at"] for slot in left}


async def test_the_house_cancels_ahead_and_somebody_calls(house: House, desk: Desk) -> None:
    number, _ = await in_town(house, desk)
    await plan(desk)
    slots = (await desk.get("town", f"/tickets/{number}/appointment-slots", kind="visit"))["items"]
    body = {"kind": "visit", "plan_id": slots[0]["plan_id"], "starts_at": slots[0]["starts_at"]}
    booked = await desk.send("POST", "town", f"/tickets/{number}/appointments", body)
    path = f"/appointments/{booked['id']}"
    assert await desk.send("POST", "town", f"{path}/kept") == "appointment.not_yet"
    assert await desk.send("POST", "town", f"{path}/cancel", {"why": " "}) == "appointment.why"
    assert await desk.send("POST", "desk1", f"{path}/cancel", {"why": "停电"}) == "ticket.missing", "not their ticket"
    cancelled = await desk.send("POST", "town", f"{path}/cancel", {"why": "停电"})
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "停电")
    with house.store.read() as session:
        tasks = [task.kind for task in session.query(CallbackTask).filter_by(reason="appointment")]
        sent = [letter.state for letter in session.query(Letter).filter_by(kind="appointment")]
    # by message, or by a call when the time is near
    near = slots[0]["starts_at"] - time.time() < 86_400
    assert (cancelled["told"], tasks, sent) == (("task", ["call_back"], []) if near else ("letter", [], ["waiting"]))
    assert await desk.send("POST", "town", f"{path}/cancel", {"why": "停电"}) == "appointment.over"
    day = await desk.get("town", "/appointments", days=31)
    assert [row["id"] for row in day["items"]] == [booked["id"]]


async def test_plans_are_the_directors_own(house: House, desk: Desk) -> None:
    assert await desk.send("POST", "town", "/appointment-plans", {}) == "request.invalid"
    made = await plan(desk)
    body = {key: made[key] for key in made if key not in ("id", "centre_name", "account_name")}
    assert await desk.send("PUT", "town", f"/appointment-plans/{made['id']}", body) == "auth.forbidden", "no director"
    assert (await desk.send("PUT", "director", f"/appointment-plans/{made['id']}", body | {"places": 2}))["places"] == 2
    away = body | {"centre_id": "ctr_990103"}
    assert await desk.send("PUT", "director", f"/appointment-plans/{made['id']}", away) == "auth.forbidden"
    assert await plan(desk, to_minute=500) == "appointment_plan.times"
    mine = await plan(desk, account_id="acc_town", from_minute=900, to_minute=1000)
    assert (mine["account_name"], mine["places"]) == ("白沙镇工作站", 1)
    assert await plan(desk, account_id="acc_town", from_minute=960, to_minute=1020) == "appointment_plan.overlap"
    assert (await desk.send("DELETE", "director", f"/appointment-plans/{made['id']}"))["ok"]
    shown = (await desk.get("director", "/appointment-plans"))["items"]
    towns = {row["id"]: row["active"] for row in shown if row["centre_id"] == TOWN}
    assert towns == {made["id"]: False, mine["id"]: True}
    assert not {row["centre_id"] for row in shown} & {"ctr_990103", "ctr_990100"}, "other branches are not theirs"


async def test_the_book_keeps_what_the_ticket_keeps(house: House, desk: Desk) -> None:
    """A confidential ticket stands in nobody's book who may not see it; who works there and heads it sees it."""
    number, _ = await in_town(house, desk, risk_flags=["R04"])
    open_one, _ = await in_town(house, desk, number="13812345679")
    await plan(desk, places=2)
    slots = (await desk.get("supervisor", f"/tickets/{open_one}/appointment-slots", kind="visit"))["items"]
    for one in (number, open_one):
        body = {"kind": "visit", "plan_id": slots[0]["plan_id"], "starts_at": slots[0]["starts_at"]}
        assert (await desk.send("POST", "supervisor", f"/tickets/{one}/appointments", body))["state"] == "booked"

    async def book(who: str) -> set[str]:
        return {row["number"] for row in (await desk.get(who, "/appointments", days=31))["items"]}

    assert await book("town") == {open_one}
    assert await book("director") == await book("supervisor") == {number, open_one}
    assert await book("desk1") == set()


async def test_a_ticket_that_is_over_offers_nothing(house: House, desk: Desk) -> None:
    number, _ = await in_town(house, desk)
    await plan(desk)
    assert (await desk.get("town", f"/tickets/{number}/appointment-slots"))["kinds"] == ["call", "visit"]
    await desk.act("supervisor", number, "withdraw", reason="caller")
    found = await desk.get("supervisor", f"/tickets/{number}/appointment-slots")
    assert (found["kinds"], found["items"]) == ([], [])


async def test_who_may_plan_is_said(house: House, desk: Desk) -> None:
    may = {who: (await desk.get(who, "/appointment-plans"))["may_plan"] for who in ("town", "director", "supervisor", "desk1")}
    assert may == {"town": False, "director": True, "supervisor": True, "desk1": False}


async def test_a_clerks_telephone_is_shown_masked_and_to_administrators_only(house: House, desk: Desk) -> None:
    body = {"kind": "clerk", "number": "6201", "pin": "270914", "phone": "13700000201"}
    assert (await desk.send("PUT", "admin", "/staff-phones/acc_village", body))["phone_masked"] == "137****0201"

    async def clerk(who: str) -> Any:
        rows = (await desk.get(who, "/centres"))["items"]
        return next(row for row in rows if row["id"] == "ctr_990102101201")["staff"][0]

    shown = await clerk("admin")
    assert (shown["id"], shown["number"], shown["phone_masked"]) == ("acc_village", "6201", "137****0201")
    for who in ("director", "supervisor", "desk1"):
        found = await clerk(who)
        assert (found["id"], found["number"], found["phone_masked"]) == ("", "", "")
