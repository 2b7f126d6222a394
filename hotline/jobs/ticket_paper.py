"""The job `ticket_paper`: what was decided on a ticket and is to be told by message becomes a letter. The words are the
story's own; a second run finds the letter there."""

from __future__ import annotations

from hotline import logs
from hotline.core.errors import HotlineError
from hotline.jobs.durable import Work
from hotline.store.models import Letter, Ticket
from hotline.store.repositories import notices, ticket_papers

log = logs.get(__name__)


def run(work: Work) -> None:
    """One letter to the caller's number. Where there is none that takes messages, a person hears of it."""
    number, kind, by = (str(work.payload[name]) for name in ("number", "kind", "by"))
    asked = work.settings.outbox
    with work.store.write() as session:
        ticket = session.get(Ticket, number, with_for_update=True)
        if ticket is None:
            return
        try:
            ticket_papers.send(session, work.store.secrecy, asked, ticket, kind, by=by, now=work.now)
        except HotlineError as error:
            log.warning("paper_not_sent", number=number, kind=kind, code=error.code)
            lost = Letter(
                id=f"{kind}:{number}"[:64],
                kind=kind,
                number=number,
                channel="sms",
                to_masked=ticket.caller_number_masked,
                state="failed",
                code=error.code,
                by=by,
                account_id="",
                round=int(work.payload["seq"]),
            )
            notices.of_letter(session, lost, work.now)
