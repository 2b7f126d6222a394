"""What everybody does in a storm, drawn from tables of chances by seeded dice. Pure.

Each person has dice of their own, so that one person's choices do not depend on how quickly others come to theirs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from hotline.simulate.call import DtmfMethod
from hotline.simulate.people.expert import Character

T = TypeVar("T")

CallerKind = Literal[
    "talks", "leaves_talk", "leaves_queue", "leaves_anywhere", "leaves_notice", "leaves_menu", "cancels",
    "silent", "mute", "lossy", "holds", "vanishes",
]  # fmt: skip
"""`talks` stays to the end; `leaves_…` hangs up there; `cancels` before the answer, if it can; `silent` sends packets without a
sound, `mute` no packets at all; `lossy` loses some and changes its source; `holds` puts the hotline on hold for a while;
`vanishes` in the talk without a word (no packets, no BYE)."""
CALLERS: Final[Mapping[CallerKind, int]] = {
    "talks": 40, "leaves_talk": 12, "leaves_queue": 9, "leaves_anywhere": 9, "leaves_notice": 4, "leaves_menu": 4, "cancels": 3,
    "silent": 3, "mute": 2, "lossy": 5, "holds": 3, "vanishes": 2,
}  # fmt: skip

MENU: Final[Mapping[str, int]] = {"0": 50, "1": 10, "2": 10, "3": 8, "": 6, "7": 5, "*": 3, "99": 2, "77": 2, "5#": 2}
"""Keys at the menu: right ones, wrong ones, none. The flow leads every one of them to a human."""
DTMF: Final[Mapping[DtmfMethod, int]] = {"rfc4733": 66, "info_relay": 10, "info_plain": 8, "inband": 16}

Rating = Literal["rates", "wrong_first", "silent", "leaves"]
RATINGS: Final[Mapping[Rating, int]] = {"rates": 60, "wrong_first": 12, "silent": 14, "leaves": 14}

Mood = Literal["accept", "race", "decline", "ignore", "refuse", "busy", "ring_out", "drop", "accept_vanish", "vanish"]
"""At an offer. `race`: all who are free accept it in the same instant; `refuse`, `busy`, `ring_out`: accept, and the own phone
does that; `drop`: accept, pick up and hang up; `vanish`: feed and phone are gone for a while, before or after accepting."""
MOODS: Final[Mapping[Mood, int]] = {
    "accept": 66, "race": 14, "decline": 5, "ignore": 5, "refuse": 2, "busy": 2, "ring_out": 1, "drop": 2, "accept_vanish": 1,
    "vanish": 2,
}  # fmt: skip

Deed = Literal[
    "talk", "hold", "auto", "attended", "three_way", "blind", "colleague", "colleague_attended", "queue", "hotline", "help",
    "hangs_up_phone", "phone_dies", "feed_dies",
]  # fmt: skip
"""What an agent does with a caller: besides talking."""
DEEDS: Final[Mapping[Deed, int]] = {
    "talk": 34, "hold": 9, "auto": 12, "attended": 9, "three_way": 6, "blind": 6, "colleague": 4, "colleague_attended": 4,
    "queue": 3, "hotline": 3, "help": 3, "hangs_up_phone": 4, "phone_dies": 1, "feed_dies": 3,
}  # fmt: skip

Then = Literal["complete", "cancel", "toggle", "conference", "drop", "wait"]
"""What an agent does when the third person is there."""
THENS: Final[Mapping[Then, int]] = {"complete": 34, "cancel": 16, "toggle": 14, "conference": 14, "drop": 12, "wait": 10}

EXPERTS: Final[Mapping[Character, int]] = {"accepts": 52, "refuses": 14, "busy": 10, "no_answer": 12, "voicemail": 12}

CalledBack = Literal["answers", "no_answer", "busy", "declines", "hangs_up"]
CALLED_BACK: Final[Mapping[CalledBack, int]] = {"answers": 72, "no_answer": 8, "busy": 8, "declines": 6, "hangs_up": 6}


@dataclass(frozen=True, slots=True)
class Visit:
    """One call of one caller. `leaves_after` counts from where the kind says (answer, key, talk)."""

    kind: CallerKind
    key: str
    dtmf: DtmfMethod
    codecs: tuple[str, ...]
    leaves_after: float
    rating: Rating
    score: str
    wants_callback: bool
    rests: float
    """Seconds until the next call."""


@dataclass(frozen=True, slots=True)
class Service:
    """What one agent does with one caller."""

    deed: Deed
    talks: float
    holds: float
    then: Then
    disposition: str
    submits: bool
    """False: the form stays a draft, and the wrap-up runs out."""


def dice(seed: int, *who: object) -> random.Random:
    """Dice of one person (or one thing) in the storm of that seed."""
    return random.Random("/".join(map(str, (seed, *who))))


def pick(dice: random.Random, table: Mapping[T, int]) -> T:
    """One key of a table, by its weight."""
    return dice.choices(list(table), weights=list(table.values()))[0]


def visit(dice: random.Random) -> Visit:
    """The next call of a caller."""
    kind = pick(dice, CALLERS)
    long = {"leaves_notice": (0.1, 4.0), "leaves_menu": (0.0, 6.0), "leaves_queue": (0.5, 20.0), "leaves_anywhere": (0.5, 60.0)}
    low, high = long.get(kind, (0.2, 8.0))
    return Visit(
        kind=kind,
        key=pick(dice, MENU),
        dtmf=pick(dice, DTMF),
        codecs=("pcmu", "pcma") if dice.random() < 0.15 else ("pcma", "pcmu"),
        leaves_after=dice.uniform(low, high) if kind != "cancels" else dice.choice((0.0, 0.005, 0.02, 0.1)),
        rating=pick(dice, RATINGS),
        score=dice.choice("12345"),
        wants_callback=dice.random() < 0.25,
        rests=dice.uniform(0.5, 8.0),
    )


def service(dice: random.Random) -> Service:
    """What an agent does with the next caller. A call in four becomes a ticket."""
    return Service(
        deed=pick(dice, DEEDS),
        talks=dice.uniform(1.5, 8.0),
        holds=dice.uniform(1.5, 5.0),
        then=pick(dice, THENS),
        disposition=dice.choice(("D01", "D01", "D01", "D04")),
        submits=dice.random() < 0.85,
    )
