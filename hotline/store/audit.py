"""The audit chain: append, verify, anchor (invariants I28, I29).

Every event carries the SHA-256 of itself and of the one before. An edited, removed or reordered row breaks the chain
at a row that :func:`verify` names. Cutting the end off leaves a shorter chain that is still whole: against that the
head is written from time to time where the database cannot reach it (:func:`anchor_line`), and checked against.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.store.models import AuditEvent, AuditHead

GENESIS: Final = "0" * 64
"""`prev_hash` of the first event."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of the chain at some moment, kept outside the database."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bad_seq` is the first row that is wrong (0 when the chain is whole), `problem` says how: `missing`, `edited`,
    `relinked`, `head`, `anchor`."""

    count: int
    bad_seq: int = 0
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def append(
    session: Session,
    *,
    at: float,
    actor: str,
    action: str,
    object: str,
    purpose: str = "",
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one event in the caller's transaction; append last, for the chain stays locked until the commit.

    `actor` is an account id or `system`; `action` a dotted verb (`recording.played`); `object` what it was done to
    (`recordings/rec_…`). `purpose` and `data` must hold no personal data. Flushes, so that a failure shows here.
    """
    head = session.execute(select(AuditHead).where(AuditHead.id == 1).with_for_update()).scalar_one()
    session.refresh(head)  # another transaction may have moved it while we waited for the lock
    event = AuditEvent(
        seq=head.seq + 1,
        at=at,
        actor=actor,
        action=action,
        object=object,
        purpose=purpose,
        data=dict(data or {}),
        prev_hash=head.hash,
        hash="",
    )
    event.hash = digest(event)
    session.add(event)
    head.seq, head.hash = event.seq, event.hash
    session.flush()
    return event


def digest(event: AuditEvent) -> str:
    """SHA-256 over everything in the row but the hash itself."""
    body = json.dumps(
        [event.seq, event.at, event.actor, event.action, event.object, event.purpose, event.data, event.prev_hash],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


def head(session: Session) -> Anchor:
    """Where the chain ends now."""
    row = session.execute(select(AuditHead).where(AuditHead.id == 1)).scalar_one()
    return Anchor(row.seq, row.hash)


def verify(session: Session, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the whole chain and name the first row that is wrong. `anchors`: heads noted outside earlier; each must
    stand in the chain as it was."""
    wanted: dict[int, set[str]] = {}
    for anchor in anchors:
        if anchor.seq > 0:
            wanted.setdefault(anchor.seq, set()).add(anchor.hash)
    previous, seq = GENESIS, 0
    rows = session.execute(select(AuditEvent).order_by(AuditEvent.seq).execution_options(yield_per=1000)).scalars()
    for event in rows:
        seq += 1
        if event.seq != seq:
            return Verdict(seq - 1, seq, "missing")
        if event.prev_hash != previous:
            return Verdict(seq - 1, seq, "relinked")
        if event.hash != digest(event):
            return Verdict(seq - 1, seq, "edited")
        if wanted.pop(seq, {event.hash}) != {event.hash}:
            return Verdict(seq - 1, seq, "anchor")
        previous = event.hash
    end = head(session)
    if (end.seq, end.hash) != (seq, previous):
        return Verdict(seq, min(seq, end.seq) + 1, "head")
    if wanted:
        return Verdict(seq, seq + 1, "anchor")
    return Verdict(seq)


def anchor_file(home: Path) -> Path:
    """Where the heads are noted as they come; to be copied away from this machine now and then."""
    return home / "audit_anchors.txt"


def anchors_in(*files: Path) -> list[Anchor]:
    """The heads noted in these files; one that is not there has none. Raises OSError, UnicodeDecodeError."""
    return [anchor for file in files if file.exists() for anchor in read_anchors(file.read_text("utf-8"))]


def anchor_line(anchor: Anchor, at: float) -> str:
    """One line for a file, a printer or a letter."""
    return f"{anchor.seq} {anchor.hash} {at:.0f}"


def read_anchors(text: str) -> list[Anchor]:
    """Inverse of :func:`anchor_line` for a file of them; lines that are none are skipped."""
    found = []
    for line in text.splitlines():
        parts = line.split()
        if len(parts) >= 2 and parts[0].isdigit() and len(parts[1]) == 64:
            found.append(Anchor(int(parts[0]), parts[1]))
    return found
