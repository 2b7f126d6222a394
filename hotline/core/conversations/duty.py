"""Nobody at the desk: the mobiles of the duty roster are rung, one after another, until one presses 1.

It is a transfer of the kind `duty`, without an agent: routing names whom to try, and every way out leads back into the flow.
"""

from __future__ import annotations

from hotline.core.conversations import actions as act
from hotline.core.conversations import events as ev
from hotline.core.conversations import reminders
from hotline.core.conversations.model import CALLER, Transfer
from hotline.core.conversations.turn import Turn


def begin(turn: Turn, wait: ev.DialWait) -> None:
    """Ask routing for the first one; what is heard meanwhile is music."""
    if turn.state.transfer is None:
        transfer_id = turn.new_id("trf")
        turn.say("transfer_started", transfer_id=transfer_id, agent_id="", kind="duty", target="expert", region=wait.region)
        turn.set(transfer=Transfer(transfer_id, "", kind="duty"), phase="transfer")
        turn.do(
            act.SetTimer("duty_limit", wait.seconds),
            act.SetTimer("routing_silent", turn.state.policy.routing_silent_seconds),
        )
        reminders.waiting(turn)
    turn.do(act.Music(CALLER, on=True))
