"""Conflicts of interest: nobody was put through to an expert who, by what was known then, stood on the other side (I33)."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.conflicts import Book, Parties, barred
from hotline.jobs.doctor.report import Report
from hotline.jobs.doctor.sources import portions
from hotline.store.models import CallFact
from hotline.store.repositories import conflicts

KNOWN_AFTER: Final = 30.0
"""Seconds from writing a mark to routing's certainly having read it: the loader's ten, thrice."""
_NAMES: Final = ("conflict_checked", "conflict_found", "expert_dialled", "expert_connected")


def examine(session: Session, report: Report) -> None:
    """I33: every expert dialled was checked, was not found in conflict before, and was not barred by what was known."""
    ids = list(session.scalars(select(CallFact.call_id).where(CallFact.name == "expert_dialled").distinct()))
    if not ids:
        report.looked("I33", rows=0)
        return
    book = Book()
    for row in conflicts.marks(session):
        book.add(row.hash, row.mark)
    for portion in portions(sorted(ids)):
        by_transfer: dict[tuple[str, str], list[CallFact]] = defaultdict(list)
        found = select(CallFact).where(CallFact.call_id.in_(portion), CallFact.name.in_(_NAMES)).order_by(CallFact.at)
        for fact in session.scalars(found):
            by_transfer[fact.call_id, str(fact.data["transfer_id"])].append(fact)
        for (call_id, transfer_id), facts in by_transfer.items():
            _transfer(session, report, book, call_id, transfer_id, facts)


def _transfer(session: Session, report: Report, book: Book, call_id: str, transfer_id: str, facts: list[CallFact]) -> None:
    dialled = [fact for fact in facts if fact.name == "expert_dialled"]
    checked = next((fact for fact in facts if fact.name == "conflict_checked"), None)
    if not dialled or checked is None:
        return  # routing's facts may be lost with Redis; without its word nothing is known of the check
    found = {str(fact.data["expert_id"]): fact.at for fact in facts if fact.name == "conflict_found"}
    people = {str(fact.data["expert_id"]) for fact in dialled}
    parties = Parties(tuple(checked.data["caller_hashes"]), tuple(checked.data["opposing_hashes"]))
    firm_of = conflicts.firms_of(session, people)
    for fact in dialled:
        report.looked("I33")
        expert_id = str(fact.data["expert_id"])
        if expert_id in found and found[expert_id] < fact.at - 1.0:
            report.say("I33", "expert.barred_dialled", expert_id, call_id, transfer=transfer_id)
        elif checked.data["complete"]:
            known = barred(book, parties, firm_of, (expert_id,), before=fact.at - KNOWN_AFTER, but_call=call_id)
            if known:
                reason = known[expert_id].reason
                report.say("I33", "expert.conflict_missed", expert_id, call_id, transfer=transfer_id, reason=reason)
