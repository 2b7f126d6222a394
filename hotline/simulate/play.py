"""Plays one scenario: moves caller, agent and expert, listens at each end, and collects what was not as it should be."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from hotline.simulate import called_back, transfer_play
from hotline.simulate.outcome import HEAR_SECONDS, CallResult, Unexpected
from hotline.simulate.people.agent import NotInTime, SimAgent
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.console import ApiError
from hotline.simulate.people.desk import tolerate
from hotline.simulate.people.phone import Ring
from hotline.simulate.scenarios import Scenario
from hotline.simulate.sip_agent import SipTimeout
from hotline.simulate.stage import CATEGORY, Stage
from hotline.simulate.verdict import Played, judge

ANSWER_SECONDS = 10.0
REDIALS = 2
"""A caller who is told 503 with Retry-After dials again so often; the summary counts it, and 503 without it is unexpected."""
MOST_RETRY_AFTER = 15.0
RING_SECONDS = 5.0
RECORD_SECONDS = 60.0
"""How long folding, sealing and the after-call job may take."""


class Play:
    """One call. `await Play(stage, scenario, index).run()`."""

    def __init__(self, stage: Stage, scenario: Scenario, index: int) -> None:
        self.stage = stage
        self.scenario = scenario
        number = stage.numbers.next()
        self.caller: SimCaller = stage.carrier.caller(number, voice=stage.next_voice(), dtmf=scenario.dtmf)
        self.result = CallResult(index, scenario.name, self.caller.masked)
        self.played = Played()
        self.agent: SimAgent | None = None
        self.ring: Ring | None = None
        self.written_up = False
        self.began = time.time()
        self.form = self._form()
        score = stage.dice.choice("12345")
        self.keys = score if scenario.rating == "any" else scenario.rating

    def _form(self) -> dict[str, Any]:
        return {
            "caller_name": "模拟来电人",
            "matter_region": self.stage.dice.choice(self.stage.regions),
            "category": CATEGORY,
            "service_type": self.scenario.service_type,
            "caller_groups": ["G99"],
            "risk_flags": [],
            "facts": f"模拟来电：{self.scenario.zh}",
            "request": "请求调解" if self.scenario.outcome == "ticket" else "",
            "advice": "已告知办理途径",
            "legal_aid": "told",
            "disposition": self.scenario.disposition,
            **({"handover_result": "resolved"} if self.scenario.disposition == "D06" else {}),
        }

    # ── the whole ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> CallResult:
        """Play it to the end, tidy up, compare with the record."""
        try:
            await self._play()
        except (Unexpected, NotInTime, ApiError, SipTimeout, OSError) as exc:
            self.result.reasons.append(str(exc) or type(exc).__name__)
        finally:
            await self._tidy()
        if hasattr(self.caller, "call"):
            await self._compare()
        return self.result

    async def _play(self) -> None:
        await self._dial()
        await self._menu()
        if self.scenario.leaves == "menu":
            await self._leave()
        elif self.scenario.leaves == "queue":
            await self._leave_queue()
        else:
            await self._talk()
        if self.scenario.then == "call_back":
            await called_back.call_back(self)
        elif self.scenario.then == "rating_call":
            await called_back.rating_call(self)

    async def _tidy(self) -> None:
        """Whatever happened: no call left up, no agent left in it."""
        self.stage.reserved_experts.discard(self.played.wished_expert)
        if hasattr(self.caller, "call"):
            self.caller.hang_up()
            await self.caller.ended(5.0)
        agent = self.agent
        if agent is None:
            return
        if not self.written_up:
            if self.ring is not None and self.ring.call.leg.end is None:
                await tolerate(agent.hang_up(self.result.call_id))
                if not await self.ring.call.ended(3.0):
                    self.ring.call.hang_up()
            if self.result.call_id:
                await tolerate(agent.submit_form(self.result.call_id, self.form))
            if problem := await tolerate(agent.free()):
                self.result.reasons.append(f"the agent did not come free: {problem}")
        self.stage.desk.give_back(agent)

    # ── arriving ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _dial(self) -> None:
        for _ in range(REDIALS + 1):
            status = await self.stage.carrier.dial(self.caller, timeout=ANSWER_SECONDS)
            if not (wait := self._told_to_wait(status)) or self.result.redialled == REDIALS:
                break
            self.result.redialled += 1
            await asyncio.sleep(wait)
        if status != 200:
            raise Unexpected(
                f"INVITE was answered with {status}" if status else f"INVITE was not answered within {ANSWER_SECONDS:g} s"
            )
        self.result.timings["answer"] = self.caller.answered_after
        if not await self.caller.hears_prompt(5.0, 0.5):
            raise Unexpected("nothing was heard within 5 s of the answer")

    def _told_to_wait(self, status: int) -> float:
        """Seconds of a 503's Retry-After (every worker is taken for the moment), 0 for any other answer."""
        response = self.caller.call.leg.response
        told = response.get("Retry-After") if status == 503 and response is not None else ""
        seconds = told.partition(";")[0].partition("(")[0].strip()
        return min(float(seconds), MOST_RETRY_AFTER) if seconds.isdigit() else 0.0

    async def _menu(self) -> None:
        if not self.scenario.menu_key:
            return
        # "0" may be typed ahead; a choice is made when the menu is being read out, as people do.
        ahead = self.scenario.menu_key == "0" and self.scenario.dtmf == "rfc4733"
        if not await self.caller.after_answer(1.0 if ahead else self.stage.menu_seconds + 1.5):
            raise Unexpected(f"the hotline hung up in the menu: {self.caller.call.leg.end}")
        await self.caller.press(self.scenario.menu_key)

    async def _leave(self) -> None:
        if not await self.caller.after_answer(3.0):
            raise Unexpected(f"the hotline hung up before the caller did: {self.caller.call.leg.end}")
        self.caller.hang_up()

    async def _leave_queue(self) -> None:
        """Hang up while the offer is on the consoles and nobody takes it; with no agent free there may be no offer."""
        with suppress(NotInTime):
            offer = await self.stage.desk.offer(self.caller.masked, self.stage.menu_seconds + 30.0)
            self.result.call_id = offer["call_id"]
        if not await self.caller.hears_prompt(HEAR_SECONDS, 1.0):
            raise Unexpected("no music or prompt was heard in the queue")
        self.caller.hang_up()

    # ── talking ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _talk(self) -> None:
        agent = await self._accept()
        ring = await self._connect(agent)
        await agent.save_form(self.result.call_id, {**self.form, "advice": ""})
        await self._pause(self.stage.talk_seconds)
        if self.scenario.hold:
            await self._hold(agent, ring)
        if self.scenario.leaves == "talk":
            await self._leave_talk(agent, ring)
            return
        await agent.save_form(self.result.call_id, self.form)
        connected = False
        if self.scenario.hotline:
            await transfer_play.other_hotline(self, agent, ring)
        if self.scenario.transfer:
            connected = await transfer_play.transfer(self, agent, ring, self.scenario.transfer)
        if connected:
            writing = asyncio.ensure_future(agent.write_up(self.result.call_id, self.form))
            try:
                await transfer_play.talk_with_expert(self)
            finally:
                await asyncio.wait([writing])
            writing.result()
            self.written_up = True
            await self._rate()
        else:
            await agent.hang_up(self.result.call_id)
            self.played.ended_by = "agent"
            rating = asyncio.ensure_future(self._rate())
            try:
                await agent.write_up(self.result.call_id, self.form)
                self.written_up = True
            finally:
                await asyncio.wait([rating])
            rating.result()

    async def _accept(self) -> SimAgent:
        desk, masked, patience = self.stage.desk, self.caller.masked, self.stage.patience
        refused_by: SimAgent | None = None
        queued = time.time()
        for _ in range(4):
            agent = await desk.reserve(masked, masked, patience, refused_by)
            offer = agent.offer_of(masked) or {}
            self.result.timings.setdefault("offer", time.time() - queued)
            try:
                if self.scenario.decline_first and refused_by is None:
                    await agent.decline(offer["offer_id"])
                    refused_by = agent
                    desk.give_back(agent)
                    continue
                self.began = time.time()
                self.result.call_id = await agent.accept(offer["offer_id"])
            except ApiError as exc:
                desk.give_back(agent)
                if exc.code != "offer.gone":
                    raise
                continue  # it ran out in this very moment: the next offer comes
            self.agent = agent
            self.played.agent_id = agent.agent_id
            self.played.declined_by = refused_by.agent_id if refused_by else ""
            return agent
        raise Unexpected("four offers of this caller were gone before they could be accepted")

    async def _connect(self, agent: SimAgent) -> Ring:
        ring = await agent.phone.rings(RING_SECONDS)
        if ring is None:
            raise Unexpected(f"the phone of {agent.name} did not ring within {RING_SECONDS:g} s of accepting")
        self.ring = ring
        self.result.timings["ring"] = ring.at - self.began
        await self.hear_each_other(agent.name, ring, agent.voice)
        self.played.voices.append(agent.voice)
        return ring

    async def hear_each_other(self, who: str, other: Any, voice: int) -> None:
        """Caller hears `voice`, and the other side (something with `.call`) hears the caller. Raises Unexpected."""
        heard = await asyncio.gather(self.caller.hears(voice, HEAR_SECONDS), other.call.hears(self.caller.voice, HEAR_SECONDS))
        if not heard[0]:
            raise Unexpected(f"the caller did not hear {who} within {HEAR_SECONDS:g} s")
        if not heard[1]:
            raise Unexpected(f"{who} did not hear the caller within {HEAR_SECONDS:g} s")

    async def _pause(self, seconds: float) -> None:
        """Talk for a while; the caller's leg must stay up meanwhile."""
        if await self.caller.ended(seconds):
            raise Unexpected(f"the caller's leg ended in the talk: {self.caller.call.leg.end}")

    async def _hold(self, agent: SimAgent, ring: Ring) -> None:
        await agent.hold(self.result.call_id)
        if not await self.caller.hears_prompt(HEAR_SECONDS, 0.5):
            raise Unexpected("no music was heard on hold")
        if not await ring.call.ear.until(lambda ear: self.caller.voice not in ear.recent(3), HEAR_SECONDS):
            raise Unexpected("the agent still hears the caller on hold")
        await self._pause(1.0)
        await agent.unhold(self.result.call_id)
        await self.hear_each_other(agent.name, ring, agent.voice)
        await self._pause(1.0)

    async def _leave_talk(self, agent: SimAgent, ring: Ring) -> None:
        self.caller.hang_up()
        self.played.ended_by = "caller"
        if not await ring.call.ended(3.0):
            raise Unexpected(f"the phone of {agent.name} was still up 3 s after the caller hung up")
        await agent.write_up(self.result.call_id, self.form)
        self.written_up = True

    # ── rating and record ─────────────────────────────────────────────────────────────────────────────────────────

    async def _rate(self) -> None:
        """Hear the prompt, press, be told good-bye."""
        if not await self.caller.hears_prompt(10.0, 1.5):
            raise Unexpected(f"no rating prompt was heard: {self.caller.call.leg.end or 'silence'}")
        for place, key in enumerate(self.keys):
            if place and await self.caller.ended(4.0):
                raise Unexpected("the hotline hung up after a wrong rating key")
            await self.caller.press(key)
        rules = self.stage.settings.rating
        limit = 20.0 + (0 if self.keys else (rules.repeats + 1) * (rules.seconds + 12.0))
        if not await self.caller.ended(limit):
            raise Unexpected(f"the hotline did not hang up within {limit:g} s of the rating")

    async def _compare(self) -> None:
        """Fetch the record once everything after the call is done, and judge."""
        result, played = self.result, self.played
        leg = self.caller.call.leg
        played.caller_voices = self.caller.ear.voices_heard()
        played.answered_at = leg.times.get("answered", 0.0)
        played.ended_at = leg.times.get("ended", 0.0)
        if not played.answered_at:
            return
        if not self.scenario.then:
            played.score = int(self.keys[-1]) if self.scenario.is_rated else 0
        try:
            record = await self._record()
        except (ApiError, NotInTime) as exc:
            result.reasons.append(f"no record: {exc}")
            return
        result.record = record
        result.call_id = str(record.get("call_id", result.call_id))
        result.transferred = bool(record.get("transferred"))
        result.rated = record.get("rating") is not None
        result.ticket = str(record.get("ticket_number") or "")
        result.recordings = len(record.get("recordings") or [])
        result.reasons += judge(self.scenario, played, record)

    async def _record(self) -> dict[str, Any]:
        """The call's record, once it is closed and finished. Raises NotInTime with what is still missing."""
        deadline = time.time() + RECORD_SECONDS
        missing = "the call is not on record"
        while time.time() < deadline:
            call_id = self.result.call_id or await self._find()
            if call_id:
                self.result.call_id = call_id
                try:
                    record = await self.stage.records.get(f"/api/calls/{call_id}")
                except ApiError as exc:
                    if exc.status != 404:
                        raise
                else:
                    missing = unfinished(record)
                    if not missing:
                        return record
            await asyncio.sleep(0.5)
        raise NotInTime(f"{missing}, {RECORD_SECONDS:g} s after the call")

    async def _find(self) -> str:
        """The call_id by the caller's number and the time of arrival."""
        page = await self.stage.records.get("/api/calls", q=self.caller.number, limit=5)
        for row in page.get("items", []):
            if float(row["arrived_at"]) >= self.caller.dialled_at - 2.0:
                return str(row["call_id"])
        return ""


def unfinished(record: dict[str, Any]) -> str:
    """What the record of an ended call still lacks; `` when it is complete."""
    if record.get("state") != "closed":
        return f"the record is still {record.get('state')} in phase {record.get('phase')}"
    if not record.get("outcome"):
        return "the after-call job has made nothing of it"
    unsealed = [one for one in record.get("recordings", []) if one.get("state") not in ("sealed", "failed")]
    if unsealed:
        return f"{len(unsealed)} recording(s) not sealed"
    return ""
