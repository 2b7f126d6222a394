"""Every Redis key and stream of the hotline, in one place. docs/protocol.md says who writes and who reads each.

Everything here can be lost at any moment without losing anything acknowledged: it is rebuilt from journals, leases that
are renewed, and the database.
"""

from __future__ import annotations

from typing import Final

FACTS: Final = "hotline:facts"
"""Stream of facts (field `fact`: JSON). Trimmed to about `FACTS_KEEP`; journals are the truth."""
FACTS_KEEP: Final = 50_000

IDLE: Final = "hotline:idle"
"""List of idle workers as SIP addresses (`sip:127.0.0.1:20003`). Kamailio pops from the left to claim one."""

ORDERS: Final = "hotline:orders"
"""List of orders to call somebody (JSON of `hotline.core.conversations.orders.Order`). Routing pushes, the pool pops and forks
a worker for each; one that has lain too long is dropped."""

LIVE: Final = "hotline:live"
"""Hash call_id → JSON snapshot of a live call with `lease` (Unix time until which it counts as alive)."""
LIVE_LEASE_SECONDS: Final = 8.0
LIVE_RENEW_SECONDS: Final = 2.0

WORKERS: Final = "hotline:workers"
"""Hash worker id → JSON {pid, sip, state: idle|busy, call_id, lease}."""

ROUTING_IN: Final = "hotline:routing:in"
"""Stream of requests to routing (field `request`: JSON {id, name, data}); answered on `reply(id)`."""

STAFF_IN: Final = "hotline:staff:in"
"""Stream of questions that conversations put about our own people (field `question`: JSON {call_id, number, name, data,
keys_enc}); answered by the command `staff_answer`. Kept short: what was keyed is in it, sealed."""
STAFF_GROUP: Final = "api"
STAFF_KEEP: Final = 100

BOARD_STATE: Final = "hotline:board:state"
"""Hash entity key (`agents/…`, `calls/…`, `offers/…`, `queues/…`, `experts/…`) → JSON. Written by routing only."""
BOARD_CHANGES: Final = "hotline:board:changes"
"""Stream (fields `set`: JSON object of entities, `del`: JSON list of keys), written in one MULTI with BOARD_STATE."""
BOARD_EPOCH: Final = "hotline:board:epoch"
"""Random string; a new one means: start again from a snapshot. Its absence tells routing that Redis was emptied."""
BOARD_KEEP: Final = 5_000

AGENTS: Final = "hotline:agents"
"""Hash agent id → JSON of routing's record (state, reason, requested, wrap-up …), so that a new routing goes on from
it."""
EXPERTS: Final = "hotline:experts"
"""Hash expert id → JSON of routing's record (free, reserved, on call; last used; calls today)."""
PEOPLE: Final = "hotline:people"
EXTERNAL_NUMBERS: Final = "hotline:external_numbers"
"""Set of the numbers of other hotlines that may be dialled: the edge lets these through besides its allowed prefixes."""
"""JSON of everyone routing last read from the database, for a routing that starts while the database is away. Numbers
in it are sealed."""

TIMETABLE: Final = "hotline:timetable"
"""JSON of `hotline.core.calendars.timetable.Timetable`: when each line is open in the next two weeks. Written by routing every
10 s, read by idle workers; a copy lies in `$HOTLINE_HOME/run/timetable.json`."""

JOBS_WAKE: Final = "hotline:jobs:wake"
"""List; anything pushed here wakes the archiver at once."""

DEMO_REQUESTS: Final = "hotline:demo:requests"
"""List of JSON {agent_id, username} pushed by the console's "call me now" and popped by the simulator."""

DEMO_PAUSE: Final = "hotline:demo:pause"
"""Whoever holds this (SET NX, with a time to live, renewed) has the demo's stage to himself: `hotline simulate` sets it, the
demo's trickle then leaves its seats, phones and port, and comes back when it is gone."""
DEMO_TRICKLE: Final = "hotline:demo:trickle"
"""What the demo's trickle does: `running` or `paused`; expires soon after it dies."""


def commands(call_id: str) -> str:
    """Stream of commands (field `command`: JSON) to the conversation that owns the call."""
    return f"hotline:commands:{call_id}"


def reply(request_id: str) -> str:
    """List on which exactly one answer (JSON {ok, code?, data?}) to a request appears; expires after 30 s."""
    return f"hotline:reply:{request_id}"


def agent_lease(agent_id: str) -> str:
    """Exists while the agent's console is connected (SET EX, renewed by the API on each heartbeat)."""
    return f"hotline:lease:agent:{agent_id}"


def headset(extension: str) -> str:
    """Digest secret (HA1) of the headset of whoever is logged in at that seat: written by the API, read by Kamailio, expires
    after `headset.credential_seconds`, gone with the log-in."""
    return f"hotline:headset:{extension}"


def staff_visit(call_id: str) -> str:
    """Who is in the staff's menu on that call: JSON {id, kind, tries, inside}; expires after `STAFF_VISIT_SECONDS`."""
    return f"hotline:staff:visit:{call_id}"


STAFF_VISIT_SECONDS: Final = 900


def part(name: str) -> str:
    """Heartbeat of one part of the system: JSON {pid, since, …}, expires after `PART_LEASE_SECONDS`."""
    return f"hotline:part:{name}"


PART_LEASE_SECONDS: Final = 10
