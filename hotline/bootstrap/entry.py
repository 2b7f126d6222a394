"""What each of our own parts runs, by name; imported late, so that a part loads only what it needs."""

from __future__ import annotations

import sys
from typing import Any

from hotline import logs
from hotline.core.errors import HotlineError, Missing
from hotline.settings import Settings


def run_part(name: str, settings: Settings) -> None:
    """Run one part in this process until SIGTERM. Raises Missing `part.unknown`."""
    logs.setup(name, settings.log_level)
    match name:
        case "pool":
            _pool(settings)
        case "routing":
            from hotline.routing.main import main as routing

            routing(settings)
        case "jobs":
            from hotline.jobs.main import main as jobs

            jobs(settings)
        case "api":
            from hotline.api.server import main as server
            from hotline.bootstrap.edge_desk import EdgeDesk

            server(settings, EdgeDesk(settings))
        case "simulate":
            from hotline.simulate.trickle import main as trickle

            trickle(settings)
        case _:
            raise Missing("part.unknown", name=name)


def body(name: str, settings: Settings) -> None:
    """:func:`run_part`, with an error in one line and exit code 2."""
    try:
        run_part(name, settings)
    except HotlineError as error:
        sys.stderr.write(f"{name}: {error.code} {error.details}\n")
        raise SystemExit(2) from error


def _pool(settings: Settings) -> None:
    from hotline.conversation import pool
    from hotline.conversation.context import Context
    from hotline.edge.rpc import Rpc

    edge = Rpc(settings)

    def end_leg(leg: dict[str, Any]) -> bool:
        return edge.end_leg(leg["sip_call_id"])

    pool.main(Context.load(settings), end_leg)
