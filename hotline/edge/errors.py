"""What can go wrong at the edge."""

from __future__ import annotations

from hotline.core.errors import HotlineError


class EdgeError(HotlineError):
    """The edge cannot be rendered, checked or asked.

    Codes: `edge.bad_value` (a setting that cannot stand in the configuration), `edge.packages_missing`,
    `edge.config` (Kamailio refuses the configuration; `details["line"]`), `edge.rpc_silent`, `edge.rpc_error`.
    """

    def __str__(self) -> str:
        return f"{self.code}: " + ", ".join(f"{key}={value}" for key, value in self.details.items())
