"""Every kind of job and what does it."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.jobs import export_ledger, finish_call, notice_letters, seal_recording, send_letter, ticket_paper
from hotline.jobs.durable import Handler
from hotline.store.sealing import seal


def handlers() -> Mapping[str, Handler]:
    """Kind of job → handler."""
    return {
        "export_ledger": export_ledger.run,
        "finish_call": finish_call.run,
        "seal_recording": seal_recording.handler(seal),
        "send_letter": send_letter.handler(),
        "notice_letters": notice_letters.run,
        "ticket_paper": ticket_paper.run,
    }
