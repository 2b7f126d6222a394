"""Commands to a conversation: imperative, each with an id, read from the conversation's own acknowledged stream.

`COMMANDS` lists the names with the data each must carry. A conversation answers with facts, never directly: the console
changes on the fact. A command that does not fit the call's state any more is dropped (its effect is not wanted any more).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "connect_agent": ("offer_id", "agent_id", "uri"),
        "cancel_agent": ("offer_id",),
        "tell_position": ("position",),
        "hold": ("agent_id",),
        "unhold": ("agent_id",),
        "hang_up": ("agent_id",),
        "start_transfer": ("transfer_id", "agent_id"),
        # number_enc: sealed E.164 number; brief: {"category": code, "region": name, "waited": seconds}
        "try_expert": ("transfer_id", "try_id", "expert_id", "number_enc", "trunk", "brief"),
        "give_up_transfer": ("transfer_id",),
        "cancel_transfer": ("transfer_id", "agent_id"),
        "end_call": ("reason",),
    }
)


@dataclass(frozen=True, slots=True)
class Command:
    """One order to the conversation that owns `call_id`."""

    name: str
    call_id: str
    command_id: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        required = COMMANDS.get(self.name)
        if required is None:
            raise ValueError(f"unknown command {self.name!r}")
        missing = [key for key in required if key not in self.data]
        if missing:
            raise ValueError(f"command {self.name} lacks {', '.join(missing)}")

    def to_json(self) -> str:
        return json.dumps(
            {"name": self.name, "call_id": self.call_id, "command_id": self.command_id, "data": dict(self.data)},
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Command:
        """Inverse of :meth:`to_json`. Raises ValueError on anything else."""
        try:
            raw = json.loads(text)
            return cls(name=raw["name"], call_id=raw["call_id"], command_id=raw["command_id"], data=raw["data"])
        except (KeyError, TypeError, json.JSONDecodeError) as exc:
            raise ValueError(f"not a command: {exc}") from exc
