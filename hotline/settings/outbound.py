"""Calls that we make: caps, call-backs, follow-ups, calls for a rating."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.settings.section import Seconds, Section, Window


class OutboundSettings(Section):
    """Everything dialled out through a trunk: experts, agents by phone, other hotlines, call-backs, follow-ups, rating calls. A
    guard against toll fraud and against a mistake of our own; what is refused stays a task, or goes back to the agent.
    Emergency numbers and pinned calls (danger to life) are never refused."""

    enabled: bool = True
    """False: nothing is dialled out, whatever the switch in the console says."""
    max_per_hour: Annotated[int, Field(ge=1, le=100_000)] = 300
    max_per_person_a_day: Annotated[int, Field(ge=1, le=1000)] = 6
    """Calls to one number in 24 hours (call-backs, follow-ups, rating)."""
    max_per_expert_a_day: Annotated[int, Field(ge=1, le=1000)] = 60
    max_per_agent_a_day: Annotated[int, Field(ge=1, le=10_000)] = 300
    """Calls to the telephone of an agent who has no console."""
    max_per_hotline_a_day: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Calls to one other hotline; 110, 119, 120 and 122 are never held back."""
    ring_seconds: Seconds = 45
    """How long a person who is called back is let ring."""
    trunk: str = ""
    """Trunk for calls whose own trunk is not there any more; empty: the first."""


class CallbackSettings(Section):
    """Missed callers are called back (rules A.7)."""

    hours: Window = "08:00-21:00"
    """When people may be called back (city time)."""
    by_calendar: bool = True
    """Also only while the line they called is open by its calendar (weekends, holidays, make-up days); so for follow-ups and
    rating calls. Danger to life waits for no hours."""
    first_after_seconds: Annotated[float, Field(ge=0, le=86_400)] = 60
    """A caller who was cut off often dials again at once; so long they are left to it. Promised call-backs do not wait."""
    first_within_seconds: Seconds = 1800
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    spacing_seconds: list[Seconds] = [900, 7200]
    """From one try to the next; the last counts for all further."""
    expire_days: Annotated[float, Field(gt=0, le=60)] = 3


class FollowUpSettings(Section):
    """Follow-up calls (回访) after a bad rating: first call within a working day (rules E.39)."""

    enabled: bool = True
    scores: list[Annotated[int, Field(ge=0, le=9)]] = [4, 5]
    """Ratings that make a follow-up task."""
    after_seconds: Annotated[float, Field(ge=0, le=864_000)] = 3600
    expire_days: Annotated[float, Field(gt=0, le=60)] = 7


class RatingCallSettings(Section):
    """A short automatic call for the rating, when the caller hung up before it could be given. Once, in these hours."""

    enabled: bool = False
    hours: Window = "09:00-20:00"
    after_seconds: Annotated[float, Field(ge=0, le=864_000)] = 300
    min_talk_seconds: Annotated[float, Field(ge=0)] = 10
    """Talks shorter than this are not asked about."""
    at_once: Annotated[int, Field(ge=1, le=50)] = 2
    """Most such calls at a time."""
