"""The port: what a way of sending gets, and what it must answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Protocol

from hotline.core.letters import Receipt

Channel = Literal["sms", "mail"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `key`: its name for ever, the same at every attempt. `to`: a mobile number or a mail address, in clear: it
    is nowhere kept longer than the attempt takes."""

    key: str
    channel: Channel
    to: str
    subject: str
    body: str
    kind: str = ""
    number: str = ""
    to_masked: str = ""

    def __repr__(self) -> str:
        return f"<letter {self.name}>"  # an error that prints it says nothing of anybody

    @property
    def name(self) -> str:
        """The key as a file, a header or a gateway takes it: 40 hex digits."""
        return key_name(self.key)


def key_name(key: str) -> str:
    """See :attr:`Letter.name`."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class Adapter(Protocol):
    """A way of sending. `once`: the same key twice is one letter, so that after a crash it may simply be handed over again."""

    @property
    def once(self) -> bool: ...

    def send(self, letter: Letter) -> Receipt:
        """Hand it over, or say why not. Never raises for what the other side does; every wait has a limit."""
        ...
