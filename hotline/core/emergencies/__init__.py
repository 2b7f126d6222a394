"""Danger to life on a call (rules A.16, H.56): raised → acknowledged → dispatched → closed. Pure.

The row in the database is the truth; the call may end, routing and Redis may go, the emergency stays until a person closes it.
"""

from hotline.core.emergencies.machine import (
    EVENTS,
    RESULTS,
    SERVICES,
    SOURCES,
    STATES,
    TABLE,
    next_state,
    raised_by_flags,
)

__all__ = ["EVENTS", "RESULTS", "SERVICES", "SOURCES", "STATES", "TABLE", "next_state", "raised_by_flags"]
