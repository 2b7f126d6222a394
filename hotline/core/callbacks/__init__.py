"""Whom the hotline must call, and when: call-backs, follow-up calls (回访), rating calls.

* `model.py`: a task, and the limits it lives under
* `machine.py`: the table of its states, and what each thing that happens makes of it
* `hours.py`: when people may be called (a daily window, and the calendar of the line)
* `caps.py`: how much may be dialled out at all, and the switch that stops all of it
"""

from hotline.core.callbacks.machine import TABLE, step
from hotline.core.callbacks.model import RESULTS, STATES, Policy, Task

__all__ = ["RESULTS", "STATES", "TABLE", "Policy", "Task", "step"]
