"""Accounts for conversations that died: closes their record from the journal, and ends the legs they left behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from hotline import logs
from hotline.bus import client as bus
from hotline.bus import keys
from hotline.conversation.arrival import SOURCE
from hotline.core.conversations.recovery import closing_facts
from hotline.core.facts import Fact
from hotline.core.journal import SUFFIX, decode, encode_fact, joint

log = logs.get("recovery")

EndLeg = Callable[[dict[str, Any]], bool]
"""Ends one leg by the dialog record of its journal (`leg, sip_call_id, state`); False: ask again."""

TRY_SECONDS = 35.0
"""How long a leg is tried again: longer than an unanswered 200 OK is repeated (64 × T1 = 32 s, RFC 3261 13.3.1.4)."""


@dataclass(slots=True)
class LeftLegs:
    """Legs that dead workers left behind, tried until they are ended: nobody is left listening to nothing."""

    end_leg: EndLeg
    _left: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def add(self, leg: dict[str, Any]) -> None:
        """End a leg, now or with one of the next :meth:`again`."""
        if not self._ended(leg):
            self._left.append((time.monotonic() + TRY_SECONDS, leg))

    def again(self) -> None:
        """Try what is left once more; what could not be ended within `TRY_SECONDS` is given up, with a line in the log."""
        now, left, self._left = time.monotonic(), self._left, []
        for until, leg in left:
            if self._ended(leg):
                continue
            if now < until:
                self._left.append((until, leg))
            else:
                log.error("leg_given_up", leg=leg["leg"].partition(":")[0])

    def _ended(self, leg: dict[str, Any]) -> bool:
        try:
            return self.end_leg(leg)
        except Exception as error:
            log.warning("leg_not_ended", leg=leg["leg"].partition(":")[0], reason=type(error).__name__)
            return False


@dataclass(frozen=True, slots=True)
class Closed:
    """What was done for one dead call."""

    call_id: str
    facts: int
    legs: int


def recover(path: Path, *, client: redis.Redis, legs: LeftLegs, died_at: float | None = None) -> Closed | None:
    """Close the call of one journal as `system_failure`; None when it needs nothing. Safe to run twice.

    The facts carry the next epoch, so that a late fact of the dead process can never come after them.
    """
    data = path.read_bytes()
    decoded = decode(data)
    facts = [Fact.from_json(_dump(record["fact"])) for record in decoded.records if "fact" in record]
    closing = closing_facts(facts, died_at or time.time())
    if not closing:
        return None
    call_id, epoch = facts[0].call_id, max(fact.epoch for fact in facts) + 1
    now = max(died_at or time.time(), facts[-1].at)
    made = [
        Fact(name=name, call_id=call_id, at=now, seq=index + 1, source=SOURCE, epoch=epoch, data=item)
        for index, (name, item) in enumerate(closing)
    ]
    fd = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, joint(data[-1:]) + b"".join(encode_fact(fact) for fact in made))
        os.fsync(fd)
    finally:
        os.close(fd)
    known = {record["leg"]["leg"]: record["leg"] for record in decoded.records if "leg" in record}
    open_legs = [leg for leg in known.values() if leg["state"] != "over"]
    for leg in open_legs:
        legs.add(leg)
    try:
        for fact in made:
            bus.publish(client, fact)
        client.hdel(keys.LIVE, call_id)
    except redis.RedisError:
        pass  # the archiver reads the journal
    log.warning("call_recovered", call_id=call_id, facts=len(made), legs=len(open_legs))
    return Closed(call_id, len(made), len(open_legs))


def owner(path: Path) -> int:
    """The process that writes a journal, by its first fact; 0 when that cannot be told."""
    decoded = decode(path.read_bytes())
    for record in decoded.records:
        if "fact" in record and record["fact"]["name"] == "call_arrived":
            pid = str(record["fact"]["data"].get("worker", "")).partition("-")[0]
            return int(pid) if pid.isdigit() else 0
    return 0


def alive(pid: int) -> bool:
    """Whether `pid` is a hotline process that still runs (not a zombie, not somebody else's by now)."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("utf-8")
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"hotline" in command and status.rpartition(")")[2].split()[0] != "Z"


def open_journals(directory: Path) -> list[Path]:
    """Journals that are not archived yet."""
    return sorted(directory.glob(f"*{SUFFIX}"))


def _dump(raw: Any) -> str:
    return json.dumps(raw)
