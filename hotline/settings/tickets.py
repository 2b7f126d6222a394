"""Settings of the tickets: `[tickets]` in `hotline.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.settings.section import Section


class TicketSettings(Section):
    """Figures of the ticket's way and its limits; the limits themselves stand in `ticket_clocks.csv`."""

    extensions: Annotated[int, Field(ge=0, le=5)] = 1
    """How often the limit of one ticket may be extended (rules F.47)."""
    objections: Annotated[int, Field(ge=1, le=5)] = 2
    """The last of so many objections to a dispatch goes to the topmost centre, whose word is final (rules F.44: once,
    then it is decided)."""
    handover_days: Annotated[int, Field(ge=1, le=15)] = 1
    """Working days in which an offered hand-over is to be accepted; then it stays where it was. Own default, as
    long as the time to sign."""
    follow_up_tries: Annotated[int, Field(ge=1, le=10)] = 3
    """Calls of a follow-up before it may be given up (rules A.7)."""
    follow_up_spacing_seconds: Annotated[float, Field(ge=0, le=259_200)] = 7200.0
    """Between two of them."""
    claim_seconds: Annotated[float, Field(ge=60, le=86_400)] = 3600.0
    """For how long a task that somebody took is nobody else's."""
    yellow_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    yellow_hours: Annotated[float, Field(gt=0, le=720)] = 24.0
    """Yellow: at this share of the time, or with so many hours left where that comes later (rules F.48)."""
    orange_share: Annotated[float, Field(gt=0, lt=1)] = 0.75
    orange_hours: Annotated[float, Field(gt=0, le=720)] = 8.0
    """Orange: with so many hours left, but not before this share of the time."""
    sweep_seconds: Annotated[float, Field(ge=5, le=3600)] = 60.0
    """How often the limits are looked at."""

    @property
    def limits(self) -> Limits:
        """As the rules want them."""
        return Limits(
            extensions=self.extensions,
            objections=self.objections,
            handover_days=self.handover_days,
            tries=self.follow_up_tries,
            spacing_seconds=self.follow_up_spacing_seconds,
        )

    @property
    def warn(self) -> Warn:
        """As the clocks want them."""
        return Warn(self.yellow_share, self.yellow_hours, self.orange_share, self.orange_hours)
