"""Callers who abuse the people of the hotline: two timed warnings before an agent may hang up, and a restriction of the
number that is limited in time, reviewed, and never closes the way to help (rules H.61).

* `warnings.py`: when the next warning, and the hang-up, are allowed
* `restrictions.py`: the life of a restriction
"""

from hotline.core.abuse.restrictions import ACTIVE, EVENTS, STATES, TABLE, until
from hotline.core.abuse.restrictions import step as step
from hotline.core.abuse.warnings import NEEDED, Standing, Timing, standing

__all__ = ["ACTIVE", "EVENTS", "NEEDED", "STATES", "TABLE", "Standing", "Timing", "standing", "step", "until"]
