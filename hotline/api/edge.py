"""The SIP edge as the API needs it. The application is given one by whoever starts it; tests give their own, or none."""

from __future__ import annotations

from typing import Protocol


class Edge(Protocol):
    """Questions and orders to the running edge. Every method raises HotlineError when it does not answer."""

    def put_phone(self, extension: str, ha1: str) -> None:
        """A desk phone may register from now on, with this digest secret (see `store.repositories.agents.ha1`)."""

    def drop_phone(self, extension: str) -> None:
        """It may not any more, and its registration ends."""

    def registered(self) -> set[str]:
        """Extensions whose phone is registered now."""

    def trunks(self) -> dict[str, str]:
        """State of each pinged trunk, by name: `up` or `down`."""

    def counters(self) -> dict[str, int]:
        """What was refused, by reason, since the edge started."""
