"""The night path: a line that is closed, nobody at the desk, the duty roster's mobiles, a voice message.

Callers dial the demo's office line. When it is open just now, an administrator closes it for the day by hand while the run
lasts, as a person would do it. Calls take turns: in one the third of the duty staff accepts, in the next all are busy and the
caller leaves a message.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from hotline.core.calendars import ZONE
from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.outcome import HEAR_SECONDS, CallResult, Unexpected
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.people.desk import tolerate
from hotline.simulate.people.expert import SimExpert
from hotline.simulate.stage import StageError
from hotline.store.demo import DEMO_OFFICE_LINE

NAME: Final = "night"
MESSAGE_SECONDS: Final = 3.0
"""How long a caller speaks after the beep."""
STEP_SECONDS: Final = 150.0
"""The longest until the next thing happens: three telephones that ring to the end, with their briefs."""
REFRESH_SECONDS: Final = 15.0
"""Until every idle worker knows that the line is closed."""


class Night:
    """The stage of the night: a carrier with the duty staff, and an administrator who looks at the records."""

    def __init__(self, settings: Settings, carrier: SimCarrier, office: Console) -> None:
        self.settings = settings
        self.carrier = carrier
        self.office = office
        self.duty: list[SimExpert] = [carrier.experts[number] for _, number, _ in demo_people.duty_staff()]

    async def call(self, caller: SimCaller, result: CallResult, *, message: bool) -> None:
        """One call of the night, to its record. What is not as it should be is added to the result's reasons."""
        for expert, (_, _, character) in zip(self.duty, demo_people.duty_staff(), strict=True):
            expert.character = "busy" if message else character
        try:
            status = await self.carrier.dial(caller)
            if status != 200:
                raise Unexpected(f"INVITE was answered with {status}")
            result.timings["answer"] = caller.answered_after
            await (self._message if message else self._talk)(caller, result)
            await self._record(result, "ticket" if message else "consultation")
        except (Unexpected, ApiError, OSError) as exc:
            result.reasons.append(str(exc) or type(exc).__name__)
        finally:
            if hasattr(caller, "call"):
                caller.hang_up()
                await caller.ended(5.0)

    async def _talk(self, caller: SimCaller, result: CallResult) -> None:
        await self._fact(caller, result, "expert_connected")
        # One who refused may still be asked why.
        who = next((expert for expert in self.duty if expert.talking is not None and expert.character == "accepts"), None)
        if who is None or who.talking is None:
            raise Unexpected("nobody of the duty staff is in the call")
        heard = await asyncio.gather(caller.hears(who.voice, HEAR_SECONDS), who.talking.hears(caller.voice, HEAR_SECONDS))
        if not all(heard):
            raise Unexpected(f"caller hears duty staff, duty staff hears caller: {heard}")
        who.talking.hang_up()
        if not await caller.hears_prompt(10.0, 1.5):
            raise Unexpected("no rating prompt was heard")
        await caller.press("1")
        if not await caller.ended(30.0):
            raise Unexpected("the hotline did not hang up after the rating")
        result.transferred = result.rated = True

    async def _message(self, caller: SimCaller, result: CallResult) -> None:
        await self._fact(caller, result, "message_started")
        if await caller.ended(MESSAGE_SECONDS):
            raise Unexpected("the hotline hung up during the message")
        await caller.press("#")
        if not await caller.ended(30.0):
            raise Unexpected("the hotline did not hang up after the message")

    async def _fact(self, caller: SimCaller, result: CallResult, name: str) -> None:
        """Wait until the call's record tells this."""
        deadline = time.monotonic() + STEP_SECONDS
        while time.monotonic() < deadline:
            if not result.call_id:
                page = await self.office.get("/api/calls", q=caller.number, limit=5)
                rows = [row for row in page.get("items", []) if float(row["arrived_at"]) >= caller.dialled_at - 2.0]
                result.call_id = str(rows[0]["call_id"]) if rows else ""
            if result.call_id:
                record = await self.office.get(f"/api/calls/{result.call_id}")
                if any(fact["name"] == name for fact in record["timeline"]):
                    return
                if record.get("state") == "closed":
                    raise Unexpected(f"the call ended ({record.get('cause')}) before {name}")
            await asyncio.sleep(0.3)
        raise Unexpected(f"no {name} within {STEP_SECONDS:g} s")

    async def _record(self, result: CallResult, outcome: str) -> None:
        deadline = time.monotonic() + 60.0
        record: dict[str, Any] = {}
        while time.monotonic() < deadline:
            record = await self.office.get(f"/api/calls/{result.call_id}")
            sealed = [one["state"] for one in record.get("recordings", [])]
            if record.get("outcome") and sealed and all(state == "sealed" for state in sealed):
                break
            await asyncio.sleep(0.3)
        else:
            raise Unexpected("the record was not finished within 60 s")
        result.record, result.ticket = record, str(record.get("ticket_number") or "")
        result.recordings = len(record["recordings"])
        if record["outcome"] != outcome:
            result.reasons.append(f"outcome {record['outcome']}, expected {outcome}")


@asynccontextmanager
async def night_stage(settings: Settings) -> AsyncIterator[Night]:
    """Bring the carrier and the administrator, and see that the office line is closed. Raises StageError."""
    carrier = demo_people.make_carrier(settings)
    carrier.called = DEMO_OFFICE_LINE
    office = Console(demo_people.base_url(settings), *demo_people.office_login("admin"))
    closed = ""
    try:
        try:
            await carrier.start()
            await office.log_in()
            closed = await close_line(office)
        except OSError as exc:
            raise StageError(f"port {settings.demo.carrier_port} (demo.carrier_port) is taken: {exc.strerror or exc}") from exc
        except ApiError as exc:
            raise StageError(f"the API at {office.base_url} does not let the administrator close the line: {exc}") from exc
        yield Night(settings, carrier, office)
    finally:
        if closed:
            await tolerate(office.request("DELETE", closed))
        await asyncio.gather(office.close(), carrier.close(), return_exceptions=True)


async def close_line(office: Console, number: str = DEMO_OFFICE_LINE) -> str:
    """See that the line is closed now; the address under which the day set by hand can be taken back, empty when nothing had
    to be done. Raises ApiError, StageError."""
    lines = await office.get("/api/lines")
    line = next((row for row in lines["items"] if row["number"] == number), None)
    if line is None:
        raise StageError(f"there is no line {number}: the demo city is not loaded")
    if line["now"]["state"] != "open":
        return ""
    day = f"/api/calendars/{line['calendar_id']}/days/{datetime.now(ZONE).date().isoformat()}"
    await office.put(day, {"hours": [], "reason": "模拟夜间来电"})
    await asyncio.sleep(REFRESH_SECONDS)
    return day
