"""Over the API: the work list and its calls, bad ratings put right, complaints the accused never sees, grants, safe contact."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select

from hotline.api.error_texts.outcomes import ENTRIES
from hotline.api.errors import CATALOGUE
from hotline.jobs.doctor import owed
from hotline.jobs.doctor.report import Report
from hotline.store.models import AuditEvent, Call, CallbackTask, Rating, Ticket
from hotline.store.repositories.task_results import follow
from tests.fakes.records import add_call
from tests.fakes.tickets import add_matter
from tests.integration.api.conftest import House
from tests.integration.api.test_api_tickets import COUNTY, TOWN, Desk

pytestmark = pytest.mark.integration

REPORT = {"told": ["police"], "receiver": "城关派出所王警官", "proof": "受案回执 2026-118 号"}


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def to_town(desk: Desk, number: str, *acts: tuple[str, dict[str, Any]]) -> None:
    """By the supervisor to the town, and what the town does then."""
    await desk.act("supervisor", number, "accept")
    await desk.act("supervisor", number, "assign", centre_id=TOWN)
    for name, given in acts:
        answer = await desk.act("town", number, name, **given)
        assert isinstance(answer, dict), (name, answer)


WORK: tuple[tuple[str, dict[str, Any]], ...] = (("sign", {}), ("handle", {}), ("finish", {"result": "双方达成协议"}))


async def listed(desk: Desk, who: str, **params: Any) -> dict[str, dict[str, Any]]:
    rows = (await desk.get(who, "/ticket-tasks", **params))["items"]
    return {row["kind"]: row for row in rows}


def clean(house: House) -> bool:
    report = Report(time.time())
    with house.store.read() as session:
        owed.examine(session, report)
    return report.clean


async def test_the_work_list_from_result_to_rectification(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    await to_town(desk, number, *WORK)
    rows = await listed(desk, "town")
    assert set(rows) == {"tell", "quality"}
    assert (rows["tell"]["may"], rows["quality"]["may"], rows["tell"]["caller_masked"]) == (True, False, "138****5678")
    assert rows["tell"]["due_at"] > time.time()
    told = await desk.send("POST", "town", f"/ticket-tasks/{rows['tell']['id']}/done", {"given": {"way": "phone"}}, key="t1")
    assert (told["state"], told["ticket_state"]) == ("done", "told")
    again = await desk.send("POST", "town", f"/ticket-tasks/{rows['tell']['id']}/done", {"given": {"way": "phone"}}, key="t1")
    assert again["state"] == "done"
    # the handler himself neither takes nor answers the follow-up
    task = (await listed(desk, "town"))["follow_up"]
    path = f"/ticket-tasks/{task['id']}"
    assert not task["may"]
    assert await desk.send("POST", "town", f"{path}/claim") == "ticket.own_work"
    answers = {"matter": 4, "handler": 2, "text": "没有解决", "answers": {"solved": "no", "fee": "no"}}
    assert await desk.send("POST", "town", f"{path}/done", {"given": answers}) == "ticket.not_yours"
    mine = await desk.send("POST", "director", f"{path}/claim")
    assert (mine["mine"], mine["claimed_name"]) == (True, "江北区中心主任")
    assert {one["code"] for one in mine["questions"]} >= {"solved", "fee", "polite"}
    assert await desk.send("POST", "supervisor", f"{path}/claim") == "ticket_task.claimed"
    assert await desk.send("POST", "supervisor", f"{path}/done", {"given": answers}) == "ticket_task.claimed"
    assert (await desk.get("director", "/ticket-tasks/counts"))["mine"] == 1
    assert await desk.send("POST", "director", f"{path}/done", {"given": {"matter": 4}}) == "ticket.needs"
    done = await desk.send("POST", "director", f"{path}/done", {"version": task["version"], "given": answers})
    assert (done["state"], done["answers"]["solved"]) == ("done", "no")
    # a bad mark: cause and fix, both, by the director
    task = (await listed(desk, "director", kind="rectify"))["rectify"]
    assert (task["score"], task["about_name"]) == (4, "白沙镇工作站")
    assert await desk.act("supervisor", number, "archive") == "ticket.rectify_open"
    path = f"/ticket-tasks/{task['id']}"
    assert await desk.send("POST", "director", f"{path}/done", {"given": {"cause": "沟通不足"}}) == "ticket.needs"
    given = {"cause": "沟通不足", "fix": "已上门重新调解并说明"}
    assert await desk.send("POST", "town", f"{path}/done", {"given": given}) == "ticket.not_yours"
    assert (await desk.send("POST", "director", f"{path}/done", {"given": given}))["fix"] == "已上门重新调解并说明"
    assert (await desk.act("supervisor", number, "archive"))["state"] == "archived"
    story = await desk.get("supervisor", f"/tickets/{number}")
    assert [event["name"] for event in story["events"]][-4:] == ["tell", "follow_up", "rectify", "archive"]
    assert {(row["kind"], row["state"]) for row in story["tasks"]} == {
        (kind, "done") for kind in ("tell", "follow_up", "quality", "rectify")
    }
    assert {row["kind"] for row in (await desk.get("director", "/ticket-tasks", view="done"))["items"]} >= {"tell", "rectify"}
    assert await listed(desk, "supervisor") == {}
    assert clean(house)


async def test_tries_and_calls_of_a_follow_up(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    await to_town(desk, number, *WORK, ("tell", {"way": "phone"}))
    task = (await listed(desk, "desk1")).get("follow_up")
    assert task is None  # desk1 did not talk on that call
    task = (await listed(desk, "supervisor"))["follow_up"]
    path = f"/ticket-tasks/{task['id']}"
    await desk.send("POST", "supervisor", f"{path}/call")
    asked = [data for name, data in house.routing.asked if name == "call_task"]
    assert len(asked) == 1
    assert (asked[0]["task"]["kind"], asked[0]["task"]["reason"]) == ("follow_up", "ticket")
    with house.store.read() as session:
        dial = session.scalars(select(CallbackTask)).one()
        assert dial.caller_hash == house.store.secrecy.index("13812345678")
    # somebody codes the call by hand: a try of the ticket's follow-up too
    assert (await desk.send("POST", "supervisor", f"/tasks/{dial.id}/result", {"result": "no_answer"}))["tries"] == 1
    row = await desk.get("supervisor", path)
    assert (row["tries"], row["outcome"], row["claimed_by"]) == (1, "no_answer", "")
    assert await desk.send("POST", "supervisor", f"{path}/tries", {"outcome": "busy"}) == "ticket.try_too_soon"
    assert [row["id"] for row in (await desk.get("supervisor", "/ticket-tasks", view="later"))["items"]] == [task["id"]]
    # its answers on the page of call-backs are the follow-up's answers
    body = {"matter": 1, "handler": 1, "text": "满意"}
    await desk.send("PUT", "supervisor", f"/tasks/{dial.id}/answers", body)
    assert (await desk.get("supervisor", f"/tickets/{number}"))["state"] == "followed_up"
    with house.store.read() as session:
        assert session.get_one(CallbackTask, dial.id).close_reason == "not_owed"
    assert clean(house)


async def test_a_bad_rating_without_a_ticket_is_the_supervisors(house: House, desk: Desk) -> None:
    call_id = add_call(house.store)
    with house.store.write() as session:
        call = session.get_one(Call, call_id)
        call.rating = 5
        if session.scalar(select(Rating).where(Rating.call_id == call_id)) is None:
            call.agent_id = "agt_8001"
        follow(session, house.store.secrecy, house.settings, call, time.time())
    assert await listed(desk, "desk1") == {}
    assert await listed(desk, "centre") == {}
    row = (await listed(desk, "supervisor"))["rectify"]
    assert (row["number"], row["call_id"], row["score"]) == (None, call_id, 5)
    path = f"/ticket-tasks/{row['id']}/done"
    assert await desk.send("POST", "desk1", path, {"given": {}}) == "ticket_task.missing"
    assert await desk.send("POST", "supervisor", path, {"given": {"fix": "已回电"}}) == "ticket.needs"
    done = await desk.send("POST", "supervisor", path, {"given": {"cause": "等候太久", "fix": "已回电说明"}})
    assert (done["state"], done["cause"]) == ("done", "等候太久")
    assert clean(house)


async def test_a_complaint_is_nowhere_to_be_seen_by_the_accused(house: House, desk: Desk) -> None:
    now = time.time()
    number = add_matter(house.store, now=now, service_type="S17", facts="投诉工作站推诿拖延")
    await to_town(desk, number, ("sign", {}), ("handle", {}))
    with house.store.read() as session:
        call_id = session.get_one(Ticket, number).call_id
    before = {row["id"]: row["open_tickets"] for row in (await desk.get("town", "/centres"))["items"]}
    assert before[TOWN] == 1
    named = (await desk.get("supervisor", "/ticket-people", q="白沙"))["items"]
    accused = next(row["ref"] for row in named if row["kind"] == "account")
    assert await desk.act("supervisor", number, "open_complaint", accused="account:acc_x", why="态度恶劣") == "ticket.needs"
    opened = await desk.act("supervisor", number, "open_complaint", accused=accused, why="推诿拖延，态度恶劣")
    assert (opened["state"], opened["centre_id"], opened["handler_name"]) == ("accepted", COUNTY, None)
    assert (opened["complaint"]["accused_name"], opened["complaint"]["stage"]) == ("白沙镇工作站", "opened")
    # neither list, search, page, count, warnings, tasks nor calls know of it
    assert await desk.get("town", f"/tickets/{number}") == "ticket.missing"
    assert await desk.get("town", f"/tickets/{number}/deadlines") == "ticket.missing"
    for params in ({}, {"q": number}, {"q": "推诿"}, {"q": "13812345678"}, {"order": "deadline"}):
        assert (await desk.get("town", "/tickets", **params))["items"] == []
    assert {row["id"]: row["open_tickets"] for row in (await desk.get("town", "/centres"))["items"]}[TOWN] == 0
    assert (await desk.get("town", "/ticket-warnings"))["items"] == []
    assert await desk.send("POST", "town", f"/tickets/{number}/reveal", {"purpose": "办理"}) == "ticket.missing"
    # not even when it is sent to their branch or shared with them
    assert await desk.act("supervisor", number, "assign", centre_id=TOWN) == "ticket.accused_centre"
    assert await desk.send("POST", "supervisor", f"/tickets/{number}/shares", {"centre_id": TOWN, "why": "误操作"}) == {
        "ok": True
    }
    assert await desk.get("town", f"/tickets/{number}") == "ticket.missing"
    # report, opinion, decision: three people
    await desk.act("supervisor", number, "assign", centre_id=COUNTY)
    for name, given in (("sign", {}), ("handle", {})):
        await desk.act("centre", number, name, **given)
    assert await desk.act("centre", number, "finish", result="已处理") == "ticket.complaint_way"
    seen = await desk.act("centre", number, "report_complaint", report="经核查，确有三次未按约定回访")
    assert {clock["rule"] for clock in seen["clocks"] if clock["state"] == "running"} >= {"CP-OPINION"}
    assert await desk.act("supervisor", number, "decide_complaint", outcome="upheld", result="属实") == "ticket.complaint_order"
    await desk.act("director", number, "give_opinion", opinion="情况属实，建议批评教育")
    assert await desk.act("director", number, "decide_complaint", outcome="upheld", result="属实") == "ticket.not_yours"
    decided = await desk.act("supervisor", number, "decide_complaint", outcome="upheld", result="批评教育并向来电人致歉")
    assert (decided["state"], decided["complaint"]["outcome"]) == ("done", "upheld")
    assert {row["kind"] for row in decided["tasks"] if row["state"] == "open"} == {"tell", "quality"}
    assert await listed(desk, "town") == {}
    assert (await desk.act("centre", number, "tell", way="paper"))["state"] == "told"
    assert clean(house)
    # the call itself is kept from an accused supervisor too
    assert (await desk.get("supervisor", f"/calls/{call_id}"))["ticket"]["number"] == number
    other = add_matter(house.store, now=now, service_type="S17", number="13800000009")
    await desk.act("centre", other, "open_complaint", accused="account:acc_supervisor", why="处理不公")
    with house.store.read() as session:
        call_id = session.get_one(Ticket, other).call_id
    assert await desk.get("supervisor", f"/tickets/{other}") == "ticket.missing"
    assert await desk.get("supervisor", f"/calls/{call_id}") == "call.missing"
    assert call_id not in {row["call_id"] for row in (await desk.get("supervisor", "/calls"))["items"]}
    assert call_id in {row["call_id"] for row in (await desk.get("wall", "/calls"))["items"]}


async def test_confidential_tickets_are_granted_person_by_person(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17", risk_flags=["R03"], facts="遭家庭暴力")
    with house.store.write() as session:
        ticket = session.get_one(Ticket, number)
        ticket.agent_id, call_id = "agt_8001", ticket.call_id
    # the clerk of the centre that has it does not see it, the director does, whoever took it down does
    assert await desk.get("centre", f"/tickets/{number}") == "ticket.missing"
    assert (await desk.get("centre", "/tickets"))["items"] == []
    assert await desk.get("admin", f"/tickets/{number}") == "ticket.missing"
    seen = await desk.get("director", f"/tickets/{number}")
    assert (seen["secret"], seen["may_grant"], seen["may_reveal"]) == ("violence", True, False)
    reveal = f"/tickets/{number}/reveal"
    assert await desk.send("POST", "director", reveal, {"purpose": "联系来电人"}) == "ticket.no_grant"
    assert await desk.send("POST", "supervisor", reveal, {"purpose": "联系来电人"}) == "ticket.no_grant"
    # nor on the page of its call
    by_call = f"/calls/{call_id}/reveal"
    assert await desk.send("POST", "supervisor", by_call, {"purpose": "联系来电人"}) == "ticket.no_grant"
    assert await desk.send("POST", "supervisor", f"/tickets/{number}/grants", {"account_id": "acc_wall", "why": "督办"}) == {
        "ok": True
    }
    assert await desk.send("POST", "wall", by_call, {"purpose": "联系来电人"}) == {"number": "13812345678"}
    grants = f"/tickets/{number}/grants"
    assert await desk.send("POST", "director", grants, {"account_id": "acc_director", "why": "办理"}) == "ticket.grant_own"
    assert await desk.send("POST", "director", grants, {"account_id": "acc_none", "why": "办理"}) == "account.missing"
    assert await desk.send("POST", "director", grants, {"account_id": "acc_centre", "why": ""}) == "request.purpose"
    assert await desk.send("POST", "director", grants, {"account_id": "acc_centre", "why": "指定经办"}) == {"ok": True}
    assert (await desk.get("centre", f"/tickets/{number}"))["may_reveal"]
    safety = {"contact": "13900009999", "note": "说是快递", "ways": ["phone"], "windows": ["1-7 00:00-00:01"]}
    path = f"/tickets/{number}/safety"
    assert await desk.send("PUT", "centre", path, {**safety, "windows": ["夜里"]}) == "ticket.needs"
    assert await desk.send("PUT", "centre", path, {**safety, "contact": "12"}) == "ticket.needs"
    assert await desk.send("PUT", "centre", path, safety) == {"ok": True}
    shown = await desk.send("POST", "centre", reveal, {"purpose": "联系来电人"})
    assert (shown["caller_name"], shown["safe_contact"], shown["safe_note"]) == ("王小明", "13900009999", "说是快递")
    seen = await desk.get("centre", f"/tickets/{number}")
    assert seen["safety"]["contact_masked"] == "139****9999"
    assert "13900009999" not in str(seen)
    assert "快递" not in str(seen)
    # told in an unsafe way, called at an unsafe time: refused
    body = {"when": "now"}
    assert await desk.send("POST", "supervisor", f"/tickets/{number}/call-back", body) == "ticket.unsafe_time"
    made = await desk.send("POST", "supervisor", f"/tickets/{number}/call-back", {"when": "task"})
    with house.store.read() as session:
        task = session.get_one(CallbackTask, made["task_id"])
        assert task.caller_masked == "139****9999"
    await desk.act("supervisor", number, "accept")
    await desk.act("supervisor", number, "assign", centre_id=COUNTY)
    for name, given in WORK:
        await desk.act("centre", number, name, **given)
    assert await desk.act("centre", number, "tell", way="paper") == "ticket.unsafe_way"
    # taken back: at once
    assert await desk.send("DELETE", "director", f"{grants}/acc_centre") == {"ok": True}
    assert await desk.get("centre", f"/tickets/{number}") == "ticket.missing"
    with house.store.read() as session:
        actions = [row.action for row in session.query(AuditEvent) if row.object == f"tickets/{number}"]
    assert actions == ["ticket.granted", "ticket.granted", "ticket.safety_set", "ticket.revealed", "ticket.grant_ended"]
    assert clean(house)


async def test_a_minor_at_risk_and_avoidance_over_the_api(house: House, desk: Desk) -> None:
    number = add_matter(house.store, now=time.time(), service_type="S17")
    await to_town(desk, number, ("sign", {}), ("handle", {}))
    # the caller asks that the town's clerk keep out
    await desk.act("supervisor", number, "ask_avoidance", side="caller", why="与对方是亲属")
    assert await desk.act("town", number, "finish", result="已办结") == "ticket.avoidance_pending"
    agreed = await desk.act("director", number, "grant_avoidance", centre_id=COUNTY, why="情况属实")
    assert (agreed["state"], agreed["centre_id"]) == ("assigned", COUNTY)
    assert (agreed["avoidances"][0]["granted"], agreed["avoidances"][0]["name"]) == (True, "白沙镇工作站")
    assert await desk.get("town", f"/tickets/{number}") == "ticket.missing"
    for name in ("sign", "handle"):
        await desk.act("centre", number, name)
    # on a visit a child turns out to be in danger
    found = await desk.act("centre", number, "find_minor", why="走访发现孩子身上有伤")
    assert (found["secret"], found["risk_flags"]) == ("minor", ["R04"])
    # whoever handles it knows it already, and goes on; a colleague of the same centre does not
    assert [row["account_id"] for row in (await desk.get("centre", f"/tickets/{number}"))["grants"]] == ["acc_centre"]
    assert await desk.get("town", f"/tickets/{number}") == "ticket.missing"
    assert await desk.act("centre", number, "finish", result="已办结") == "ticket.must_report"
    task = (await listed(desk, "centre"))["report"]
    path = f"/ticket-tasks/{task['id']}/done"
    for missing in (*REPORT, "reported_at"):
        given = {key: value for key, value in {**REPORT, "reported_at": time.time()}.items() if key != missing}
        assert await desk.send("POST", "centre", path, {"given": given}) == "ticket.needs"
    done = await desk.send("POST", "centre", path, {"given": {**REPORT, "reported_at": time.time() - 60}})
    assert done["state"] == "done"
    assert (await desk.act("centre", number, "finish", result="已移交并办结"))["state"] == "done"
    assert clean(house)


async def test_lists_page_without_gaps(house: House, desk: Desk) -> None:
    now = time.time()
    for n in range(3):
        number = add_matter(house.store, now=now - n, service_type="S17", category=f"02{n:02d}")
        await to_town(desk, number, *WORK)
    found: list[int] = []
    before: Any = 0
    while True:
        page = await desk.get("supervisor", "/ticket-tasks", limit=2, before=before)
        found += [row["id"] for row in page["items"]]
        before = page["next"]
        if not before:
            break
    assert len(found) == len(set(found)) == 6
    counts = await desk.get("supervisor", "/ticket-tasks/counts")
    assert (counts["open"], counts["overdue"]) == ({"tell": 3, "quality": 3}, {})
    assert await desk.get("supervisor", "/ticket-tasks", before=999_999) == "request.invalid"
    assert (await desk.get("supervisor", "/ticket-tasks", view="overdue"))["items"] == []


async def test_every_code_has_words() -> None:
    assert set(ENTRIES) <= set(CATALOGUE)
