"""Runs a flow: `start`, then `resume` with the outcome of each wait, until there is no wait any more. No IO, no clock.

    step = start(flow, "zh-CN", {})
    while step.wait is not None:
        play(step.says)
        outcome, data = wait_for(step.wait)
        step = resume(flow, step.session, outcome, data)
    play(step.says); hang_up(step.cause)

The session may be written down and read again between any two steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hotline.core.errors import IllegalTransition
from hotline.ivr.schema import Flow
from hotline.ivr.session import Answer, Session
from hotline.ivr.waits import DigitsWait, Wait

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

MAX_MOVES: Final = 1000
"""Nodes entered in one step before the flow is taken for a loop without a wait, which the linter refuses."""


@dataclass(frozen=True, slots=True)
class Say:
    """Play a prompt. `barge_in`: a key pressed meanwhile cuts it short (and counts). Where it is False, the prompt is
    played to its end (the notice of recording must be heard), and a key pressed meanwhile counts after it."""

    prompt: str
    language: str
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Play `says` in order, then wait. `wait` None: the flow has ended, hang up after the says with `cause` (one of
    `hotline.core.facts.CAUSES`). `nodes`: those entered in this step, in order."""

    session: Session
    says: tuple[Say, ...]
    wait: Wait | None
    cause: str | None = None
    nodes: tuple[str, ...] = ()


def start(flow: Flow, language: str, variables: Mapping[str, str] = NOTHING) -> Step:
    """Begin. A language the flow does not have becomes the flow's first: a call is answered in any case.

    `variables` override the flow's own first values.
    """
    language = language if language in flow.languages else flow.languages[0]
    session = Session(
        flow=flow.name,
        version=flow.version,
        node=flow.start,
        language=language,
        variables={**flow.variables, **variables},
        began={"language": language, "variables": dict(variables)},
    )
    return _enter(flow, session, flow.start)


def resume(flow: Flow, session: Session, outcome: str, data: Mapping[str, str] = NOTHING) -> Step:
    """Go on after a wait. `data` is kept in the variables as `<node>.<key>` (for `choose`) and in the history.

    Raises :class:`IllegalTransition`, and nothing has changed: `flow.other_version` when the session is of another flow
    or version, `flow.ended` when there is nothing to resume, `flow.outcome` when the wait cannot end like that.
    """
    wait = current_wait(flow, session)
    if wait is None:
        raise IllegalTransition("flow.ended", flow=flow.name, node=session.node)
    if outcome not in wait.outcomes:
        raise IllegalTransition("flow.outcome", node=session.node, outcome=outcome, allowed=list(wait.outcomes))
    route = flow.nodes[session.node].route or {}
    known = {**session.variables, **{f"{session.node}.{key}": value for key, value in data.items()}}
    answered = session.moved(history=(*session.history, Answer(session.node, outcome, data)), variables=known)
    return _enter(flow, answered, route[outcome])


def current_wait(flow: Flow, session: Session) -> Wait | None:
    """What the session waits for; None when it has ended. Raises :class:`IllegalTransition` `flow.other_version`."""
    if (session.flow, session.version) != (flow.name, flow.version) or session.node not in flow.nodes:
        raise IllegalTransition(
            "flow.other_version", flow=flow.name, version=flow.version, of=f"{session.flow} {session.version}"
        )
    return None if session.ended else flow.nodes[session.node].waiting


def replay(flow: Flow, session: Session) -> list[Step]:
    """All steps of a session from its start, by its history. Raises :class:`IllegalTransition` where the flow has
    changed so that the history does not fit any more."""
    steps = [start(flow, session.began["language"], session.began["variables"])]
    for answer in session.history:
        steps.append(resume(flow, steps[-1].session, answer.outcome, answer.data))
    return steps


def _enter(flow: Flow, session: Session, name: str) -> Step:
    """Walk from `name` to the next wait or the end, doing what the nodes on the way say."""
    language, variables, visits = session.language, dict(session.variables), dict(session.visits)
    says: list[Say] = []
    nodes: list[str] = []
    for _ in range(MAX_MOVES):
        node = flow.nodes[name]
        nodes.append(name)
        visits[name] = visits.get(name, 0) + 1
        if node.at_most and visits[name] > node.at_most.times:
            name = node.at_most.then
            continue
        language = node.language or language
        variables.update(node.set)
        wait = node.waiting
        cut = isinstance(wait, DigitsWait) and wait.barge_in
        says.extend(Say(item.prompt, item.language or language, cut) for item in node.says)
        if wait or node.hang_up:
            there = session.moved(
                node=name, language=language, variables=variables, visits=visits, ended=node.hang_up is not None
            )
            return Step(there, tuple(says), wait, node.hang_up, tuple(nodes))
        if node.choose:
            name = node.choose.when.get(variables.get(node.choose.variable, ""), node.choose.otherwise)
        elif node.go:
            name = node.go
    raise IllegalTransition("flow.runaway", flow=flow.name, node=name)
