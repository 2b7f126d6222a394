"""Misbehaviour on demand: a network that loses messages, a peer that falls silent. Off unless a test asks for it."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from hotline.simulate.sip_message import Message

Direction = Literal["in", "out"]


def name_of(message: Message) -> str:
    """What a message is called here: `INVITE`, `BYE`, or `200 INVITE`, `486 INVITE` for responses."""
    if message.is_request:
        return message.method
    return f"{message.status} {message.get('CSeq').partition(' ')[2].strip()}"


class Mischief:
    """What to lose. `lose("out", "ACK", 2)` swallows the next two ACKs; `deaf` and `dumb` swallow all that comes or goes."""

    def __init__(self) -> None:
        self.deaf = False
        self.dumb = False
        self.lost: Counter[tuple[str, str]] = Counter()
        self._left: Counter[tuple[str, str]] = Counter()

    def lose(self, direction: Direction, name: str, times: int = 1_000_000) -> None:
        """Lose the next `times` messages called `name` (see :func:`name_of`) in that direction."""
        self._left[direction, name] = times

    def takes(self, direction: Direction, message: Message) -> bool:
        """Whether this message is lost now."""
        key = (direction, name_of(message))
        if self._left[key] > 0:
            self._left[key] -= 1
        elif not (self.deaf if direction == "in" else self.dumb):
            return False
        self.lost[key] += 1
        return True
