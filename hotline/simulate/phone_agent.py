"""A town whose only clerk has a plain telephone: the staff's menu, a call that comes to the phone, and what may go wrong.

An administrator gives the demo agent 8006 a telephone and a PIN made up for this run. The clerk calls the staff's number and
takes calls; then callers take turns: the clerk accepts, talks, and keys the result; refuses; a voicemail answers; and somebody
guesses PINs of a staff number that is nobody's. In the end the clerk logs off. Nobody may sit at a console meanwhile: consoles
come first.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from hotline.settings import Settings
from hotline.simulate import demo_people
from hotline.simulate.outcome import HEAR_SECONDS, CallResult, Unexpected
from hotline.simulate.people.caller import SimCaller
from hotline.simulate.people.carrier import SimCarrier
from hotline.simulate.people.console import ApiError, Console
from hotline.simulate.people.expert import Character, SimExpert
from hotline.simulate.stage import StageError, menu_seconds

NAME: Final = "phone_agent"
CLERK: Final = "agt_8006"
CLERK_NUMBER: Final = "6006"
CLERK_PHONE: Final = "13700000006"
CLERK_VOICE: Final = 15
STEP_SECONDS: Final = 90.0
"""The longest until the next thing happens: a brief, and a voicemail that is given up."""
ASKED_SECONDS: Final = 4.5
"""How long the menu's words are listened to before a key: nobody's staff number is heard before it is asked for."""
CASES: Final[tuple[Character | str, ...]] = ("accepts", "refuses", "voicemail", "wrong_pin")


class Town:
    """The stage: a carrier with the clerk's telephone behind it, and an administrator who looks at the records."""

    def __init__(self, settings: Settings, carrier: SimCarrier, office: Console, talk_seconds: float) -> None:
        self.settings = settings
        self.carrier = carrier
        self.office = office
        self.talk_seconds = talk_seconds
        self.pin = f"{random.randrange(10**6):06d}7"
        self.clerk = carrier.add_expert(SimExpert(f"+86{CLERK_PHONE}", voice=CLERK_VOICE))
        self.staff_number = next((called for called, flow in settings.flows.entry.items() if flow == "staff"), "")

    # ── the menu ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def menu(self, caller: SimCaller, *keys: str) -> None:
        """Call the staff's number and key one thing after another. Raises Unexpected."""
        edge = self.carrier.edge
        uri = f"sip:{self.staff_number}@{edge[0]}:{edge[1]}"
        status = await caller.dial(uri, headers=self.carrier.headers(caller))
        if status != 200:
            raise Unexpected(f"the staff's number answered with {status}")
        for entry in keys:
            if await caller.ended(ASKED_SECONDS):
                raise Unexpected(f"the menu hung up: {caller.call.leg.end}")
            await caller.press(entry)

    async def clerk_says(self, key: str, state: str) -> None:
        """The clerk sets a state from the own telephone, and hangs up when the board shows it."""
        caller = self.carrier.caller(CLERK_PHONE, voice=CLERK_VOICE)
        try:
            await self.menu(caller, f"{self.pin}#", key)
            await self._until(lambda: self.state() == state, f"the clerk is {state} after key {key}")
        finally:
            caller.hang_up()
            await caller.ended(5.0)

    def state(self) -> str:
        return str(self.office.state.get(f"agents/{CLERK}", {}).get("state", ""))

    async def _until(self, check: Callable[[], Any], what: str, seconds: float = 20.0) -> None:
        if not await self.office.until(lambda _: bool(check()), seconds):
            raise Unexpected(f"not within {seconds:g} s: {what} (is {self.state() or 'unknown'})")

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def call(self, caller: SimCaller, result: CallResult, case: str) -> None:
        """One call, to its record. What is not as it should be is added to the result's reasons."""
        try:
            if case == "wrong_pin":
                await self._guess(caller)
                await self._record(caller, result, "staff", "staff_menu", recordings=0)
            else:
                await self._arrive(caller, case)
                await (self._talk if case == "accepts" else self._not_taken)(caller, result, case)
        except (Unexpected, ApiError, OSError) as exc:
            result.reasons.append(str(exc) or type(exc).__name__)
        finally:
            if hasattr(caller, "call"):
                caller.hang_up()
                await caller.ended(5.0)
            if self.clerk.talking:
                self.clerk.talking.hang_up()

    async def _guess(self, caller: SimCaller) -> None:
        await self.menu(caller, "9999#", "135791#", "135792#", "135793#")
        if not await caller.ended(30.0):
            raise Unexpected("three wrong PINs, and the menu did not hang up")

    async def _arrive(self, caller: SimCaller, case: str) -> None:
        await self._until(lambda: self.state() == "available", "the clerk is free", STEP_SECONDS)
        self.clerk.character = case  # type: ignore[assignment]
        status = await self.carrier.dial(caller)
        if status != 200:
            raise Unexpected(f"INVITE was answered with {status}")
        await caller.after_answer(menu_seconds(self.settings) + 1.0)
        await caller.press("0")
        await self._until(lambda: self.state() in ("reserved", "ringing"), "the clerk's telephone rings", STEP_SECONDS)
        if not await caller.hears_prompt(HEAR_SECONDS, 1.0):
            raise Unexpected("the caller heard no music while the clerk's telephone rang")

    async def _talk(self, caller: SimCaller, result: CallResult, _case: str) -> None:
        if not await caller.hears(CLERK_VOICE, STEP_SECONDS) or self.clerk.talking is None:
            raise Unexpected("caller and clerk were not connected")
        if not await self.clerk.talking.hears(caller.voice, HEAR_SECONDS):
            raise Unexpected("the clerk does not hear the caller")
        await asyncio.sleep(self.talk_seconds)
        visit = self.clerk.visits[-1]
        caller.hang_up()
        if await visit.call.ended(2.5):
            raise Unexpected("the clerk was not asked for the result")
        await visit.call.press("1")
        if not await visit.call.ended(20.0):
            raise Unexpected("the clerk was not let go after keying the result")
        await self._record(caller, result, "consultation", "completed", recordings=1)
        if result.record.get("agent_id") != CLERK or result.record.get("form_incomplete"):
            result.reasons.append(f"the talk is {result.record.get('agent_id')}'s, the form is not complete")

    async def _not_taken(self, caller: SimCaller, result: CallResult, case: str) -> None:
        wanted = "offer_declined" if case == "refuses" else "offer_missed"
        await self._until(lambda: self.state() == "available", "the clerk is free again", STEP_SECONDS)
        if await caller.ended(1.0):
            raise Unexpected("a telephone that did not take the call has cost the caller theirs")
        caller.hang_up()
        await self._record(caller, result, "callback", "abandoned", recordings=0)
        if wanted not in [fact["name"] for fact in result.record["timeline"]]:
            result.reasons.append(f"no {wanted} on record")

    async def _record(self, caller: SimCaller, result: CallResult, outcome: str, cause: str, *, recordings: int) -> None:
        """The finished record of that caller. Raises Unexpected."""
        deadline = time.monotonic() + STEP_SECONDS
        while time.monotonic() < deadline:
            page = await self.office.get("/api/calls", q=caller.number, limit=5)
            rows = [row for row in page.get("items", []) if float(row["arrived_at"]) >= caller.dialled_at - 2.0]
            if rows:
                result.call_id = str(rows[0]["call_id"])
                record = await self.office.get(f"/api/calls/{result.call_id}")
                sealed = [one["state"] for one in record.get("recordings", [])]
                if record.get("outcome") and all(state == "sealed" for state in sealed) and len(sealed) >= recordings:
                    result.record, result.recordings = record, len(sealed)
                    break
            await asyncio.sleep(0.3)
        else:
            raise Unexpected(f"the record was not finished within {STEP_SECONDS:g} s")
        found = (record["outcome"], record["cause"], len(sealed))
        if found != (outcome, cause, recordings):
            result.reasons.append(f"outcome, cause, recordings: {found}, expected {(outcome, cause, recordings)}")


@asynccontextmanager
async def town_stage(settings: Settings, talk_seconds: float) -> AsyncIterator[Town]:
    """Bring the carrier and the administrator, and have the clerk take calls. Raises StageError."""
    carrier = demo_people.make_carrier(settings)
    office = Console(demo_people.base_url(settings), *demo_people.office_login("admin"))
    town = Town(settings, carrier, office, talk_seconds)
    if not town.staff_number:
        raise StageError('no called number leads to the staff\'s menu: say so in flows.entry, as "1234809" = "staff"')
    try:
        try:
            await carrier.start()
            await office.log_in()
            await office.open_feed()
            body = {"kind": "agent", "number": CLERK_NUMBER, "pin": town.pin, "phone": CLERK_PHONE}
            await office.put(f"/api/staff-phones/{CLERK}", body)
            await town.clerk_says("1", "available")
        except OSError as exc:
            raise StageError(f"port {settings.demo.carrier_port} (demo.carrier_port) is taken: {exc.strerror or exc}") from exc
        except (ApiError, Unexpected) as exc:
            raise StageError(f"the clerk does not get to take calls: {exc}") from exc
        yield town
        await town.clerk_says("0", "offline")
    finally:
        await asyncio.gather(office.close(), carrier.close(), return_exceptions=True)
