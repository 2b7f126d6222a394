"""A front agent: a console and the phone beside it.

agent = SimAgent(Console(url, "desk2", "…"), phone)
await agent.start()                           # phone registers, console logs in, feed opens, state available
offer = await agent.offer(masked, timeout=20)
call_id = await agent.accept(offer["offer_id"])
ring = await agent.phone.rings(timeout=5)
await agent.save_form(call_id, {...}); await agent.hang_up(call_id)
await agent.write_up(call_id, {...})          # submits the form, ends the wrap-up
await agent.close()
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Any

from hotline.simulate.people.console import ApiError, Console, State
from hotline.simulate.people.phone import SimPhone

STATE_SECONDS = 8.0
"""How long a change of one's own state may take to show on the feed."""


FORM_LOOKS = 10
FORM_LOOK_SECONDS = 0.3
"""How often, and how long apart, the form of a call is looked for."""


class NotInTime(Exception):
    """Something that was waited for did not come; the text says what."""


class SimAgent:
    """One agent at the desk. `busy_with` is a note for whoever directs several agents."""

    def __init__(self, console: Console, phone: SimPhone) -> None:
        self.console = console
        self.phone = phone
        self.busy_with = ""
        self._versions: dict[str, int] = {}

    async def start(self, *, phone: bool = True) -> None:
        """Register the phone (unless it is already), log in, open the feed, get ready.

        Raises ApiError, SipTimeout, PermissionError, OSError, NotInTime.
        """
        if phone:
            await self.phone.start()
        await self.console.log_in()
        await self.console.open_feed()
        await self.be_available()

    async def close(self, *, phone: bool = True) -> None:
        """Log out, and take the phone away too (unless it is to stay)."""
        await self.console.close()
        if phone:
            await self.phone.close()

    # ── the own seat ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def agent_id(self) -> str:
        return str(self.console.me.get("agent_id") or "")

    @property
    def name(self) -> str:
        return self.console.username

    @property
    def voice(self) -> int:
        return self.phone.voice

    @property
    def state(self) -> str:
        """State as the feed has it."""
        return str(self.console.state.get(f"agents/{self.agent_id}", {}).get("state", ""))

    async def until_state(self, *states: str, timeout: float = STATE_SECONDS) -> None:
        """Wait for one of the states. Raises :class:`NotInTime`."""
        if not await self.console.until(lambda _: self.state in states, timeout):
            raise NotInTime(f"{self.name} is {self.state or 'unknown'}, not {' or '.join(states)}, after {timeout:g} s")

    async def be_available(self) -> None:
        """Ask for `available`, and wait until it shows; what an earlier call left to write up is left. Raises ApiError,
        NotInTime."""
        await self.console.put("/api/agents/me/state", {"state": "available"})
        await self.until_state("available", "wrap_up")
        if self.state == "wrap_up":
            await self.console.post("/api/agents/me/end-wrap-up")
            await self.until_state("available")

    async def pause(self, reason: str = "") -> None:
        await self.console.put("/api/agents/me/state", {"state": "paused", "reason": reason})

    # ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────

    def offer_of(self, masked: str) -> dict[str, Any] | None:
        """The offer on this console of the caller with that masked number."""
        for key, entity in self.console.state.items():
            if (
                key.startswith("offers/")
                and entity.get("caller_masked") == masked
                and self.agent_id in entity.get("agent_ids", ())
            ):
                return entity
        return None

    async def offer(self, masked: str, timeout: float) -> dict[str, Any]:
        """Wait for the offer of that caller. Raises :class:`NotInTime`."""
        if not await self.console.until(lambda _: self.offer_of(masked) is not None, timeout):
            raise NotInTime(f"no offer of {masked} on the console of {self.name} within {timeout:g} s")
        return self.offer_of(masked) or {}

    async def accept(self, offer_id: str) -> str:
        """Take the call; its call_id. Raises ApiError (`offer.gone` when somebody was quicker)."""
        self.phone.forget_rings()
        return str((await self.console.post(f"/api/offers/{offer_id}/accept"))["call_id"])

    async def decline(self, offer_id: str, reason: str = "busy") -> None:
        await self.console.post(f"/api/offers/{offer_id}/decline", {"reason": reason})

    # ── the call ──────────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, call_id: str) -> dict[str, Any]:
        """The call as the feed has it; empty when it is not there."""
        return self.console.state.get(f"calls/{call_id}", {})

    async def until_phase(self, call_id: str, *phases: str, timeout: float) -> None:
        """Wait until the call is in one of the phases. Raises :class:`NotInTime`."""

        def there(_: State) -> bool:
            return self.call(call_id).get("phase") in phases

        if not await self.console.until(there, timeout):
            phase = self.call(call_id).get("phase") or "not on the feed"
            raise NotInTime(f"the console shows phase {phase}, not {' or '.join(phases)}, after {timeout:g} s")

    async def hold(self, call_id: str) -> None:
        await self.console.post(f"/api/calls/{call_id}/hold")

    async def unhold(self, call_id: str) -> None:
        await self.console.post(f"/api/calls/{call_id}/unhold")

    async def hang_up(self, call_id: str) -> None:
        await self.console.post(f"/api/calls/{call_id}/hang-up")

    async def transfer(
        self, call_id: str, category: str, region: str, expert_id: str | None = None, *, kind: str = "auto"
    ) -> str:
        """Ask for an expert; the transfer_id. Raises ApiError (`transfer.no_expert` …)."""
        body: dict[str, Any] = {"category": category, "region": region, "kind": kind}
        if expert_id:
            body["expert_id"] = expert_id
        return str((await self.console.post(f"/api/calls/{call_id}/transfer", body))["transfer_id"])

    async def call_hotline(self, call_id: str, hotline_id: str) -> None:
        """Have another hotline join. Raises ApiError."""
        body = {"kind": "three_way", "target": {"type": "hotline", "id": hotline_id}}
        await self.console.post(f"/api/calls/{call_id}/transfer", body)

    async def order(self, call_id: str, what: str) -> None:
        """`complete-transfer`, `leave`, `toggle`, `conference` or `drop-party`. Raises ApiError."""
        await self.console.post(f"/api/calls/{call_id}/{what}")

    async def cancel_transfer(self, call_id: str) -> None:
        await self.console.post(f"/api/calls/{call_id}/cancel-transfer")

    # ── the form ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def save_form(self, call_id: str, fields: Mapping[str, Any]) -> None:
        """Save a draft, as the console does on every pause of the keys; a version conflict is taken up once."""
        await self._form(call_id, fields, "PUT", f"/api/calls/{call_id}/form")

    async def submit_form(self, call_id: str, fields: Mapping[str, Any]) -> None:
        """Submit. Raises ApiError (`form.incomplete` …)."""
        await self._form(call_id, fields, "POST", f"/api/calls/{call_id}/form/submit")

    async def _version(self, call_id: str) -> int:
        """Of the form as it stands. A call that has only just begun may not have reached the records yet."""
        for _ in range(FORM_LOOKS):
            with contextlib.suppress(ApiError):
                return int((await self.console.get(f"/api/calls/{call_id}/form"))["version"])
            await asyncio.sleep(FORM_LOOK_SECONDS)
        return int((await self.console.get(f"/api/calls/{call_id}/form"))["version"])

    async def _form(self, call_id: str, fields: Mapping[str, Any], method: str, path: str) -> None:
        for attempt in (0, 1):
            if call_id not in self._versions:
                self._versions[call_id] = await self._version(call_id)
            try:
                body = {"version": self._versions[call_id], "fields": dict(fields)}
                answer = await self.console.request(method, path, body)
            except ApiError as exc:
                del self._versions[call_id]
                if exc.code != "form.version" or attempt:
                    raise
            else:
                self._versions[call_id] = int(answer.get("version", self._versions[call_id] + 1))
                return

    async def write_up(self, call_id: str, fields: Mapping[str, Any]) -> None:
        """Submit the form and end the wrap-up; available again. Raises ApiError, NotInTime."""
        await self.submit_form(call_id, fields)
        await self.free()
        self._versions.pop(call_id, None)

    async def free(self) -> None:
        """Leave the wrap-up (waiting for it first, while the own leg is still ending) and be available."""
        await self.until_state("wrap_up", "available", "paused", "offline")
        if self.state == "wrap_up":
            try:
                await self.console.post("/api/agents/me/end-wrap-up")
            except ApiError as exc:
                if exc.code != "agent.not_in_wrap_up":  # it ran out in this very moment
                    raise
        elif self.state in ("paused", "offline"):
            await self.console.put("/api/agents/me/state", {"state": "available"})
        await self.until_state("available", "reserved")

    @property
    def ready(self) -> bool:
        """Free to take an offer: available, nothing in hand, phone registered."""
        return not self.busy_with and self.state == "available" and self.phone.registered_until > time.time()
