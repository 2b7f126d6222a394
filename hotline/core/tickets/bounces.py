"""Which pairs of centres send what back and forth: data for a picture. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection: `centre_id` sent it back, `sent_by` had sent it there (`` : the rules), `upheld`: it stayed where it was
    decided to be wrong to send it back; None while undecided."""

    centre_id: str
    sent_by: str
    service_type: str
    reason: str
    upheld: bool | None = None


@dataclass(frozen=True, slots=True)
class Bounce:
    """A line of the picture: how often `centre_id` returned tickets of this service that came from `sent_by`, for
    which reason most often, and how many of those had to be taken in the end."""

    centre_id: str
    sent_by: str
    service_type: str
    count: int
    top_reason: str
    kept: int


def picture(objections: Iterable[Objection]) -> list[Bounce]:
    """Pairs and services by how often they bounce, the worst first."""
    groups: dict[tuple[str, str, str], list[Objection]] = {}
    for item in objections:
        groups.setdefault((item.centre_id, item.sent_by, item.service_type), []).append(item)
    found = [
        Bounce(
            *key,
            count=len(items),
            top_reason=min(Counter(item.reason for item in items).items(), key=lambda pair: (-pair[1], pair[0]))[0],
            kept=sum(item.upheld is False for item in items),
        )
        for key, items in groups.items()
    ]
    return sorted(found, key=lambda bounce: (-bounce.count, bounce.centre_id, bounce.sent_by, bounce.service_type))
