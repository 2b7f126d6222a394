"""Conflict marks: whom experts have advised and whom against, and what they declared, as keyed hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.core.conflicts import Mark, Parties, party_terms
from hotline.core.errors import Invalid
from hotline.core.ids import new_id
from hotline.core.phones import mask_name
from hotline.secrecy import Secrecy
from hotline.store.models import Call, CallFact, CallForm, ConflictMark, Expert, ExpertInterest, Talk
from hotline.store.repositories import forms
from hotline.store.repositories.sealing import seal

YEAR: Final = 365 * 86_400.0


def hashes(secrecy: Secrecy, terms: Iterable[str]) -> tuple[str, ...]:
    """Terms as blind hashes. Telephone numbers get the same index as a caller's (`caller_hash`)."""
    return tuple(secrecy.index(term.removeprefix("tel:")) for term in terms)


def parties_of_form(secrecy: Secrecy, fields: Mapping[str, Any], caller_hash: str = "") -> Parties:
    """Who calls and whom against, from the form in clear and the hash of the caller's number."""
    caller = party_terms(
        str(fields.get("caller_name") or ""),
        id_number=str(fields.get("id_number") or ""),
        number=str(fields.get("caller_number") or ""),
    )
    own = [*([caller_hash] if caller_hash else []), *hashes(secrecy, caller)]
    return Parties(tuple(dict.fromkeys(own)), hashes(secrecy, party_terms(str(fields.get("opposing_party") or ""))))


def note_call(session: Session, secrecy: Secrecy, call_id: str) -> int:
    """Write down whom the experts of a call have advised, and whom against, anew from the call and its form; how many marks
    there are. Call it when an expert was heard, and when the form of such a call changes."""
    talks = session.execute(
        select(Talk.person_id, Talk.started_at).where(Talk.call_id == call_id, Talk.person_kind == "expert")
    ).all()
    refused = _refused_for_conflict(session, call_id)
    if not talks and not refused:
        return 0
    call = session.get(Call, call_id)
    parties = Parties((call.caller_hash,) if call and call.caller_hash else ())
    if session.get(CallForm, call_id) is not None:
        form = forms.get(session, secrecy, call_id)
        parties = parties_of_form(secrecy, form.fields, call.caller_hash if call else "")
    wanted: dict[tuple[str, str, str], float] = {}
    for expert_id, at in talks:
        for side, items in (("client", parties.caller), ("opponent", parties.opposing)):
            for item in items:
                wanted.setdefault((expert_id, side, item), at)
    for expert_id, at, items in refused:
        for item in items:
            wanted.setdefault((expert_id, "avoid", item), at)
    _replace(session, call_id, wanted)
    return len(wanted)


def _replace(session: Session, call_id: str, wanted: Mapping[tuple[str, str, str], float]) -> None:
    known = session.scalars(select(ConflictMark).where(ConflictMark.call_id == call_id)).all()
    left = dict(wanted)
    for mark in known:
        if left.pop((mark.expert_id, mark.side, mark.hash), None) is None:
            session.delete(mark)
    if not left:
        return
    firm_of = firms_of(session, {expert_id for expert_id, _, _ in left})
    for (expert_id, side, item), at in left.items():
        mark = ConflictMark(
            expert_id=expert_id, firm_id=firm_of.get(expert_id, ""), side=side, hash=item, call_id=call_id, at=at
        )
        session.add(mark)
    session.flush()


def _refused_for_conflict(session: Session, call_id: str) -> list[tuple[str, float, tuple[str, ...]]]:
    """Experts who keyed "conflict of interest", and the opposing parties they were asked about."""
    facts = session.scalars(
        select(CallFact).where(CallFact.call_id == call_id, CallFact.name.in_(("expert_refusal_reason", "conflict_checked")))
    ).all()
    against = {
        fact.data["transfer_id"]: tuple(map(str, fact.data["opposing_hashes"]))
        for fact in facts
        if fact.name == "conflict_checked"
    }
    return [
        (str(fact.data["expert_id"]), fact.at, against.get(fact.data["transfer_id"], ()))
        for fact in facts
        if fact.name == "expert_refusal_reason" and fact.data["reason"] == "conflict"
    ]


def firms_of(session: Session, expert_ids: Iterable[str]) -> dict[str, str]:
    """Expert → firm, for those who have one."""
    rows = session.execute(select(Expert.id, Expert.firm_id).where(Expert.id.in_(set(expert_ids)))).all()
    return {expert_id: firm_id for expert_id, firm_id in rows if firm_id}


def declare(
    session: Session,
    secrecy: Secrecy,
    *,
    expert: Expert,
    kind: str,
    party: str,
    note: str,
    by: str,
    now: float,
    id: str = "",
) -> ExpertInterest:
    """Write down a client or a party to avoid. Raises Invalid (`interest.party`) when the words name nobody."""
    terms = party_terms(party)
    if not terms:
        raise Invalid("interest.party", field="party")
    row = ExpertInterest(
        id=id or new_id("int", now),
        expert_id=expert.id,
        kind=kind,
        party_masked=mask_name(party.strip()),
        note=note,
        declared_at=now,
        declared_by=by,
    )
    row.party_enc = seal(secrecy, "expert_interests.party_enc", row.id, party.strip())
    session.add(row)
    side = "client" if kind == "client" else "avoid"
    for item in hashes(secrecy, terms):
        session.add(
            ConflictMark(expert_id=expert.id, firm_id=expert.firm_id or "", side=side, hash=item, interest_id=row.id, at=now)
        )
    session.flush()
    return row


def revoke(session: Session, interest: ExpertInterest, *, by: str, now: float) -> None:
    """The interest is over; its marks go. Twice is once."""
    if interest.revoked_at is None:
        interest.revoked_at, interest.revoked_by = now, by
        session.execute(delete(ConflictMark).where(ConflictMark.interest_id == interest.id))


def interests(session: Session, expert_id: str) -> Sequence[ExpertInterest]:
    """Declared interests of an expert, newest first."""
    return session.scalars(
        select(ExpertInterest).where(ExpertInterest.expert_id == expert_id).order_by(ExpertInterest.declared_at.desc())
    ).all()


@dataclass(frozen=True, slots=True)
class Row:
    """One mark as routing takes it in."""

    id: int
    hash: str
    mark: Mark


def marks(session: Session, *, after_id: int = 0, since: float = 0.0, limit: int = 1_000_000) -> Sequence[Row]:
    """Marks newer than `since` (declared interests of any age) with an id above `after_id`; the newest `limit` of them,
    oldest first."""
    query = (
        select(ConflictMark)
        .where(ConflictMark.id > after_id, (ConflictMark.at >= since) | (ConflictMark.interest_id != ""))
        .order_by(ConflictMark.id.desc())
        .limit(limit)
    )
    found = [
        Row(row.id, row.hash, Mark(row.expert_id, row.firm_id, row.side, row.call_id, row.at)) for row in session.scalars(query)
    ]
    return found[::-1]
