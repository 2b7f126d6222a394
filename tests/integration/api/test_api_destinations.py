"""How calls to experts end, by operator and region of the number; the numbers themselves never leave."""

from __future__ import annotations

import time

import pytest

from hotline.api.routers.destinations import place_of
from hotline.core.destinations import Destination, fold
from hotline.store.models import Expert, TransferTry
from hotline.store.repositories import experts
from tests.fakes.records import add_call
from tests.integration.api.conftest import House

pytestmark = pytest.mark.integration


def test_places_and_sums() -> None:
    assert place_of("+8613812345678") == ("mobile", "江苏连云港")
    assert place_of("057188886666") == ("landline", "0571")
    assert place_of("01012345678") == ("landline", "010")
    assert place_of("12348") == ("unknown", "")
    place = ("mobile", "江苏连云港")
    counts = [
        (place, "accepted", True, 3),
        (place, "no_answer", False, 4),
        (place, "no_key", True, 1),
        (place, "cancelled", True, 9),
    ]
    (found,) = fold([*counts, (place, "failed", False, 2)])
    assert found == Destination(*place, tried=10, picked_up=4, accepted=3, no_answer=4, failed=2)
    assert found.share == 0.4


async def test_the_report_names_destinations_and_no_numbers(house: House) -> None:
    call, now = add_call(house.store), time.time()
    with house.store.write() as session:
        experts.set_phone(house.store.secrecy, session.get_one(Expert, "exp_01"), "13812345678")
        for number, (expert, outcome, age) in enumerate(
            [("exp_01", "accepted", 0), ("exp_01", "no_answer", 0), ("exp_01", "failed", 40), ("exp_02", "busy", 0)]
        ):
            answered = now if outcome == "accepted" else None
            values = {"dialled_at": now - age * 86_400, "answered_at": answered, "outcome": outcome}
            session.add(TransferTry(try_id=f"try_{number}", transfer_id="trf_x", call_id=call, expert_id=expert, **values))
    answer = await house.client.get("/api/answer-rates", headers=await house.log_in("supervisor"))
    assert answer.status_code == 200, answer.text
    rows = {(row["operator"], row["region"]): row for row in answer.json()["items"]}
    mine = rows["mobile", "江苏连云港"]
    assert (mine["tried"], mine["picked_up"], mine["accepted"], mine["no_answer"], mine["failed"], mine["share"]) == (
        2,
        1,
        1,
        1,
        0,
        0.5,
    )
    assert "13812345678" not in answer.text
    longer = await house.client.get("/api/answer-rates", params={"days": 60}, headers=await house.log_in("admin"))
    assert sum(row["failed"] for row in longer.json()["items"]) == 1
    assert (await house.client.get("/api/answer-rates", headers=await house.log_in("desk1"))).status_code == 403
