"""Settings of the village centres on the telephone: `[village]` in `hotline.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.settings.section import Section, Window


class VillageSettings(Section):
    """Tickets of a centre without a computer (`centres.by_phone`) are read out to its clerk by telephone."""

    hours: Window = "08:30-18:00"
    """When clerks are called (city time); on working days only, unless `working_days` is off."""
    working_days: bool = True
    max_tries: Annotated[int, Field(ge=1, le=10)] = 3
    """Calls that nobody answers, before the centre above is told."""
    spacing_seconds: list[Annotated[float, Field(ge=1, le=86_400)]] = [900, 3600]
    """From one try to the next; the last counts for all further."""
    rounds: Annotated[int, Field(ge=1, le=10)] = 3
    """Calls that are answered and settle nothing (a voicemail, a clerk who hangs up), before the centre above is told."""
    expire_days: Annotated[float, Field(gt=0, le=30)] = 2
    at_once: Annotated[int, Field(ge=1, le=50)] = 2
    """Most such calls at a time."""
    pin_on_call: bool = False
    """Ask for the PIN on calls that we make, too. Off: the registered telephone is enough to sign and to send back; results
    and the caller's number want the PIN always."""
    sweep_seconds: Annotated[float, Field(ge=1, le=600)] = 5.0
    """How often the jobs look for tickets that wait for a telephone."""
