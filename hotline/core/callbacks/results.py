"""What a call that we made means for its task, read from the call's record."""

from __future__ import annotations

from typing import Final

from hotline.core.callbacks.model import AUTOMATIC
from hotline.core.records import CallRecord

DECLINED: Final = 603
"""Only the person's own phone says it. A 403 is the carrier's, and says nothing about the person."""
_RESULT_OF: Final = {"no_answer": "no_answer", "busy": "busy", "failed": "failed"}


def of_call(record: CallRecord) -> tuple[str, str]:
    """(event, result) for :func:`hotline.core.callbacks.machine.step`, of a closed outbound call. `result` is empty but for
    the event `tried`."""
    broken, automatic = record.cause in ("system_failure", "drained"), record.task_kind in AUTOMATIC
    if not automatic and record.agent_connected_at is not None:
        return ("lost", "") if broken and not record.consultation_over else ("tried", "reached")
    if record.answered:
        if broken:
            return "lost", ""
        # The person picked up. An automatic call has spoken then; in a call-back they hung up before anybody spoke.
        return "tried", "reached" if automatic else "no_answer"
    if record.dial_status == "refused":
        return "tried", "refused" if record.dial_code == DECLINED else "failed"
    if record.dial_status in _RESULT_OF:
        return "tried", _RESULT_OF[record.dial_status]
    if record.dialled_at is not None or automatic:
        return "lost", ""  # given up by us while it rang
    return ("lost" if broken else "no_agent"), ""
