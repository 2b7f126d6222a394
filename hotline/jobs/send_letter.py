"""The job `send_letter`: hand one letter over, once.

1. The row becomes `sending` (a transaction). 2. The letter is handed over. 3. The row says what came of it (a transaction),
with the ticket's story and, when a person is needed, a notice. Whoever dies before 2 or after 3 loses nothing; whoever dies
between 2 and 3 leaves `sending`, and :func:`hotline.core.letters.before` says what that means for each way of sending.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hotline import logs
from hotline.core.letters import Receipt
from hotline.jobs.durable import Handler, Later, Work
from hotline.outbox import Adapter, Letter, adapters
from hotline.outbox.port import Channel
from hotline.secrecy import SecrecyError
from hotline.store.models import Letter as LetterRow
from hotline.store.repositories import letters

log = logs.get(__name__)


class Choose(Protocol):
    """Which way of sending each channel takes."""

    def __call__(self, work: Work) -> Mapping[Channel, Adapter]: ...


def by_settings(work: Work) -> Mapping[Channel, Adapter]:
    """As `[outbox]` says."""
    return adapters(work.settings.outbox, work.settings.outbox_dir, work.store.secrecy)


def handler(choose: Choose = by_settings) -> Handler:
    """The job with the given ways of sending. Raises Later when it is not time yet, or another attempt is to be made."""

    def run(work: Work) -> None:
        letter_id, asked = str(work.payload["letter_id"]), work.settings.outbox
        with work.store.read() as session:
            known = session.get(LetterRow, letter_id)
        if known is None:
            return
        channel: Channel = "mail" if known.channel == "mail" else "sms"
        way = choose(work)[channel]
        with work.store.write() as session:
            row = letters.take_up(session, asked, letter_id, way.once, work.now)
        if isinstance(row, float):
            raise Later(row)
        if row is None:
            return
        try:
            to, subject, body = letters.opened(work.store.secrecy, row)
        except SecrecyError:
            receipt = Receipt("refused", "cannot_open")
        else:
            if channel == "sms":
                body = f"{asked.signature}{body}"
            receipt = way.send(Letter(row.key, channel, to, subject, body, row.kind, row.number or "", row.to_masked))
        with work.store.write() as session:
            again = letters.mark(session, asked, letter_id, receipt, work.now)
        log.info("letter_attempt", letter=letter_id, kind=row.kind, channel=channel, handed=receipt.handed, code=receipt.code)
        if again is not None:
            raise Later(again)

    return run
