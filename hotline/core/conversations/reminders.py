"""Soft reminders: of a caller who hears music, and of a long talk. They never cut anything."""

from __future__ import annotations

from hotline.core.conversations import actions as act
from hotline.core.conversations.model import CALLER
from hotline.core.conversations.turn import Turn
from hotline.core.conversations.wiring import music_for_caller

TONE = "reminder_tone"
"""Two soft notes, heard by the reminded person only."""


def waiting(turn: Turn) -> None:
    """Run the clock while the caller hears music because of us (hold, consultation, search); stop it otherwise."""
    state = turn.state
    if (state.held or state.transfer) and music_for_caller(state):
        turn.set(hold_reminders=0)
        turn.do(act.SetTimer("hold_reminder", state.policy.hold_reminder_seconds))
    else:
        stop_waiting(turn)


def stop_waiting(turn: Turn) -> None:
    turn.do(act.CancelTimer("hold_reminder"))


def hold_due(turn: Turn) -> None:
    """The caller has heard music for another minute: ask for patience, and tell the agent, in the ear and on the console."""
    state = turn.state
    if not ((state.held or state.transfer) and music_for_caller(state)):
        return
    count = state.hold_reminders + 1
    turn.set(hold_reminders=count)
    agent = state.agent
    seconds = round(count * state.policy.hold_reminder_seconds)
    turn.say("hold_reminded", agent_id=agent.agent_id if agent else "", seconds=seconds)
    if agent and agent.state == "connected":
        _tone(turn, agent.leg)
    if not state.playback:
        turn.do(act.Music(CALLER, on=False))
        turn.play_caller("please_wait")
    turn.do(act.SetTimer("hold_reminder", state.policy.hold_reminder_seconds))


def talk_due(turn: Turn) -> None:
    """A talk has lasted long: a soft tone for the one who talks, and a line on the console. Other hotlines are not reminded."""
    talk = turn.state.talk
    if talk is None or talk.kind == "party":
        return
    minutes = round((turn.now - talk.started_at) / 60)
    turn.say("talk_reminded", person_kind=talk.kind, person_id=talk.person_id, minutes=minutes)
    _tone(turn, talk.leg)
    turn.remind_of_talk(turn.state.reminders + 1)


def _tone(turn: Turn, leg: str) -> None:
    number = turn.state.playbacks + 1
    turn.set(playbacks=number)
    turn.do(act.Play(leg, (TONE,), turn.state.policy.language, number))
