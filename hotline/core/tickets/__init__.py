"""Tickets: the states and acts as one table, the few rules beside it, and the limits that run. Pure.

* `table.py`: **the table**: which act in which state, where it leads, who may do it, what must be said with it
* `decide.py`: :func:`decide` an act, :func:`possible` acts of a person; what is not in the table raises
* `model.py`, `needs.py`: the values, and what is said with an act
* `centres.py`: the tree of centres; `bounces.py`: which pairs send what back; `words.py`: searching in Chinese text
* `followups.py`: what is owed after the work, as tasks; `complaints.py`, `secrecy.py`: their rules (avoidance too)
* `progress.py`: how each state is put to the public, on the page, by telephone, in letters, read out
* `clocks/`: limits, counting, warnings
"""

from hotline.core.tickets.centres import Tree
from hotline.core.tickets.decide import decide, possible, same_matter, standing_of
from hotline.core.tickets.model import Actor, Change, Limits, Standing, Ticket
from hotline.core.tickets.table import ACTS, OPEN, OVER, STATES, TABLE, Act, Need

__all__ = [
    "ACTS",
    "OPEN",
    "OVER",
    "STATES",
    "TABLE",
    "Act",
    "Actor",
    "Change",
    "Limits",
    "Need",
    "Standing",
    "Ticket",
    "Tree",
    "decide",
    "possible",
    "same_matter",
    "standing_of",
]
