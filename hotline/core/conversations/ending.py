"""The end of a call: everything open is closed, in order, and `call_ended` is the last fact."""

from __future__ import annotations

from hotline.core.conversations import actions as act
from hotline.core.conversations import message, monitor, outgoing, parting, phone_desk, pins, rate
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.transfers import closing
from hotline.core.conversations.turn import Turn

GOODBYE_SECONDS = 5.0
"""How long the process waits for the last legs to confirm their end."""


def finish(turn: Turn, cause: str, ended_by: str, sip_code: int = 200) -> None:
    """Close the call once. An empty `cause` is worked out from how far the caller got."""
    state = turn.state
    if state.ended:
        return
    phase = state.phase
    outgoing.closing(turn)
    if state.agent and state.agent.state != "connected":
        turn.hang_up(state.agent.leg)
        turn.say(
            "agent_failed",
            offer_id=state.agent.offer_id,
            agent_id=state.agent.agent_id,
            dial_status="cancelled",
            sip_code=487,
        )
    closing.caller_gone(turn)
    parting.stop(turn)
    if state.phase == "hold":
        turn.say("hold_ended", by="system")
    for talk in (state.agent.talk if state.agent else None, state.expert, state.party):
        if talk:
            if not (ended_by == "caller" and phone_desk.keep(turn, talk)):
                turn.hang_up(talk.leg)
            turn.end_talk(talk, ended_by)
    message.call_over(turn, ended_by)
    if state.queued and state.queued.waiting:
        turn.say("queue_left", reason="abandoned" if ended_by == "caller" else "ended")
    monitor.close(turn, "call")
    pins.ending(turn)
    rate.caller_gone(turn)
    turn.say(
        "call_ended",
        cause=cause or _cause(turn, ended_by),
        # Who ended the visit: the last human to leave, when the flow only said goodbye after them.
        ended_by=turn.state.first_end if ended_by == "flow" and turn.state.first_end else ended_by,
        phase=phase,
        sip_code=sip_code,
        answered=state.answered,
    )
    turn.set(ended=True, agent=None, expert=None, party=None, transfer=None, queued=None, message=None, wait=None)
    if CALLER in turn.state.legs:
        turn.hang_up(CALLER, 200 if state.answered else 503)
    patience = phone_desk.OUTCOME_SECONDS + phone_desk.FAREWELL_SECONDS if turn.state.asked else 0.0
    turn.do(act.SetTimer("exit", GOODBYE_SECONDS + patience))
    leave_if_empty(turn)


def _cause(turn: Turn, ended_by: str) -> str:
    state = turn.state
    if not state.answered:
        return "not_reached" if state.order else "cancelled"
    if state.staff and state.staff.kind != "progress":
        return "staff_menu"
    if state.staff and state.staff.told and not state.reached:
        return "progress_told"
    if state.callback_kept:
        return "callback_promised"
    if state.reached:
        return "completed"
    if state.message_left:
        return "message_left"
    if state.queue_timed_out:
        return "queue_timeout"
    return "abandoned" if ended_by == "caller" else "completed"


def leave_if_empty(turn: Turn) -> None:
    if turn.state.ended and not turn.state.legs:
        turn.do(act.Exit())
