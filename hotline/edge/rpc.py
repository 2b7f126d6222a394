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

    def terminate_dialog(self, sip_call_id: str, from_tag: str, to_tag: str) -> bool:
        """End an answered call leg: BYE to both sides. False when there is no such dialog any more."""
        return self._order("dlg.terminate_dlg", [sip_call_id, from_tag, to_tag])

    def cancel(self, sip_call_id: str, cseq: int) -> bool:
        """Cancel a leg that is still ringing, by the Call-ID and CSeq number of its INVITE. False when it is gone."""
        return self._order("tm.cancel", [sip_call_id, str(cseq)])

    def _order(self, method: str, params: list[Any]) -> bool:
        try:
            self.call(method, params)
        except EdgeError as exc:
            if exc.code == "edge.rpc_error":
                return False
            raise
        return True

    def registered(self) -> list[Contact]:
        """Phones registered now. Raises :class:`EdgeError` when Kamailio does not answer."""
        found = []
        now = time.time()
        for domain in _listed(self.call("ul.dump"), "Domains", "Domain"):
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
