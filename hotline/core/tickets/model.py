"""What the rules of a ticket look at, and what comes out: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

MUST_REPORT: Final = "R04"
"""Risk flag: a minor harmed or at risk. Must be reported at once (Law on the Protection of Minors, art. 11)."""
MERGE_SECONDS: Final = 30 * 86_400.0
"""Same number and same matter within 30 days are one ticket (rules F.49)."""

Role = Literal["centre", "agent", "supervisor", "admin", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `centre_id` and `director` are of a centre's own people only. `admin` administers and handles nothing."""

    id: str
    role: Role
    centre_id: str = ""
    director: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Figures that a bureau may change (settings `[tickets]`). `extensions`: how often one ticket's limit may be extended
    (rules F.47). `objections`: how often its dispatch may be objected to before somebody decides for good (F.44).
    `handover_days`: working days in which an offered hand-over is to be accepted."""

    extensions: int = 1
    objections: int = 2
    handover_days: int = 1
    tries: int = 3
    """Calls of a follow-up before it may be given up (rules A.7)."""
    spacing_seconds: float = 7200.0
    """Between two of them."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as the rules see it. Times are Unix seconds."""

    number: str
    state: str
    centre_id: str
    created_at: float
    service_type: str = ""
    category: str = ""
    caller_hash: str = ""
    risk_flags: frozenset[str] = frozenset()
    agent_id: str = ""
    handler_id: str = ""
    resume_to: str = ""
    objections: int = 0
    final: bool = False
    papers_asked: bool = False
    extensions: int = 0
    extension_asked: int = 0
    """Units of the handling limit that were asked for and not yet decided on; 0: none."""
    extension_asked_by: str = ""
    supervised: bool = False
    keeper_id: str = ""
    """Account of whoever answers for it now."""
    offered_by: str = ""
    """Who offers it to somebody else; empty: nobody does."""
    offered_to: str = ""
    offered_centre: str = ""
    offered_until: float | None = None
    merged_into: str = ""
    reported: bool = False
    """The mandatory report of a minor at risk has been made, with proof."""
    complaint: str = ""
    """How far a complaint has come: `opened`, `reported`, `opined`, `decided`; empty: no complaint."""
    secret: str = ""
    """Why it is confidential; empty: it is not."""


@dataclass(frozen=True, slots=True)
class Accused:
    """Whom a complaint is about. `kind`: `account`, `agent`, `expert` or `centre`; `ids`: every id under which they might ask
    (account and seat); `centre_id`: the unit that must not see it either, `` for none."""

    kind: str
    id: str
    ids: frozenset[str] = frozenset()
    centre_id: str = ""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The follow-up call that is owed: how often it was tried, when last, and what came of that."""

    tries: int = 0
    tried_at: float = 0.0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Avoidance:
    """Whose avoidance was asked for and is not decided yet (``: nobody's), by whom; and who must keep out for good."""

    person: str = ""
    asked_by: str = ""
    out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person a ticket may be handed to; `centre_id` is empty for the desk's people."""

    id: str
    centre_id: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What else must be known. `sign_due`: until when it must be signed or objected to; `handle_due`: when it must be done;
    `extendable`: by how many units of its limit that may be put off; `into`: the ticket it is to be merged into; `person`:
    who it is offered to, `handover_until`: until when an offer made now holds; `centres`: where it may be
    sent; `codes`: list → valid codes. `handlers`: whoever had a hand in it; `owed`: kinds of tasks that are
    open; `complaint_by`: who has had a say in the complaint; `accused_centre`: the unit it is about; `accused`: the one that
    is named now; `ways`: how its person may be told things safely, empty: any way."""

    sign_due: float | None = None
    handle_due: float | None = None
    extendable: int = 0
    into: Ticket | None = None
    person: Recipient | None = None
    handover_until: float | None = None
    centres: frozenset[str] = frozenset()
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    handlers: frozenset[str] = frozenset()
    owed: frozenset[str] = frozenset()
    follow_up: FollowUp = FollowUp()
    complaint_by: frozenset[str] = frozenset()
    accused_centre: str = ""
    accused: Accused | None = None
    avoidance: Avoidance = Avoidance()
    ways: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What an act does. `sets`: fields of :class:`Ticket` (and `result`, `merged_into`, `materials`, `route`) with their new
    values; `data`: what its event keeps besides who, when and why."""

    act: str
    state: str
    why: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
