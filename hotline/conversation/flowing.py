"""Between the pure flow engine and the pure conversation: one steps the other, in their own words."""

from __future__ import annotations

from typing import Final

from hotline.conversation.context import Context
from hotline.conversation.hours import Hours
from hotline.core.calendars.timetable import Timetable
from hotline.core.conversations import events as ev
from hotline.ivr import engine
from hotline.ivr import waits as ivr
from hotline.ivr.schema import Flow

PRIORITIES = ("P3", "P2", "P1", "P0")
"""A flow's queue priority 0–3 in the words of the rules (P0 is life danger)."""


NEVER_CLOSED: Final = Hours("", Timetable())
"""A line nobody has set hours for."""


class FlowRunner:
    """Holds the flow session of one call. The call keeps the version it began with."""

    def __init__(self, context: Context, flow: Flow, hours: Hours = NEVER_CLOSED) -> None:
        self._context = context
        self._hours = hours
        self._flow = flow
        self._step: engine.Step | None = None

    def step(self, outcome: str) -> ev.FlowStepped:
        """Start (empty outcome) or resume. Raises IllegalTransition when the flow has no such outcome."""
        if self._step is None:
            language = self._hours.line.language or self._context.settings.flows.language
            step = engine.start(self._flow, language, {})
        else:
            step = engine.resume(self._flow, self._step.session, outcome)
        heard, asked = list(step.says), []
        # Whether the line is open is no wait: it is answered here, and the flow goes on at once.
        while isinstance(step.wait, ivr.HoursWait):
            state = self._hours.state()
            asked.append({"line": self._hours.number, "state": state, "provisional": self._hours.provisional()})
            step = engine.resume(self._flow, step.session, "open" if state == "unknown" else state)
            heard += step.says
        self._step = step
        says = tuple(say.prompt if say.language == step.session.language else f"{say.prompt}@{say.language}" for say in heard)
        uncut = next((index for index, say in enumerate(heard) if say.barge_in), len(heard))
        return ev.FlowStepped(
            node=step.session.node,
            language=step.session.language,
            says=says,
            wait=self._wait(step.wait),
            uncut=uncut if isinstance(step.wait, ivr.DigitsWait) else 0,
            cause=step.cause or "",
            hours=tuple(asked),
        )

    def _wait(self, wait: ivr.Wait | None) -> ev.Wait | None:
        match wait:
            case None:
                return None
            case ivr.DigitsWait():
                return ev.DigitsWait(keys=wait.keys, seconds=wait.seconds, barge_in=wait.barge_in)
            case ivr.QueueWait():
                queue = self._context.settings.queue
                seconds = min(wait.seconds, queue.max_wait_seconds)
                # The flow says whether; the settings may say when, for all flows.
                when = queue.callback_after_seconds if "callback_after_seconds" in queue.model_fields_set else wait.callback
                callback = when if wait.callback else 0.0
                return ev.QueueWait(wait.queue, PRIORITIES[min(wait.priority, 3)], seconds, callback, wait.full)
            case ivr.DialWait():
                return ev.DialWait(wait.seconds, wait.next_prompt, self._hours.line.region)
            case ivr.RecordWait():
                return ev.RecordWait(wait.seconds, wait.silence, wait.beep, wait.finish_on)
            case ivr.HoursWait():
                raise AssertionError("answered in step()")
            case ivr.StaffWait():
                return ev.StaffWait(wait.seconds)
            case ivr.ProgressWait():
                return ev.ProgressWait(wait.seconds)
            case ivr.RateWait():
                rating = self._context.settings.rating
                return ev.RateWait(
                    prompt=wait.prompt,
                    repeat_prompt=wait.repeat_prompt,
                    invalid_prompt=wait.invalid_prompt,
                    keys=tuple(rating.keys) if "keys" in rating.model_fields_set else wait.keys,
                    seconds=rating.seconds if "seconds" in rating.model_fields_set else wait.seconds,
                    repeats=rating.repeats if "repeats" in rating.model_fields_set else wait.repeats,
                    human_key=wait.human_key,
                )
