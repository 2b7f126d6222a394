"""Ledger → where its lines come from."""

from __future__ import annotations

from hotline.secrecy import Secrecy
from hotline.store.ledgers.advisers import Log
from hotline.store.ledgers.calls import Calls
from hotline.store.ledgers.cases import Cases
from hotline.store.ledgers.duty import Duty
from hotline.store.ledgers.line import Source
from hotline.store.ledgers.visits import Visits


def source(ledger: str, secrecy: Secrecy) -> Source:
    """The source of a ledger. Raises KeyError for a name that is none."""
    found: dict[str, Source] = {
        "visits": Visits(secrecy),
        "calls": Calls(),
        "cases": Cases(),
        "complaints": Cases(complaints=True),
        "duty": Duty(),
        "advisers": Log(),
    }
    return found[ledger]
