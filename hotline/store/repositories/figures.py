"""What the figures of the day are counted from: one narrow read of the calls."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.figures.today import Visit
from hotline.core.outcomes import STAFF_MENU
from hotline.store.models import Call

STAFF_PHASE: Final = "staff"


def visits(session: Session, since: float) -> list[Visit]:
    """Every call that arrived from `since` on, and those still live; calls that we make ourselves are not offered to us,
    and our own people in their menu are no callers."""
    columns = (
        Call.call_id,
        Call.arrived_at,
        Call.queued_at,
        Call.agent_connected_at,
        Call.ended_at,
        Call.state,
        Call.cause,
        Call.rating,
    )
    rows = session.execute(
        select(*columns).where(
            Call.direction == "inbound",
            Call.phase != STAFF_PHASE,
            Call.cause != STAFF_MENU,
            (Call.arrived_at >= since) | (Call.state == "live"),
        )
    )
    return [
        Visit(
            row.call_id,
            row.arrived_at,
            row.queued_at,
            row.agent_connected_at,
            row.ended_at,
            row.state == "live",
            row.cause,
            row.rating,
        )
        for row in rows
    ]
