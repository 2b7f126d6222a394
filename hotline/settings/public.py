"""Settings of what callers do by themselves: `[progress]` and `[appointments]` in `hotline.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.core.appointments import Rules
from hotline.settings.section import Section


class ProgressSettings(Section):
    """How far is my ticket: asked on the public page or by telephone, with the ticket's number and its six-digit code."""

    enabled: bool = True
    """False: the public page and its routes answer as if they were not there."""
    phone_tries: Annotated[int, Field(ge=1, le=10)] = 3
    """So many wrong entries in a call, then a person takes over."""
    wrong_a_day: Annotated[int, Field(ge=3, le=1000)] = 10
    """Wrong codes for one ticket number in 24 hours, by telephone and page together; then it is not answered for a day."""
    per_minute: Annotated[int, Field(ge=1, le=10_000)] = 12
    """Requests of one address in a minute. Behind a proxy that hides addresses all callers share it: raise it there."""


class AppointmentSettings(Section):
    """Appointments in person, by video, or a call-back (rules L.78)."""

    ahead_days: Annotated[int, Field(ge=1, le=90)] = 14
    notice_hours: Annotated[float, Field(ge=0, le=168)] = 2.0
    """Nothing is booked or changed by the caller later than so long before it begins."""
    most_moves: Annotated[int, Field(ge=0, le=20)] = 3
    """How often callers may move one appointment by themselves."""
    remind_hours: Annotated[float, Field(ge=0.5, le=168)] = 24.0

    @property
    def rules(self) -> Rules:
        """As the rules want them."""
        return Rules(self.notice_hours * 3600, self.ahead_days, self.most_moves)
