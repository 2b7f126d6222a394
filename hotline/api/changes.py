"""What changed: the audit's picture of before and after, only of what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from hotline.api.people import Person
from hotline.store import audit


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`{"before": {…}, "after": {…}}` with the keys whose values differ; a key that one side has not is left out there."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key) or (key in before) != (key in after)]
    return {
        "before": {key: before[key] for key in keys if key in before},
        "after": {key: after[key] for key in keys if key in after},
    }


def note(
    session: Session,
    person: Person,
    now: float,
    action: str,
    what: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **more: Any,
) -> None:
    """Append it to the audit trail, last in the transaction. `before` and `after` must hold no caller's personal data and no
    secret."""
    data = {**difference(before or {}, after or {}), **more}
    audit.append(session, at=now, actor=person.user_id, action=action, object=what, data=data)
