"""The last hour by the minute: who came, who was answered, and how many waited at the end of each minute."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hotline.core.figures.today import Visit

MINUTES: Final = 60


def last_hour(visits: Iterable[Visit], now: float, minutes: int = MINUTES) -> list[list[int]]:
    """`[start of the minute, offered, answered, waiting]` for whole minutes, oldest first; the last one is under way.

    `waiting` counts those who had asked for a human and had neither one nor gone, at the end of the minute (or now). A caller
    who lost an agent and waits again is not counted twice.
    """
    first = int(now // 60 - minutes + 1) * 60
    rows = [[first + 60 * index, 0, 0, 0] for index in range(minutes)]
    for visit in visits:
        _count(rows, first, visit.arrived_at, 1)
        if visit.connected_at is not None:
            _count(rows, first, visit.connected_at, 2)
        if visit.queued_at is None:
            continue
        until = visit.connected_at if visit.connected_at is not None else visit.ended_at
        for row in rows:
            end = min(row[0] + 60.0, now)
            if visit.queued_at < end and (until is None or until >= end):
                row[3] += 1
    return rows


def _count(rows: list[list[int]], first: int, at: float, column: int) -> None:
    index = int((at - first) // 60)
    if 0 <= index < len(rows):
        rows[index][column] += 1
