"""Whom experts advised is written down from calls and forms as hashes, and the doctor proves that it was heeded."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import select

from hotline.core.facts import Fact
from hotline.jobs.doctor import conflicts as doctor
from hotline.jobs.doctor.report import Report
from hotline.secrecy import Secrecy
from hotline.store.engine import Store
from hotline.store.models import Call, ConflictMark, Expert, Talk
from hotline.store.repositories import conflicts, experts, facts, firms, forms

pytestmark = pytest.mark.integration

NOW = time.time()
CLIENT, OPPONENT = "王小明", "临江市红星物业有限公司"


def person(store: Store, expert_id: str, firm: str = "") -> None:
    with store.write() as session:
        house = firms.ensure(session, firm, expert_kind="lawyer", now=NOW)
        experts.add(
            session,
            store.secrecy,
            id=expert_id,
            phone="13900000001",
            name=expert_id,
            kind="lawyer",
            skills=["MF"],
            firm_id=house.id if house else None,
        )


def advised(store: Store, call_id: str, expert_id: str, at: float, **fields: Any) -> None:
    """A call in which the expert talked with a caller, and its form."""
    with store.write() as session:
        session.add(Call(call_id=call_id, arrived_at=at, caller_hash=store.secrecy.index(f"1380000{call_id[-1]:0>4}")))
        session.flush()
        session.add(Talk(talk_id=f"tlk_{call_id}", call_id=call_id, person_kind="expert", person_id=expert_id, started_at=at))
        forms.save(session, store.secrecy, call_id, version=0, fields={"category": "01", **fields}, by="a", now=at)
        session.flush()
        conflicts.note_call(session, store.secrecy, call_id)


def dialled(
    call_id: str, expert_id: str, at: float, parties: tuple[list[str], list[str]], *, found: bool = False
) -> list[Fact]:
    ids = {"transfer_id": f"trf_{call_id}"}
    checked = {**ids, "caller_hashes": parties[0], "opposing_hashes": parties[1], "complete": True}
    result = [
        Fact("conflict_checked", call_id, at - 2, 1, "routing", 1, checked),
        Fact("expert_dialled", call_id, at, 1, "conversation", 1, {**ids, "try_id": "t", "expert_id": expert_id}),
    ]
    if found:
        data = {**ids, "expert_id": expert_id, "reason": "advised_opponent", "party_hash": "h"}
        result.append(Fact("conflict_found", call_id, at - 2, 2, "routing", 1, data))
    return result


def look(store: Store, said: list[Fact]) -> list[tuple[str, str]]:
    with store.write() as session:
        facts.store(session, said, NOW)
    report = Report(NOW)
    with store.read() as session:
        doctor.examine(session, report)
    return [(item.problem, item.subject) for item in report.broken.get("I33", [])]


def hashes(secrecy: Secrecy, *terms: str) -> list[str]:
    return list(conflicts.hashes(secrecy, terms))


def test_a_changed_form_changes_the_marks_and_nothing_stands_in_clear(store: Store) -> None:
    person(store, "ann", "甲律师事务所")
    advised(store, "call_1", "ann", NOW - 500, caller_name=CLIENT, opposing_party=OPPONENT)
    with store.read() as session:
        marks = session.scalars(select(ConflictMark)).all()
        sides = sorted((mark.side, mark.hash) for mark in marks)
        assert all(mark.firm_id and mark.expert_id == "ann" for mark in marks)
    assert ("opponent", *hashes(store.secrecy, "name:临江红星物业")) in sides
    assert ("client", *hashes(store.secrecy, "name:王小明")) in sides
    assert len(sides) == 3, "name and number of the caller, and the opposing party"
    with store.write() as session:
        forms.save(session, store.secrecy, "call_1", version=1, fields={"caller_name": CLIENT}, by="a", now=NOW)
        assert conflicts.note_call(session, store.secrecy, "call_1") == 2
        assert conflicts.note_call(session, store.secrecy, "call_1") == 2, "again changes nothing"
    with store.read() as session:
        assert {mark.side for mark in session.scalars(select(ConflictMark))} == {"client"}


def test_a_refusal_for_conflict_is_a_declared_interest_in_that_party(store: Store) -> None:
    person(store, "ann")
    party = hashes(store.secrecy, "name:临江红星物业")
    said = dialled("call_2", "ann", NOW - 50, ([], party))
    ids = {"transfer_id": "trf_call_2", "try_id": "t", "expert_id": "ann", "reason": "conflict"}
    said.append(Fact("expert_refusal_reason", "call_2", NOW - 40, 2, "conversation", 1, ids))
    with store.write() as session:
        facts.store(session, said, NOW)
        conflicts.note_call(session, store.secrecy, "call_2")
    with store.read() as session:
        marks = session.scalars(select(ConflictMark)).all()
        assert [(mark.expert_id, mark.side, mark.hash) for mark in marks] == [("ann", "avoid", party[0])]


def test_the_doctor_names_an_expert_who_should_have_been_passed_over(store: Store) -> None:
    person(store, "ann", "甲律师事务所")
    person(store, "bob", "甲律师事务所")
    person(store, "cid", "乙律师事务所")
    advised(store, "call_1", "ann", NOW - 5000, caller_name=CLIENT, opposing_party=OPPONENT)
    against = ([], hashes(store.secrecy, "name:王小明"))
    assert look(store, dialled("call_3", "cid", NOW - 100, against)) == []
    assert look(store, dialled("call_4", "bob", NOW - 100, against)) == [("expert.conflict_missed", "bob")]


def test_a_conflict_that_became_known_later_is_nobodys_fault(store: Store) -> None:
    person(store, "ann")
    advised(store, "call_1", "ann", NOW - 50, caller_name=CLIENT)
    against = ([], hashes(store.secrecy, "name:王小明"))
    assert look(store, dialled("call_3", "ann", NOW - 100, against)) == []
    assert look(store, dialled("call_5", "ann", NOW - 60, ([], []), found=True)) == [("expert.barred_dialled", "ann")]


def test_answer_rates_by_local_hour(store: Store) -> None:
    from hotline.store.models import TransferTry

    person(store, "ann")
    at = 1_795_000_000.0 - 1_795_000_000.0 % 86_400 + 1 * 3600  # 01:00 UTC is 09:00 in China
    with store.write() as session:
        session.add(Call(call_id="call_1", arrived_at=at))
        session.flush()
        for number, (hours, outcome) in enumerate([(0, "accepted"), (0.9, "no_answer"), (3, "refused")]):
            session.add(
                TransferTry(
                    try_id=f"t{number}",
                    transfer_id="x",
                    call_id="call_1",
                    expert_id="ann",
                    dialled_at=at + hours * 3600,
                    outcome=outcome,
                    refusal="busy" if outcome == "refused" else "",
                )
            )
        session.flush()
        found = experts.answer_rates(session, at - 10)
        assert session.get(Expert, "ann") is not None
    assert (found.total["ann"].answered, found.total["ann"].tried) == (1, 3)
    assert (found.by_hour["ann", 9].answered, found.by_hour["ann", 9].tried) == (1, 2)
    assert (found.by_hour["ann", 12].tried, dict(found.refusals["ann"])) == (1, {"busy": 1})
