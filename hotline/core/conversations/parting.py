"""Saying goodbye to an expert who does not get the caller: why they refused, or that another was quicker.

Their leg is no longer part of the hunt; it ends when the words are over, a key was pressed, or a leg is wanted elsewhere.
"""

from __future__ import annotations

from typing import Final

from hotline.core.conversations import actions as act
from hotline.core.conversations.model import Parting, Try
from hotline.core.conversations.turn import Turn

REASONS: Final = {"1": "busy", "2": "not_my_field", "3": "conflict"}
"""Key after the 2 → why (`brief_reason` says them)."""
WORDS_SECONDS: Final = 12.0
"""Longest a farewell may last, should its end never be reported."""


def ask_reason(turn: Turn, item: Try, transfer_id: str) -> None:
    """The expert pressed 2: ask why, without making anybody wait for the answer."""
    if turn.state.policy.reason_seconds <= 0:
        turn.hang_up(item.leg)
        return
    turn.do(act.Listen(item.leg, on=True))
    _speak(turn, item, transfer_id, "brief_reason", asking=True)


def tell_taken(turn: Turn, item: Try, transfer_id: str) -> None:
    """Another expert was quicker: say so to one who has picked up; a phone that only rings stops."""
    if item.picked_up:
        _speak(turn, item, transfer_id, "brief_taken", asking=False)
    elif item.state != "held":
        turn.hang_up(item.leg)


def _speak(turn: Turn, item: Try, transfer_id: str, prompt: str, *, asking: bool) -> None:
    number = turn.state.playbacks + 1
    leaving = Parting(item.leg, transfer_id, item.try_id, item.expert_id, number, asking)
    turn.set(playbacks=number, partings=(*turn.state.partings, leaving))
    turn.do(
        act.Play(item.leg, (prompt,), turn.state.policy.language, number),
        act.SetTimer(f"parting:{item.try_id}", WORDS_SECONDS),
    )


def on_leg(turn: Turn, leg: str) -> Parting | None:
    """Whom we are saying goodbye to on that leg."""
    return next((item for item in turn.state.partings if item.leg == leg), None)


def played(turn: Turn, item: Parting, playback: int) -> None:
    """The words are over: wait for the reason, or hang up."""
    if item.playback != playback:
        return
    if item.asking:
        turn.do(act.SetTimer(f"parting:{item.try_id}", turn.state.policy.reason_seconds))
    else:
        end(turn, item)


def digit(turn: Turn, item: Parting, key: str) -> None:
    """A reason; other keys, and a 1 that came too late, say nothing."""
    if not item.asking or key not in REASONS:
        return
    turn.say(
        "expert_refusal_reason",
        transfer_id=item.transfer_id,
        try_id=item.try_id,
        expert_id=item.expert_id,
        reason=REASONS[key],
    )
    end(turn, item)


def timeout(turn: Turn, try_id: str) -> None:
    item = next((one for one in turn.state.partings if one.try_id == try_id), None)
    if item:
        end(turn, item)


def end(turn: Turn, item: Parting) -> None:
    """Hang up on them."""
    forget(turn, item)
    turn.hang_up(item.leg)


def forget(turn: Turn, item: Parting) -> None:
    """Their leg is over, or about to be."""
    turn.set(partings=tuple(one for one in turn.state.partings if one.try_id != item.try_id))
    turn.do(act.CancelTimer(f"parting:{item.try_id}"), act.Listen(item.leg, on=False))


def make_room(turn: Turn) -> None:
    """A leg is wanted for somebody who can help the caller."""
    for item in turn.state.partings:
        end(turn, item)


def stop(turn: Turn) -> None:
    """The call is over."""
    make_room(turn)
