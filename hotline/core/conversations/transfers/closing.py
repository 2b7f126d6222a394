"""Leaving a transfer behind: nobody is looked for any more, and nobody stays on a line nobody talks on."""

from __future__ import annotations

from hotline.core.conversations import actions as act
from hotline.core.conversations import hunt, reminders
from hotline.core.conversations.transfers import thirds
from hotline.core.conversations.turn import Turn


def stop_seeking(turn: Turn, sip_code: int = 0) -> None:
    """Every phone that rings for this transfer stops."""
    hunt.stop_all(turn, sip_code)
    thirds.stop_dialling(turn, sip_code)


def caller_gone(turn: Turn) -> None:
    """The call is over in the middle of a transfer."""
    _close(turn, "caller", "caller_gone", 487)


def abandon(turn: Turn) -> None:
    """Somebody else takes the caller (a supervisor): whoever was looked for, or there, goes. Where the caller is now is the
    taker's business."""
    _close(turn, "transfer", "cancelled", 0)
    turn.set(transfer=None)


def _close(turn: Turn, ended_by: str, outcome: str, sip_code: int) -> None:
    transfer = turn.state.transfer
    if transfer is None:
        return
    stop_seeking(turn, sip_code)
    thirds.leave(turn, ended_by, hang_up=True)
    end_clocks(turn)
    said = "conferred" if transfer.stage == "three" else outcome
    turn.say("transfer_ended", transfer_id=transfer.transfer_id, outcome=said)


def end_clocks(turn: Turn) -> None:
    """No limit of the transfer runs any more."""
    turn.do(act.CancelTimer("routing_silent"), act.CancelTimer("consult"), act.CancelTimer("duty_limit"))
    reminders.stop_waiting(turn)
