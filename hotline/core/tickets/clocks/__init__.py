"""A ticket's limits. Pure.

* `limits.py`: the rules (rows of `ticket_clocks.csv`), and which act starts, ends, pauses them
* `counting.py`: when a limit ends, counted day by day, and the count in words
* `warnings.py`: yellow, orange, red, and to whom
"""

from hotline.core.tickets.clocks.counting import Counted, Step, Term, count, sentences
from hotline.core.tickets.clocks.limits import Limit, Steps, read_limits, steps
from hotline.core.tickets.clocks.warnings import LEVELS, TO, Level, Warn, level_at, moments, next_moment

__all__ = [
    "LEVELS",
    "TO",
    "Counted",
    "Level",
    "Limit",
    "Step",
    "Steps",
    "Term",
    "Warn",
    "count",
    "level_at",
    "moments",
    "next_moment",
    "read_limits",
    "sentences",
    "steps",
]
