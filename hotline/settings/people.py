"""Those who work here: the staff's telephones, supervisors, the board, the roster."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hotline.settings.section import Seconds, Section, Share


class StaffSettings(Section):
    """The staff's own telephone menu, and agents who take calls on a plain telephone. Which called number leads to the menu
    stands in `flows.entry` (and in the trunk's `numbers`)."""

    pin_tries: Annotated[int, Field(ge=2, le=10)] = 3
    lock_seconds: Seconds = 900
    """After `pin_tries` wrong PINs nobody gets in as that person for so long (rules J.68: 15 minutes)."""
    phone_hours: Annotated[float, Field(gt=0, le=24)] = 10
    """How long somebody who said "I take calls on this phone" is believed, unless they log off before."""
    phone_until: Annotated[str, Field(pattern=r"^$|^([01][0-9]|2[0-3]):[0-5][0-9]$")] = ""
    """A time of day (the bureau's own) at which that ends, if it comes earlier: `18:00`."""
    missed_to_log_off: Annotated[int, Field(ge=1, le=20)] = 3
    """Calls not taken in a row, after which an agent by phone gets no more."""
    order: Literal["consoles_first", "together"] = "consoles_first"
    """In a mixed desk: telephones only ring when no console is free, or whoever is next by the queue's order."""


class SupervisionSettings(Section):
    """Supervisors on the line."""

    tell_agent: bool = True
    """The agent's console says that a supervisor is on the line (and how). Whisper and barge are heard anyway."""
    ring_seconds: Seconds = 20
    """How long the supervisor's own phone rings."""


class BoardSettings(Section):
    """Today's figures and their colours. Rules A.1: 15 s to a human, alarm at 20 s, connected in 24 h 95 % (below 97 %: warn);
    57 % rated is a province's figure; the other bounds are our own and a bureau's to choose."""

    every_seconds: Annotated[float, Field(ge=1, le=60)] = 4
    """How often the figures are counted while somebody looks."""
    answer_seconds: Seconds = 15
    alarm_seconds: Seconds = 20
    short_seconds: Seconds = 5
    """Callers who go sooner are counted, and left out of a second column."""
    connect_green: Share = 0.97
    connect_red: Share = 0.95
    within_green: Share = 0.90
    within_red: Share = 0.80
    abandon_green: Share = 0.03
    abandon_red: Share = 0.05
    rated_green: Share = 0.57
    rated_red: Share = 0.40
    satisfied_green: Share = 0.95
    satisfied_red: Share = 0.90


class RosterSettings(Section):
    """Duty of the experts (rules C.28, F12)."""

    notice_working_days: Annotated[int, Field(ge=0, le=30)] = 2
    """An absence, swap or substitute told less than so many working days ahead needs a supervisor's approval."""
    cover_from: Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")] = "08:30"
    """Between these two somebody should be on duty every day; minutes without anybody are marked on the roster page."""
    cover_to: Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")] = "20:30"
