"""The rating by keypad (rules E.37): 8 s, one repeat, only keys from the rating window, at most one a call (I20)."""

from __future__ import annotations

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations import flow
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.turn import Turn

_TALKING = ("agent_talk", "hold", "transfer", "conference", "expert_talk", "party_talk", "ivr")
"""Phases in which a caller who hangs up was not asked yet."""


def begin(turn: Turn, wait: ev.RateWait) -> None:
    state = turn.state
    talk = state.rated_talk
    if talk is None or not state.policy.rating_enabled or state.rated_seconds < state.policy.min_talk_seconds:
        if talk:
            turn.say("rating_ended", talk_id=talk.talk_id, outcome="not_offered")
        flow.step(turn, "skipped")
        return
    turn.say("rating_offered", talk_id=talk.talk_id, person_kind=talk.kind, person_id=talk.person_id)
    if state.rating_human:
        _to_human(turn)
        return
    turn.set(phase="rating", rating_open=True, rating_prompts_left=wait.repeats)
    turn.do(act.Listen(CALLER, on=True))
    turn.play_caller(wait.prompt)


def prompt_over(turn: Turn) -> None:
    wait = turn.state.wait
    if isinstance(wait, ev.RateWait):
        turn.do(act.SetTimer("rating", wait.seconds))


def early(turn: Turn, key: str) -> None:
    """A key before the question: no rating (I20), but a wish for a human is kept until the words of before are over."""
    wait = turn.state.wait
    if isinstance(wait, ev.RateWait) and wait.human_key and key == wait.human_key:
        turn.set(rating_human=True)


def _to_human(turn: Turn) -> None:
    _close(turn, "human")
    flow.step(turn, "human")


def digit(turn: Turn, key: str, method: str) -> None:
    wait, talk = turn.state.wait, turn.state.rated_talk
    if not isinstance(wait, ev.RateWait) or talk is None or not turn.state.rating_open:
        return
    if key == wait.human_key:
        _to_human(turn)
        return
    if key not in wait.keys:
        _again(turn, wait, (wait.invalid_prompt, wait.repeat_prompt), "wrong_key")
        return
    turn.say("rated", talk_id=talk.talk_id, person_kind=talk.kind, person_id=talk.person_id, score=int(key), method=method)
    _close(turn, "rated")
    flow.step(turn, "rated")


def silence(turn: Turn) -> None:
    wait = turn.state.wait
    if isinstance(wait, ev.RateWait) and turn.state.rating_open:
        _again(turn, wait, (wait.repeat_prompt,), "no_key")


def _again(turn: Turn, wait: ev.RateWait, prompts: tuple[str, ...], outcome: str) -> None:
    turn.do(act.CancelTimer("rating"))
    if turn.state.rating_prompts_left > 0:
        turn.set(rating_prompts_left=turn.state.rating_prompts_left - 1)
        turn.play_caller(*prompts)
    else:
        _close(turn, outcome)
        flow.step(turn, "no_rating")


def _close(turn: Turn, outcome: str) -> None:
    talk = turn.state.rated_talk
    assert talk is not None
    turn.say("rating_ended", talk_id=talk.talk_id, outcome=outcome)
    turn.set(rating_open=False, phase="goodbye")
    turn.do(act.CancelTimer("rating"))
    turn.quiet_caller()


def caller_gone(turn: Turn) -> None:
    """The caller hung up before, or while, being asked: written down as such, so that a follow-up can ask later."""
    state = turn.state
    if state.rating_open and state.rated_talk:
        turn.say("rating_ended", talk_id=state.rated_talk.talk_id, outcome="caller_hung_up")
        turn.set(rating_open=False)
    elif state.rated_talk and state.phase in _TALKING:
        turn.say("rating_ended", talk_id=state.rated_talk.talk_id, outcome="not_offered")
