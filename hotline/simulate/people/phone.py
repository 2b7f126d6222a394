"""An agent's desk phone: registers by digest, keeps registered, answers by itself, speaks with its agent's voice."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Literal

from hotline import logs
from hotline.simulate import clips
from hotline.simulate.call import SimCall
from hotline.simulate.clips import Clip
from hotline.simulate.sip_agent import SipAgent, SipTimeout
from hotline.simulate.sip_digest import Credentials, DigestError
from hotline.simulate.sip_leg import SipLeg
from hotline.simulate.sip_message import params_of
from hotline.simulate.sip_transactions import Address, Timers

log = logs.get("hotline.simulate.phone")

Behaviour = Literal["answer", "ring", "busy", "refuse"]
RETRY_SECONDS = 2.0


@dataclass(slots=True)
class Ring:
    """One incoming call at a phone: when it rang, and the call."""

    at: float
    call: SimCall
    headers: dict[str, str] = field(default_factory=dict)


class SimPhone:
    """A desk phone.

        phone = SimPhone("8001", "secret", edge=("127.0.0.1", 5060), domain="hotline.local", voice=1)
        await phone.start()                 # raises when it cannot register
        ring = await phone.rings(timeout=5)
        assert await ring.call.hears(caller.voice, 3)
        await phone.close()

    `behaviour` is what it does with a call: `answer` after `answer_after` seconds of ringing, only `ring`, `busy` (486) or
    `refuse` (603).
    """

    def __init__(
        self,
        extension: str,
        password: str,
        *,
        edge: Address,
        domain: str,
        voice: int = 0,
        clip: Clip | None = None,
        behaviour: Behaviour = "answer",
        answer_after: float = 0.1,
        expires: int = 60,
        host: str = "127.0.0.1",
        port: int = 0,
        timers: Timers = Timers(),
        record: bool = False,
    ) -> None:
        self.extension = extension
        self.domain = domain
        self.voice = voice
        self.behaviour: Behaviour = behaviour
        self.answer_after = answer_after
        self.expires = expires
        self.agent = SipAgent(host=host, port=port, outbound=edge, timers=timers, name=f"sim-phone-{extension}")
        self.agent.on_invite = self._invited
        self.calls: list[Ring] = []
        self.turned_away = 0
        """Calls answered with busy or refused."""
        self.registered_until = 0.0
        self._clip = clip or clips.voice(voice)
        self._credentials = Credentials(extension, password)
        self._record = record
        self._call_id = ""
        self._seq = 0
        self._registering = asyncio.Lock()
        """One REGISTER after the other: of two at once the registrar refuses the one whose CSeq comes late."""
        self._rung: asyncio.Queue[Ring] = asyncio.Queue()

    async def start(self) -> None:
        """Open the socket and register. Raises OSError, SipTimeout, or PermissionError when the registrar says no."""
        await self.agent.start()
        self._call_id = self.agent.new_call_id()
        status = await self.register()
        if status != 200:
            raise PermissionError(f"phone {self.extension}: REGISTER was answered with {status}")
        self.agent.spawn(self._keep_registered())

    async def register(self, expires: int | None = None) -> int:
        """Send one REGISTER; the final status."""
        async with self._registering:
            return await self._register(self.expires if expires is None else expires)

    async def _register(self, wanted: int) -> int:
        self._seq += 2
        response = await self.agent.out_of_dialog(
            "REGISTER",
            f"sip:{self.domain}",
            from_uri=f"sip:{self.extension}@{self.domain}",
            to_uri=f"sip:{self.extension}@{self.domain}",
            headers=[("Contact", f"<sip:{self.extension}@{self.agent.contact_host}>"), ("Expires", str(wanted))],
            credentials=self._credentials,
            call_id=self._call_id,
            seq=self._seq,
        )
        if response.status == 200:
            granted = _granted(response.values("Contact"), response.get("Expires"), self.agent.contact_host, wanted)
            self.registered_until = time.time() + granted
        return response.status

    async def _keep_registered(self) -> None:
        while True:
            left = self.registered_until - time.time()
            await asyncio.sleep(max(left / 2, RETRY_SECONDS))
            try:
                status = await self.register()
            except (SipTimeout, DigestError) as exc:
                log.warning("sim_phone_not_registered", extension=self.extension, kind=type(exc).__name__)
            else:
                if status != 200:
                    log.warning("sim_phone_not_registered", extension=self.extension, status=status)

    async def close(self) -> None:
        """Hang up, take the registration back (waiting 2 s at most), close the socket."""
        for ring in self.calls:
            if ring.call.leg.end is None:
                ring.call.hang_up()
        with contextlib.suppress(SipTimeout, TimeoutError, DigestError):
            async with asyncio.timeout(2.0):
                await self.register(0)
        await self.agent.close()

    async def rings(self, timeout: float) -> Ring | None:
        """The next call that came to this phone and was not asked for yet; None after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                return await self._rung.get()
        except TimeoutError:
            return None

    def forget_rings(self) -> None:
        """Forget calls that came before now, so that :meth:`rings` gives the next one."""
        while not self._rung.empty():
            self._rung.get_nowait()

    @property
    def talking(self) -> SimCall | None:
        """The call that is up, if there is one."""
        return next((ring.call for ring in reversed(self.calls) if ring.call.is_up), None)

    async def _invited(self, leg: SipLeg) -> None:
        if self.behaviour == "busy" or (self.behaviour == "answer" and self.talking is not None):
            self.turned_away += 1
            leg.reject(486)
            return
        if self.behaviour == "refuse":
            self.turned_away += 1
            leg.reject(603)
            return
        call = SimCall(self.agent, voice=self._clip, record=self._record)
        call.take(leg)
        leg.ring()
        ring = Ring(time.time(), call, {name: value for name, value in leg.request.headers if name.startswith("X-")})
        del self.calls[:-20]
        self.calls.append(ring)
        self._rung.put_nowait(ring)
        if self.behaviour == "answer" and not await leg.ended(self.answer_after):
            call.answer()


def _granted(contacts: list[str], header: str, own: str, wanted: int) -> float:
    """Seconds the registrar gave this contact (RFC 3261 10.3 step 8), else what was asked for."""
    for contact in contacts:
        if own in contact and (seconds := params_of(contact).get("expires", "")).isdigit():
            return float(seconds)
    return float(header) if header.isdigit() else float(wanted)
