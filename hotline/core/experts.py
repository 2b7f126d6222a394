"""Which expert is called next when an agent hands a caller on.

Order: the expert the agent wished for; then those with the skill of the matter before those who take anything (skill
`GN`); then the nearer region; then in turn within the skill (whose last offer for it lies furthest back), then the longest
idle (rules A.5, C.31). Only people on duty, not suspended, without a red card, not busy, below their daily number of calls,
not in a conflict of interest, and not tried in this transfer are asked at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

FALLBACK_SKILL: Final = "GN"
"""Skill group "general": takes any matter."""


@dataclass(frozen=True, slots=True)
class Expert:
    """An expert as the database has them, with the shifts near now. `duty` are (from, to) in Unix seconds."""

    id: str
    name: str
    kind: str
    skills: tuple[str, ...]
    number_enc: str
    more_numbers: tuple[str, ...] = ()
    """Further numbers, sealed, in order: for when the one before is out of order."""
    firm: str = ""
    """Id of the firm."""
    region: str = ""
    """Code of the region they serve; empty means anywhere."""
    regions: tuple[str, ...] = ()
    """Further regions."""
    trunk: str = ""
    max_per_day: int = 0
    """Calls a day; 0 means no limit."""
    suspended: bool = False
    suspended_from: float | None = None
    suspended_to: float | None = None
    """Limits of the suspension in Unix seconds; None: none."""
    red_card: bool = False
    presence: str = "on_roster"
    """`away` and `available` by their own word go before the roster."""
    presence_until: float | None = None
    duty: tuple[tuple[float, float], ...] = ()

    def on_duty(self, now: float) -> bool:
        """Whether they can be called now: their own word first, then a shift that covers `now`."""
        if self.presence != "on_roster" and (self.presence_until is None or now < self.presence_until):
            return self.presence == "available"
        return any(start <= now < end for start, end in self.duty)

    def is_suspended(self, now: float) -> bool:
        """Whether a suspension is in force, or a red card stands."""
        started = self.suspended_from is None or self.suspended_from <= now
        return self.red_card or (self.suspended and started and (self.suspended_to is None or now < self.suspended_to))

    @property
    def all_regions(self) -> tuple[str, ...]:
        return (self.region, *self.regions)


@dataclass(frozen=True, slots=True)
class Use:
    """What routing remembers of an expert: when they were last called, and how often on `day` (days since 1970 in the
    bureau's time)."""

    id: str
    state: str = "free"
    """`free`, `reserved` (being tried) or `on_call`."""
    call_id: str = ""
    since: float = 0.0
    last_used: float = 0.0
    day: int = 0
    count: int = 0
    offered: Mapping[str, float] = field(default_factory=dict)
    """Skill → when they were last asked for it: whose turn it is."""

    def to_record(self) -> dict[str, Any]:
        """JSON-able, for `hotline:experts`."""
        return asdict(self)

    @classmethod
    def from_record(cls, raw: Mapping[str, Any]) -> Use:
        """Inverse of :meth:`to_record`. Raises KeyError without an `id`."""
        known = {item.name for item in fields(cls)}
        return cls(**{"id": raw["id"], **{key: value for key, value in raw.items() if key in known}})

    def today(self, now: float) -> int:
        """Calls counted today."""
        return self.count if self.day == local_day(now) else 0


def local_day(now: float) -> int:
    """Days since 1970 in China Standard Time (UTC+8, no summer time)."""
    return int((now + 8 * 3600) // 86_400)


def nearness(expert_region: str, matter_region: str) -> int:
    """How near an expert's region is to that of the matter: 4 the same, or the expert's region contains it; 3 the same
    county, 2 the same prefecture, 1 the same province (first 6, 4, 2 digits of the division code); 0 otherwise."""
    if not expert_region or not matter_region:
        return 0
    stem = expert_region
    while len(stem) > 2 and stem.endswith("00"):
        stem = stem[:-2]
    if matter_region.startswith(stem):
        return 4
    for digits, value in ((6, 3), (4, 2), (2, 1)):
        if expert_region[:digits] == matter_region[:digits]:
            return value
    return 0


def can_serve(expert: Expert, use: Use, now: float) -> bool:
    """On duty, free, not suspended, no red card, and below the daily number."""
    if expert.is_suspended(now) or use.state != "free" or not expert.on_duty(now):
        return False
    return not expert.max_per_day or use.today(now) < expert.max_per_day


def pick(
    experts: Iterable[Expert],
    uses: Mapping[str, Use],
    now: float,
    *,
    skill: str,
    region: str = "",
    wish: str = "",
    tried: Collection[str] = (),
    barred: Collection[str] = (),
) -> Expert | None:
    """The next expert to call, or None when nobody is left. `barred` are those in a conflict of interest."""
    best: tuple[tuple[bool, bool, int, float, float, str], Expert] | None = None
    for expert, use in candidates(experts, uses, now, skill=skill, wish=wish, tried=tried):
        if expert.id in barred:
            continue
        near = max(nearness(code, region) for code in expert.all_regions)
        turn = use.offered.get(skill, 0.0)
        order = (expert.id != wish, skill not in expert.skills, -near, turn, use.last_used, expert.id)
        if best is None or order < best[0]:
            best = (order, expert)
    return best[1] if best else None


def candidates(
    experts: Iterable[Expert],
    uses: Mapping[str, Use],
    now: float,
    *,
    skill: str,
    wish: str = "",
    tried: Collection[str] = (),
) -> Iterator[tuple[Expert, Use]]:
    """Everybody who could be called now, but for conflicts of interest."""
    for expert in experts:
        if expert.id in tried:
            continue
        use = uses.get(expert.id) or Use(expert.id)
        if not (expert.id == wish or skill in expert.skills or FALLBACK_SKILL in expert.skills):
            continue
        if can_serve(expert, use, now):
            yield expert, use
