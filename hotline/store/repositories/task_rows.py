"""A task's row as routing needs it."""

from __future__ import annotations

from hotline.core.routing.events import CallTask
from hotline.store.models import CallbackTask


def as_call_task(row: CallbackTask, begun_at: float = 0.0) -> CallTask:
    """`begun_at`: when the try under way was begun, 0 without one."""
    return CallTask(
        task_id=row.id,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        call_id=row.next_call_id,
        number_enc=row.caller_enc,
        caller_masked=row.caller_masked,
        caller_hash=row.caller_hash,
        place_at=row.place_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        region_hint=row.region_hint,
        trunk=row.trunk,
        queue=row.queue,
        priority=row.priority,
        language=row.language,
        calls=row.calls,
        tries=row.tries,
        of_call=row.call_id,
        not_agent_id=row.not_agent_id or "",
        talk={str(key): str(value) for key, value in row.talk.items()},
        begun_at=begun_at,
    )
