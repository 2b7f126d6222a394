"""The job `notice_letters`: whoever has a notice and wants to be written to gets a letter, one a notice and person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from hotline.core.calendars.days import ZONE
from hotline.core.errors import Invalid
from hotline.core.letters.texts import staff
from hotline.jobs.durable import Work
from hotline.store import ticket_codes
from hotline.store.models import Account, AccountContact, Notice, NoticeReader, Ticket
from hotline.store.repositories import letters
from hotline.store.repositories.sealing import unseal
from hotline.store.repositories.staff_of import Ladder


def run(work: Work) -> None:
    """Letters are put in with keys of their own, so that a second run adds none."""
    with work.store.write() as session:
        notice = session.get(Notice, int(work.payload["notice_id"]))
        if notice is None:
            return
        query = (
            select(AccountContact, Account.language)
            .join(NoticeReader, NoticeReader.account_id == AccountContact.account_id)
            .join(Account, Account.id == AccountContact.account_id)
            .where(NoticeReader.notice_id == notice.id, Account.active)
        )
        ladder = Ladder(session)
        knows = ladder.knowers(session, session.get(Ticket, notice.number) if notice.number else None)
        for contact, language in session.execute(query):
            member = ladder.members.get(contact.account_id)
            if member is None or not knows(member):
                continue  # it was made confidential, or hidden from them, since the notice was
            text = staff(notice.kind, notice.level, _values(notice, language), language)
            if text is None:
                continue
            address = unseal(work.store.secrecy, "account_contacts.address_enc", contact.account_id, contact.address_enc)
            try:
                letters.send(
                    session,
                    work.store.secrecy,
                    key=f"notice:{notice.id}:{contact.account_id}",
                    kind=f"notice_{notice.kind}"[:64],
                    channel=contact.channel,
                    to=address,
                    subject=text.subject,
                    body=text.body,
                    now=work.now,
                    number=notice.number,
                    account_id=contact.account_id,
                )
            except Invalid:
                continue  # an address of before today's rules; the notice stands in the console


def _values(notice: Notice, language: str) -> dict[str, str]:
    due = notice.data.get("due_at")
    day = f"{datetime.fromtimestamp(due, ZONE):%Y-%m-%d %H:%M}" if isinstance(due, int | float) else ""
    rule, way = str(notice.data.get("rule", "")), str(notice.data.get("way", ""))
    return {
        "number": notice.number or "",
        "rule": ticket_codes.name("clock_rules", rule, language),
        "way": ticket_codes.name("supervision_ways", way, language),
        "day": day,
    }
