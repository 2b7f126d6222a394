"""Between the pure flow engine and the pure conversation: one steps the other, in their own words."""

from __future__ import annotations

from hotline.conversation.context import Context
from hotline.core.conversations import events as ev
from hotline.ivr import engine
from hotline.ivr import waits as ivr
from hotline.ivr.schema import Flow

PRIORITIES = ("P3", "P2", "P1", "P0")
"""A flow's queue priority 0–3 in the words of the rules (P0 is life danger)."""


class FlowRunner:
    """Holds the flow session of one call. The call keeps the version it began with."""

    def __init__(self, context: Context, flow: Flow) -> None:
        self._context = context
        self._flow = flow
        self._step: engine.Step | None = None

    def step(self, outcome: str) -> ev.FlowStepped:
        """Start (empty outcome) or resume. Raises IllegalTransition when the flow has no such outcome."""
        if self._step is None:
            self._step = engine.start(self._flow, self._context.settings.flows.language, {})
        else:
            self._step = engine.resume(self._flow, self._step.session, outcome)
        step = self._step
        says = tuple(
            say.prompt if say.language == step.session.language else f"{say.prompt}@{say.language}" for say in step.says
        )
        uncut = next((index for index, say in enumerate(step.says) if say.barge_in), len(step.says))
        return ev.FlowStepped(
            node=step.session.node,
            language=step.session.language,
            says=says,
            wait=self._wait(step.wait),
            uncut=uncut if isinstance(step.wait, ivr.DigitsWait) else 0,
            cause=step.cause or "",
        )

    def _wait(self, wait: ivr.Wait | None) -> ev.Wait | None:
        match wait:
            case None:
                return None
            case ivr.DigitsWait():
                return ev.DigitsWait(keys=wait.keys, seconds=wait.seconds, barge_in=wait.barge_in)
            case ivr.QueueWait():
                seconds = min(wait.seconds, self._context.settings.queue.max_wait_seconds)
                return ev.QueueWait(wait.queue, PRIORITIES[min(wait.priority, 3)], seconds)
            case ivr.RateWait():
                rating = self._context.settings.rating
                return ev.RateWait(
                    prompt=wait.prompt,
                    repeat_prompt=wait.repeat_prompt,
                    invalid_prompt=wait.invalid_prompt,
                    keys=tuple(rating.keys) if "keys" in rating.model_fields_set else wait.keys,
                    seconds=rating.seconds if "seconds" in rating.model_fields_set else wait.seconds,
                    repeats=rating.repeats if "repeats" in rating.model_fields_set else wait.repeats,
                )
