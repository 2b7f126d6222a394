"""The states of a task: a table, and one function.

=============  =============================================================================================
event          what happened
=============  =============================================================================================
`called`       the same number was missed once more (`place_at`: since when that call waited)
`start`        a try begins: from now on nobody else may call
`no_agent`     nobody of ours came to the phone, the person was never dialled: due at once, nothing counted
`lost`         our own failure before the person talked: due again soon, counted apart
`tried`        the person was dialled, or an agent called by hand; `result` says what came of it
`served`       the same number reached a human by itself
`cancel`       a supervisor closes it
`expire`       too old
=============  =============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from hotline.core.callbacks.model import AGAIN, RESULTS, Hours, Policy, Task
from hotline.core.errors import IllegalTransition, Invalid

LEAST_SECONDS: Final = 3600.0
"""How long a task is open after its next try is due, however old it is."""

Handler = Callable[[Task, float, Policy, Hours, Mapping[str, Any]], Task]


def step(task: Task, event: str, now: float, policy: Policy, hours: Hours, **data: Any) -> Task:
    """The task after `event`. Raises IllegalTransition (`task.transition`) when the table has no row for it, Invalid
    (`task.result`) for a result that is none; the task is unchanged then."""
    handler = TABLE[task.state].get(event)
    if handler is None:
        raise IllegalTransition("task.transition", state=task.state, event=event)
    return handler(task, now, policy, hours, data)


def _called(task: Task, now: float, _p: Policy, _h: Hours, data: Mapping[str, Any]) -> Task:
    place = min(task.place_at, float(data.get("place_at", now)))
    return replace(task, calls=task.calls + 1, place_at=place)


def _start(task: Task, _now: float, _p: Policy, _h: Hours, _data: Mapping[str, Any]) -> Task:
    return replace(task, state="calling")


def _no_agent(task: Task, now: float, _p: Policy, hours: Hours, _data: Mapping[str, Any]) -> Task:
    return replace(task, state="open", due_at=hours(now))


def _lost(task: Task, now: float, policy: Policy, hours: Hours, _data: Mapping[str, Any]) -> Task:
    if task.lost + 1 > policy.max_lost:
        return _tried(replace(task, lost=0), now, policy, hours, {"result": "failed"})
    return _again(replace(task, lost=task.lost + 1), hours(now + policy.lost_again_seconds))


def _tried(task: Task, now: float, policy: Policy, hours: Hours, data: Mapping[str, Any]) -> Task:
    result = str(data.get("result", ""))
    if result not in RESULTS or result == "expired":
        raise Invalid("task.result", field="result")
    tries = task.tries + 1
    if result not in AGAIN:
        return replace(task, state="done", tries=tries, result=result, closed_at=now, close_reason="tried")
    # A rating is asked for once, and nobody is pressed (rules E.37: no answer is an answer).
    if tries >= (1 if task.kind == "rating" else policy.max_tries):
        return replace(task, state="given_up", tries=tries, result=result, closed_at=now, close_reason="tries")
    return _again(replace(task, tries=tries, result=result), hours(now + policy.spacing(tries)))


def _again(task: Task, due_at: float) -> Task:
    """Open again. The next try is still made when a weekend or a holiday lies before it."""
    return replace(task, state="open", due_at=due_at, expires_at=max(task.expires_at, due_at + LEAST_SECONDS))


def _served(task: Task, now: float, _p: Policy, _h: Hours, _data: Mapping[str, Any]) -> Task:
    return replace(task, state="done", result="reached", closed_at=now, close_reason="called_again")


def _cancel(task: Task, now: float, _p: Policy, _h: Hours, data: Mapping[str, Any]) -> Task:
    return replace(task, state="given_up", result=task.result or "failed", closed_at=now, close_reason=str(data["reason"]))


def _expire(task: Task, now: float, _p: Policy, _h: Hours, _data: Mapping[str, Any]) -> Task:
    if now < task.expires_at:
        return task
    return replace(task, state="expired", result="expired", closed_at=now, close_reason="expired")


TABLE: Final[Mapping[str, Mapping[str, Handler]]] = MappingProxyType(
    {
        "open": {
            "called": _called,
            "start": _start,
            "tried": _tried,
            "served": _served,
            "cancel": _cancel,
            "expire": _expire,
        },
        "calling": {
            "called": _called,
            "no_agent": _no_agent,
            "lost": _lost,
            "tried": _tried,
            "served": _served,
        },
        "done": {},
        "given_up": {},
        "expired": {},
        "no_number": {},
    }
)
"""state → event → what it makes of the task. An event without a row is refused: nothing is ever reopened, a further missed
call makes a new task."""


def due(task: Task, now: float) -> bool:
    """Whether somebody should be called now."""
    return task.state == "open" and task.due_at <= now < task.expires_at
