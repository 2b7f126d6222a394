"""Voice messages, and the ticket that comes of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.outcomes import MESSAGE_DISPOSITION, MESSAGE_SERVICE
from hotline.core.tickets.clocks import Warn
from hotline.secrecy import Secrecy
from hotline.store.models import Call, Line, Message, Ticket
from hotline.store.repositories import tickets

CLOCK: Final = "HL-VOICEMSG"
"""Rule of `ticket_clocks.csv`: answered within 24 hours of being left (rules A.8)."""


def left(session: Session, call_id: str) -> Message | None:
    """The message of a call in which something was said; the last one, where there were two."""
    query = select(Message).where(Message.call_id == call_id, Message.outcome == "recorded")
    return session.scalars(query.order_by(Message.started_at.desc()).limit(1)).one_or_none()


def ticket(
    session: Session,
    secrecy: Secrecy,
    call: Call,
    message: Message,
    fields: Mapping[str, Any],
    *,
    form_incomplete: bool,
    now: float,
    warn: Warn = tickets.DEFAULT_WARN,
) -> Ticket:
    """The ticket of a voice message: its limits run from the message's end (:data:`CLOCK` is one of them), and (where no form
    says otherwise) it is for the line's own region."""
    line = session.get(Line, call.called)
    region = line.region_code if line else ""
    told = f"语音留言 {round(message.seconds)} 秒，请先听录音，再联系来电人。"
    given = {
        "matter_region": region,
        "service_type": MESSAGE_SERVICE,
        "disposition": MESSAGE_DISPOSITION,
        **{key: value for key, value in fields.items() if value},
    }
    given["facts"] = "\n".join(text for text in (str(fields.get("facts") or ""), told) if text)
    return tickets.create(
        session,
        secrecy,
        call,
        given,
        form_incomplete=form_incomplete,
        now=now,
        source="message",
        started_at=message.ended_at or message.started_at,
        warn=warn,
    )
