"""The table of transfers: what each event means, by kind and stage. An event without a cell does not fit: it changes
nothing.

===========  ==========================================================================================
kind         meaning
===========  ==========================================================================================
`auto`       the agent stays on the line until the third person is there, then leaves
`blind`      the agent leaves at once; when nobody comes, the caller is back in the queue at the old place
`attended`   agent and third person talk first; then the agent completes, cancels, or goes to and fro
`duty`       out of hours, no agent: the flow has the duty roster rung, and goes on when nobody comes
`three_way`  caller and agent go on talking, the third person joins; who leaves, leaves two behind
===========  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, get_args

from hotline.core.conversations.model import Kind, Stage

Event = Literal[
    "reached",  # the third person has accepted, or picked up
    "nobody",  # there is nobody to try any more, or routing is silent
    "complete",  # the agent: caller and third person, I go
    "cancel",  # the agent: I take the caller back
    "toggle",  # the agent: to the other one
    "conference",  # the agent: all three
    "drop",  # the agent: without the third person
    "agent_gone",  # the agent hung up, or their phone is lost
    "third_gone",  # the third person hung up, or their phone is lost
    "too_long",  # the caller has heard enough music
]
Step = Literal[
    "hand_over",  # caller and third person; the agent is free
    "consult",  # agent and third person; the caller hears music
    "aside",  # agent and caller; the third person hears music
    "join",  # all three
    "give_back",  # agent and caller; the third person is free
    "let_go",  # the agent leaves, the search goes on
    "go_on",  # nobody came: the flow goes on
    "requeue",  # nobody came and nobody is there: the queue, at the old place
]
Row = Mapping[Event, Step]

EVENTS: Final = get_args(Event)
KINDS: Final = get_args(Kind)
STAGES: Final = get_args(Stage)

_WITH_AGENT: Final[Row] = {
    "nobody": "give_back",
    "complete": "let_go",
    "cancel": "give_back",
    "drop": "give_back",
    "agent_gone": "let_go",
}
SEEKING: Final[Mapping[Kind, Row]] = MappingProxyType(
    {
        "auto": {**_WITH_AGENT, "reached": "hand_over"},
        "blind": {"reached": "hand_over", "nobody": "requeue"},
        "attended": {**_WITH_AGENT, "reached": "consult"},
        "duty": {"reached": "hand_over", "nobody": "go_on"},
        "three_way": {**_WITH_AGENT, "reached": "join"},
    }
)
_REACHED: Final[Row] = {
    "complete": "hand_over",
    "cancel": "give_back",
    "drop": "give_back",
    "agent_gone": "hand_over",
    "third_gone": "give_back",
}
REACHED: Final[Mapping[Stage, Row]] = MappingProxyType(
    {
        "consult": {**_REACHED, "toggle": "aside", "conference": "join", "too_long": "give_back"},
        "aside": {**_REACHED, "toggle": "consult", "conference": "join", "too_long": "give_back"},
        "three": {**_REACHED, "toggle": "consult"},
    }
)
"""Once somebody is there, it no longer matters how it began."""


def step_for(kind: Kind, stage: Stage, event: Event) -> Step | None:
    """The step, or None when the event does not fit."""
    row = SEEKING[kind] if stage == "seeking" else REACHED[stage]
    return row.get(event)
