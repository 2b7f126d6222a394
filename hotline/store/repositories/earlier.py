"""What earlier calls of a number say about the one that comes in now."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.queues.places import Place, lost
from hotline.core.queues.priorities import green_class
from hotline.store.catalogue import catalogue
from hotline.store.models import Call, CallForm

FORMS_LOOKED_AT = 10


def kept_place(session: Session, caller_hash: str, call_id: str, arrived_at: float) -> Place | None:
    """The place of the caller's last answered call before this one, when it ended by our own fault."""
    before = session.scalars(
        select(Call)
        .where(Call.caller_hash == caller_hash, Call.call_id != call_id, Call.answered, Call.arrived_at <= arrived_at)
        .order_by(Call.arrived_at.desc())
        .limit(1)
    ).one_or_none()
    if before is None or before.ended_at is None:
        return None
    if not lost(before.cause, before.phase, consultation_over=before.consultation_over):
        return None
    since = before.arrived_at if before.queued_at is None else before.queued_at
    return Place(since, before.call_id, before.ended_at)


def green_channel(session: Session, caller_hash: str, call_id: str) -> tuple[str, str]:
    """(class, group code) when one of the caller's last submitted forms names a green-channel group, else empty."""
    green = {item.code for item in catalogue().items("caller_groups") if item.extra.get("green")}
    rows = session.scalars(
        select(CallForm.fields)
        .join(Call, Call.call_id == CallForm.call_id)
        .where(Call.caller_hash == caller_hash, Call.call_id != call_id, CallForm.submitted_at.is_not(None))
        .order_by(CallForm.submitted_at.desc())
        .limit(FORMS_LOOKED_AT)
    )
    for fields in rows:
        groups = [str(item) for item in fields.get("caller_groups", ())]
        if found := green_class(groups, green):
            return found, min(set(groups) & green)
    return "", ""
