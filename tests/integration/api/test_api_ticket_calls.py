"""Calling the person of a ticket: as a task for the desk, or at once on the own phone."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from hotline.store.models import AuditEvent, CallbackTask
from hotline.store.repositories import callbacks
from tests.fakes.records import NUMBER, add_call, add_ticket
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration

TICKET = "20261122-0001-38"
URL = f"/api/tickets/{TICKET}/call-back"


async def test_a_ticket_makes_one_task_however_often_it_is_pressed(house: House) -> None:
    """The number is the one on the ticket, which is not the one the call came from."""
    call = add_call(house.store, number="13900000001")
    add_ticket(house.store, call, TICKET)
    headers = await house.log_in("admin")  # without a seat: a task is all they can make
    assert (await house.client.post(URL, json={"when": "now"}, headers=headers)).status_code == 403
    first = await house.client.post(URL, json={"when": "task"}, headers=headers)
    assert first.status_code == 200, first.text
    again = await house.client.post(URL, json={"when": "task"}, headers=headers)
    assert again.json()["task_id"] == first.json()["task_id"]
    assert first.json()["call_id"] is None
    with house.store.read() as session:
        (task,) = session.scalars(select(CallbackTask)).all()
        assert (task.state, task.reason, task.calls, task.call_id) == ("open", "asked", 1, call)
        assert callbacks.number(house.store.secrecy, task) == NUMBER
        assert task.caller_hash == house.store.secrecy.index(NUMBER)
        assert task.due_at - time.time() < 86_400 * 30
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "task.made")).all()
        assert [event.data["ticket"] for event in events] == [TICKET, TICKET]
        assert NUMBER not in str([dict(event.data) for event in events])


async def test_at_once_asks_routing_for_the_own_phone(house: House) -> None:
    call = add_call(house.store)
    add_ticket(house.store, call, TICKET)
    answer = await house.client.post(URL, json={"when": "now"}, headers=await house.log_in("desk1"))
    asked = [data for name, data in house.routing.asked if name == "call_task"]
    assert len(asked) == 1, answer.text
    assert (asked[0]["agent_id"], asked[0]["task"]["reason"]) == ("agt_8001", "by_hand")
    assert NUMBER not in str(asked[0])


async def test_a_ticket_of_somebody_else_is_not_there(house: House) -> None:
    add_ticket(house.store, add_call(house.store, agent="agt_8002"), TICKET)
    answer = await house.client.post(URL, json={"when": "task"}, headers=await house.log_in("desk1"))
    assert answer.json()["error"]["code"] == "ticket.missing"
