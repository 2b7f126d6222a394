"""Ledgers (台账): what is kept of visits, calls, cases, duty, complaints and the village advisers' work. Pure.

* `tables.py`: **the table**: each ledger's columns, filters and rights of sight
* `advisers.py`: what a village adviser owes a month and a quarter, and who is behind
* `complaints.py`: the report, the opinion and the decision on a complaint, and how its caller was told
* `desk_duty.py`: a day of the desk's agents: signed in and out, ready, paused
* `cells.py`: a cell as text that no spreadsheet program runs
"""

from __future__ import annotations

from hotline.core.ledgers.cells import neutral
from hotline.core.ledgers.tables import LEDGERS, Column, Ledger

__all__ = ["LEDGERS", "Column", "Ledger", "neutral"]
