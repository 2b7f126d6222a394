"""One caller's whole visit, decided without any IO: `decide(state, event, now) -> Decision(state, actions, facts)`.

* `model.py`: the state, and the policy (limits) it runs under
* `events.py`: what can happen to a conversation
* `actions.py`: what it can want done
* `turn.py`: one decision being made
* `flow.py`, `desk.py`, `hunt.py`, `rate.py`, `ending.py`: the rules, by stage of the call
* `decide.py`: the table of which rule answers which event
"""

from hotline.core.conversations.decide import decide, start
from hotline.core.conversations.model import Policy, State
from hotline.core.conversations.turn import Decision

__all__ = ["Decision", "Policy", "State", "decide", "start"]
