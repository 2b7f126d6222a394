"""Which record belongs to which call that was seen; and the verdict on each."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from hotline.simulate import demo_people
from hotline.simulate.ear import Ear
from hotline.simulate.play import unfinished
from hotline.simulate.storm import cast
from hotline.simulate.storm.scene import Scene, Seen
from hotline.simulate.storm.verdict import Evidence, Judged, judge
from hotline.store.catalogue import rows

SETTLE_SECONDS: Final = 120.0
"""How long folding, sealing and the jobs may take after the storm."""
EARLY_SECONDS: Final = 3.0
"""A call the hotline has just given up may be answered in that moment."""
VISIT_SECONDS: Final = 2.0
"""An expert's telephone rings so soon after being dialled."""
PAGE: Final = 100


async def read_records(scene: Scene, since: float) -> list[dict[str, Any]]:
    """Every call since then, in full, once everything after it is done (or `SETTLE_SECONDS` are over)."""
    deadline = time.monotonic() + SETTLE_SECONDS
    found: dict[str, dict[str, Any]] = {}
    while True:
        for call_id in await _ids(scene, since):
            if call_id not in found or unfinished(found[call_id]):
                found[call_id] = await scene.records.get(f"/api/calls/{call_id}")
        if all(not unfinished(record) for record in found.values()) or time.monotonic() > deadline:
            return list(found.values())
        await asyncio.sleep(2.0)


async def _ids(scene: Scene, since: float) -> list[str]:
    found: list[str] = []
    before = ""
    while True:
        page = await scene.records.get("/api/calls", limit=PAGE, before=before)
        rows = [row for row in page["items"] if float(row["arrived_at"]) >= since - EARLY_SECONDS]
        found += [str(row["call_id"]) for row in rows]
        before = str(page.get("next") or "")
        if not before or len(rows) < len(page["items"]):
            return found


def judge_all(scene: Scene, records: list[dict[str, Any]]) -> list[Judged]:
    """One verdict a call; what has no record, and records that nobody made, are troubles of the whole."""
    left = {str(record["call_id"]): record for record in records}
    judged: list[Judged] = []
    voices = _voices(scene)
    for seen in sorted(scene.seen, key=lambda one: one.began):
        record = _record_of(seen, left)
        if record is None:
            if not _needs_none(scene, seen):
                scene.trouble(f"{seen.who} ({seen.plan.kind if seen.plan else 'called back'}, {seen.status}): no record")
            continue
        seen.call_id = str(record["call_id"])
        left.pop(seen.call_id)
        if seen.status == 200:
            judged.append(judge(_evidence(scene, seen, record, voices), record))
        else:
            judged.append(_refused(scene, seen, record))
    for record in left.values():
        if record["direction"] == "outbound":
            if record["outcome"] != "attempt" and not scene.cut(record["call_id"]):
                scene.trouble(f"{record['call_id']}: nobody was called back, but it became {record['outcome']!r}")
        else:
            scene.trouble(f"{record['call_id']} is on record, but nobody called: {record['cause']}")
    _offers_once(scene)
    return judged


def _record_of(seen: Seen, left: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """By the SIP Call-ID; of a call that the hotline made, by number and time. Where two workers answered one INVITE (which
    is a trouble of its own), the one that this caller talked with."""
    wire = seen.call.leg.call_id

    def fits(record: dict[str, Any]) -> bool:
        if not seen.back:
            return _sip_call_id(record) == wire
        if record["caller_masked"] != seen.masked or record["direction"] != "outbound":
            return False
        arrived, ended = float(record["arrived_at"]), float(record["ended_at"] or 1e12)
        return arrived <= seen.began <= ended + EARLY_SECONDS  # it began with the agent's phone

    found = [record for record in left.values() if fits(record)]
    at = seen.answered_at or seen.began
    return min(found, key=lambda record: abs(float(record["answered_at"] or record["arrived_at"]) - at), default=None)


def _sip_call_id(record: dict[str, Any]) -> str:
    arrived = next((fact for fact in record.get("timeline") or [] if fact["name"] == "call_arrived"), None)
    return str(arrived["data"].get("sip_call_id") or "") if arrived is not None else ""


def _needs_none(scene: Scene, seen: Seen) -> bool:
    """A call that was given up before any worker had it leaves nothing, and so do refusals while Redis was emptied."""
    cancelled = seen.plan is not None and seen.plan.kind == "cancels" and seen.status in (0, 408, 487)
    return cancelled or (seen.status != 200 and scene.disturbed(seen.began))


def _refused(scene: Scene, seen: Seen, record: dict[str, Any]) -> Judged:
    found = Judged(seen.call_id, seen.plan.kind if seen.plan else "called_back")
    cancelled = seen.plan is not None and seen.plan.kind == "cancels"
    if cancelled and record["cause"] == "cancelled":
        return found
    if not (record["cause"] in ("rejected", "cancelled") and scene.disturbed(seen.began)):
        found.reasons.append(f"the INVITE was answered with {seen.status}, cause {record['cause']!r}")
    return found


def _evidence(scene: Scene, seen: Seen, record: dict[str, Any], voices: dict[str, int]) -> Evidence:
    served = [one for one in scene.served if one.call_id == seen.call_id]
    ears: dict[str, list[Ear]] = {}
    for one in served:
        if one.ring is not None:
            ears.setdefault(one.agent_id, []).append(one.ring.call.ear)
    numbers = {ident: number for ident, number, _ in demo_people.experts()}
    for row in record.get("tries") or []:
        expert = scene.carrier.experts.get(numbers.get(str(row["expert_id"]), ""))
        if isinstance(expert, cast.MoodyExpert):
            at = float(row["dialled_at"])
            visit = min(expert.kept, key=lambda one, at=at: abs(one.at - at), default=None)  # type: ignore[misc]
            # A telephone that was busy was not visited: what came soon after is another caller's.
            if visit is not None and row["outcome"] != "busy" and abs(visit.at - at) < VISIT_SECONDS:
                ears.setdefault(str(row["expert_id"]), []).append(visit.call.ear)
    limit = scene.settings.limits.rtp_silence_seconds
    excused = [(one.dead_at - 0.5, one.dead_at + limit + 10.0) for one in served if one.dead_at]
    excused += [(one.accepted_at, one.accepted_at + limit + 10.0) for one in served if one.mood == "accept_vanish"]
    return Evidence(seen, served, ears, voices, scene.cut(seen.call_id), excused, scene.lag)


def _voices(scene: Scene) -> dict[str, int]:
    found = {agent.agent_id: agent.voice for agent in scene.agents}
    for ident, number, _ in demo_people.experts():
        found[ident] = scene.carrier.experts[number].voice
    for index, line in enumerate(rows("external_hotlines.csv")):
        found[line.get("id") or f"hl_{line['number']}"] = index % cast.HOTLINE_VOICES
    return found


def _offers_once(scene: Scene) -> None:
    """No offer may have been given to two agents."""
    taken: dict[str, list[str]] = {}
    for one in scene.served:
        taken.setdefault(one.offer_id, []).append(one.agent_id)
    for offer_id, agents in taken.items():
        if len(agents) > 1:
            scene.trouble(f"offer {offer_id} was accepted by {agents}")
