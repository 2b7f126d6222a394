"""Waiting callers: in what order, shown to whom, told what.

| file | idea |
|---|---|
| `line` | priority, then seniority: the one order |
| `priorities` | P0–P3, and who is raised |
| `relaxing` | whom a caller's need admits, ring by ring with the time waited |
| `strategies` | which of the admitted agents goes first |
| `rules` | one queue's settings |
| `telling` | position, expected wait, and when they are said |
| `places` | a caller cut off by our own fault keeps the place |
"""

from hotline.core.queues.line import Line, Rank, rank
from hotline.core.queues.priorities import ORDINARY, priority_of
from hotline.core.queues.telling import TELL_GAP_SECONDS, Pace, due_to_tell

__all__ = ["ORDINARY", "TELL_GAP_SECONDS", "Line", "Pace", "Rank", "due_to_tell", "priority_of", "rank"]
