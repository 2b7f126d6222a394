"""Everyone routing may call, as the database has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hotline.core.conflicts import Book
from hotline.core.experts import Expert
from hotline.core.external_hotlines import ExternalHotline


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent as the database has them. `uri` is what a conversation dials."""

    id: str
    name: str
    extension: str
    uri: str
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    wish: str = "offline"
    """Desired state, for when nothing else is known."""
    number_enc: str = ""
    """Their plain telephone, sealed; empty: they have a console only."""
    trunk: str = ""
    region: str = ""
    """Name of the region they serve first; empty: all."""
    levels: Mapping[str, int] = field(default_factory=dict)
    """Skill → level, 1 the best; for strategy `ranked`."""


@dataclass(frozen=True, slots=True)
class People:
    """Everyone routing may call. `skill_of` is matter category → skill group, `region_names` code → name,
    `answered_today` expert → calls accepted since local midnight, as the database has it; `served_today` agent → callers
    talked with."""

    seats: Mapping[str, Seat] = field(default_factory=dict)
    experts: Mapping[str, Expert] = field(default_factory=dict)
    skill_of: Mapping[str, str] = field(default_factory=dict)
    region_names: Mapping[str, str] = field(default_factory=dict)
    answered_today: Mapping[str, int] = field(default_factory=dict)
    hotlines: Mapping[str, ExternalHotline] = field(default_factory=dict)
    """Other hotlines that may be dialled."""
    served_today: Mapping[str, int] = field(default_factory=dict)
    book: Book = field(default_factory=lambda: Book(complete=False))
    """Whom experts have advised; see :mod:`hotline.core.conflicts`."""
