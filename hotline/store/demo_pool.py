"""What the demo city's pool of experts has to show: a declared client, a yellow card, a request that waits for approval, and
an hour that nobody covers. Everything here is invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from hotline.secrecy import Secrecy
from hotline.store.models import Expert, ExpertCard, ExpertInterest, RosterException, RosterRequest
from hotline.store.repositories import conflicts
from hotline.store.repositories.experts import ZONE

CLIENT: Final = "临江市红星物业有限公司"
"""Client of the first demo lawyer's firm: a caller with a quarrel against it is not put through to them."""
GAP_DAYS: Final = 3
"""Days ahead: near enough to be seen, far enough that no demo or test meets it."""
_GAP: Final = "demo_gap"


def load(session: Session, secrecy: Secrecy, now: float) -> None:
    """Put it in; what is there stays, but for the gap, which always lies ahead."""
    expert = session.get(Expert, "exp_01")
    if expert is not None and session.get(ExpertInterest, "int_demo") is None:
        conflicts.declare(
            session,
            secrecy,
            expert=expert,
            kind="client",
            party=CLIENT,
            note="常年法律顾问",
            by="system",
            now=now,
            id="int_demo",
        )
    today = datetime.fromtimestamp(now, ZONE).date()
    if session.get(Expert, "exp_04") is not None and session.get(ExpertCard, "card_demo") is None:
        session.add(
            ExpertCard(
                id="card_demo",
                expert_id="exp_04",
                colour="yellow",
                reason="两次在值班时段未接听",
                given_at=now,
                given_by="system",
                objection="当日开庭，已于前一日告知",
                objection_at=now,
                objection_by="system",
            )
        )
    if session.get(Expert, "exp_03") is not None and session.get(RosterRequest, "rreq_demo") is None:
        session.add(
            RosterRequest(
                id="rreq_demo",
                kind="absence",
                expert_id="exp_03",
                date=(today + timedelta(days=1)).isoformat(),
                from_minute=540,
                to_minute=720,
                reason="临时开庭",
                late=True,
                state="asked",
                created_at=now,
                created_by="system",
            )
        )
    _gap(session, (today + timedelta(days=GAP_DAYS)).isoformat())


def _gap(session: Session, day: str) -> None:
    """Nobody over noon on that day, and only on that day."""
    session.execute(delete(RosterException).where(RosterException.request_id == _GAP, RosterException.date != day))
    if session.scalar(select(RosterException.id).where(RosterException.request_id == _GAP).limit(1)) is not None:
        return
    for expert_id in session.scalars(select(Expert.id).where(Expert.id.like("exp\\_%", escape="\\"))):
        session.add(
            RosterException(expert_id=expert_id, date=day, from_minute=720, to_minute=780, effect="off", request_id=_GAP)
        )
    session.flush()
