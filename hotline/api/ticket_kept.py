"""What of a ticket is kept from some: its complaint, who may see it, how its person is reached in safety, avoidance; and
what is still owed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from hotline.api.names import people_names
from hotline.api.people import Person
from hotline.api.ticket_shapes import AvoidanceRow, ComplaintRow, GrantRow, SafetyRow, TaskLine
from hotline.api.ticket_sight import may_grant, opens
from hotline.store.models import Ticket
from hotline.store.repositories import ticket_secrecy, ticket_tasks
from hotline.store.repositories.ticket_acts import House


def kept(session: Session, ticket: Ticket, person: Person, house: House) -> dict[str, Any]:
    """Complaint, grants, safe contact, avoidance, and what is owed."""
    tasks = ticket_tasks.of_ticket(session, ticket.number)
    grants = ticket_secrecy.grants(session, ticket.number)
    avoidances = ticket_secrecy.avoidances(session, ticket.number)
    complaint = ticket_secrecy.complaint(session, ticket.number)
    safety = ticket_secrecy.of_ticket(session, ticket.number)
    wanted = [row.done_by for row in tasks] + [one for row in grants for one in (row.account_id, row.by)]
    names = people_names(session, [*wanted, *(one for row in avoidances for one in (row.person_id, row.decided_by))])
    return {
        "secret": ticket.secret,
        "may_grant": bool(ticket.secret) and may_grant(person, ticket, house.tree),
        "may_reveal": person.may("tickets.reveal") and opens(session, person, ticket.number),
        "complaint": ComplaintRow(
            kind=complaint.kind,
            accused_name=ticket_secrecy.name_of(session, complaint.kind, complaint.accused_id),
            stage=ticket.complaint,
            outcome=complaint.outcome,
            decided_at=complaint.decided_at,
        )
        if complaint is not None
        else None,
        "grants": [
            GrantRow(
                account_id=row.account_id,
                name=names.get(row.account_id),
                by_name=names.get(row.by),
                at=row.at,
                why=row.why,
            )
            for row in grants
        ],
        "safety": SafetyRow(
            contact_masked=safety.contact_masked,
            ways=safety.ways,
            windows=safety.windows,
            has_note=bool(safety.note_enc),
            at=safety.at,
        )
        if safety is not None
        else None,
        "avoidances": [
            AvoidanceRow(
                name=names.get(row.person_id),
                side=row.side,
                why=row.why,
                at=row.at,
                granted=row.granted,
                decided_name=names.get(row.decided_by),
                decided_why=row.decided_why,
            )
            for row in avoidances
        ],
        "tasks": [TaskLine.model_validate(row).model_copy(update={"done_name": names.get(row.done_by)}) for row in tasks],
    }
