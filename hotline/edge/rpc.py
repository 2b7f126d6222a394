"""Questions and orders to the running Kamailio: JSON-RPC over its datagram socket in `run_dir`.

Needed by the pool supervisor (to end a dead worker's other legs) and by `hotline status`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline.edge.errors import EdgeError
from hotline.edge.kamailio import COUNTERS, Phone
from hotline.settings import Settings

_ANSWERED, _DELETED = 3, 5
"""States of Kamailio's dialog module: 1 unconfirmed, 2 early, 3 answered, 4 answered and acknowledged, 5 over."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A registered phone. `expires_in` in seconds."""

    extension: str
    contact: str
    received: str
    expires_in: int
    user_agent: str


class Rpc:
    """A client; one short-lived socket a call, so it may be shared between threads."""

    def __init__(self, settings: Settings) -> None:
        self._run_dir: Path = settings.run_dir.resolve()
        self._trunks = [trunk.name for trunk in settings.trunks]
        self._socket = self._run_dir / "kamailio_rpc.sock"

    def call(self, method: str, params: list[Any] | None = None, timeout: float = 1.0) -> Any:
        """Call one RPC method and return its result.

        Raises :class:`EdgeError`: `edge.rpc_silent` (nobody there, or no answer within `timeout` seconds) or
        `edge.rpc_error` (`details`: method, rpc_code, message).
        """
        token = secrets.token_hex(6)
        own = self._run_dir / f"rpc-{token}.sock"
        request = {"jsonrpc": "2.0", "method": method, "id": token}
        if params:
            request["params"] = params  # type: ignore[assignment]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(timeout)
            try:
                sock.bind(str(own))
                os.chmod(own, 0o600)
                sock.connect(str(self._socket))
                sock.send(json.dumps(request).encode())
                raw = sock.recv(1 << 18)
            except OSError as exc:
                raise EdgeError("edge.rpc_silent", method=method, cause=type(exc).__name__) from exc
            finally:
                with contextlib.suppress(FileNotFoundError):
                    own.unlink()
        answer = json.loads(raw)
        if "error" in answer:
            error = answer["error"]
            raise EdgeError("edge.rpc_error", method=method, rpc_code=error.get("code"), message=error.get("message"))
        return answer.get("result")

    def end_leg(self, sip_call_id: str) -> bool:
        """End a call leg whose worker is dead: BYE to both sides of an answered one, CANCEL to one that rings.

        True when nothing is left to do; False: ask again (a CANCEL may cross the answer). Tags and CSeq are asked of Kamailio:
        those a worker noted before it died may be from before the answer (a 200 that overtakes its 180 or 100).
        Raises :class:`EdgeError`.
        """
        try:
            found = self.call("dlg.list_match", ["callid", "eq", sip_call_id])
        except EdgeError as exc:
            if exc.details.get("rpc_code") == 404:
                return True
            raise
        alive = [dialog for dialog in found if dialog["state"] < _DELETED]
        for dialog in alive:
            if dialog["state"] >= _ANSWERED:
                self._order("dlg.end_dlg", [dialog["h_entry"], dialog["h_id"]])
            else:
                self._order("tm.cancel", [sip_call_id, dialog["caller"]["cseq"]])
        return all(dialog["state"] >= _ANSWERED for dialog in alive)

    def _order(self, method: str, params: list[Any]) -> None:
        """An order to something that may be gone by now, which is as good."""
        try:
            self.call(method, params)
        except EdgeError as exc:
            if exc.code != "edge.rpc_error":
                raise

    def registered(self, kind: str = "location") -> list[Contact]:
        """Desk phones (or, `kind` headsets, browsers) registered now. Raises :class:`EdgeError` when Kamailio is silent."""
        found = []
        now = time.time()
        for domain in _listed(self.call("ul.dump"), "Domains", "Domain"):
            if domain.get("Domain") != kind:
                continue
            for info in _listed(domain, "AoRs", "Info"):
                for contact in _listed(info, "Contacts", "Contact"):
                    expires = contact.get("Expires", 0)
                    if expires in ("deleted", "expired"):
                        continue
                    seconds = expires if isinstance(expires, int) else 0
                    found.append(
                        Contact(
                            extension=str(info["AoR"]),
                            contact=str(contact["Address"]),
                            received=str(contact.get("Received", "")).replace("[not set]", ""),
                            expires_in=int(seconds if seconds < 100_000 else seconds - now),
                            user_agent=str(contact.get("User-Agent", "")),
                        )
                    )
        return found

    def counters(self) -> dict[str, int]:
        """What was refused, by reason, and how claims went, since Kamailio started.

        The names are those of `hotline.edge.kamailio.COUNTERS`. Raises :class:`EdgeError` when Kamailio is silent.
        """
        result: list[str] = self.call("stats.get_statistics", ["script:", "core:"])
        found = dict.fromkeys(COUNTERS, 0)
        for line in result:
            name, _, value = line.partition("=")
            name = name.strip().removeprefix("script:")
            if name in found:
                found[name] += int(value)
            elif name == "core:err_requests":
                # Requests without Via, From, To, Call-ID or CSeq end before the script sees them.
                found["refused_malformed"] += int(value)
        return found

    def trunks(self) -> dict[str, str]:
        """State of each pinged trunk by name: `up` or `down`; trunks that are not pinged are left out."""
        found: dict[str, str] = {}
        try:
            result = self.call("dispatcher.list")
        except EdgeError as exc:
            if exc.code == "edge.rpc_error":
                return found
            raise
        for record in _listed(result, "RECORDS", "SET"):
            for target in _listed(record, "TARGETS", "DEST"):
                name = self._trunks[int(record["ID"]) - 1]
                found[name] = "up" if str(target["FLAGS"]).startswith("A") else "down"
        return found

    def dialogs(self) -> int:
        """Calls being set up or going on through the edge (each leg counts)."""
        stats: dict[str, int] = self.call("dlg.stats_active")
        return sum(int(stats.get(key, 0)) for key in ("starting", "connecting", "answering", "ongoing"))

    def set_phone(self, phone: Phone) -> None:
        """Add an account, or change its password, without a restart."""
        self.call("htable.sets", ["accounts", phone.extension, phone.ha1])

    def drop_phone(self, extension: str) -> None:
        """Remove an account and its registration."""
        with contextlib.suppress(EdgeError):
            self.call("htable.delete", ["accounts", extension])
        with contextlib.suppress(EdgeError):
            self.call("ul.rm", ["location", extension])

    def ready(self, timeout: float = 0.5) -> bool:
        """True when Kamailio answers."""
        try:
            self.call("core.uptime", timeout=timeout)
        except EdgeError:
            return False
        return True


def _listed(value: Any, outer: str, inner: str) -> list[dict[str, Any]]:
    """Kamailio wraps each element of a list as `{inner: {...}}`, and gives a struct where there is one only."""
    items = value.get(outer, []) if isinstance(value, dict) else []
    if isinstance(items, dict):
        items = [items]
    return [item[inner] if isinstance(item, dict) and inner in item else item for item in items]
