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
        # better: the place is better than told before; minutes: an expected wait that is shorter than told before
        "tell_position": ("position",),
        "offer_callback": ("reason",),
        # outcome: full | closed
        "leave_queue": ("outcome", "reason"),
        "move_queue": ("queue", "reason"),
        "restore_place": ("queued_at", "lost_call_id"),
        "hold": ("agent_id",),
        "unhold": ("agent_id",),
        "hang_up": ("agent_id",),
        "tell_agent": ("agent_id", "prompt"),
        # kind: auto | blind | attended | three_way (default auto); target: expert | agent | queue | hotline (default expert);
        # patience: seconds until routing's next word; blind to agent or queue: queue and wish (agent to ask first)
        "start_transfer": ("transfer_id", "agent_id"),
        # number_enc: sealed E.164 number; brief: {"category": code, "region": name, "region_code", "waited": seconds}
        "try_expert": ("transfer_id", "try_id", "expert_id", "number_enc", "trunk", "brief"),
        # a colleague who accepted the offer `try_id`; another hotline (number_enc: sealed, from its row)
        "try_agent": ("transfer_id", "try_id", "agent_id", "uri"),
        "try_party": ("transfer_id", "try_id", "party_id", "number_enc", "trunk"),
        "give_up_transfer": ("transfer_id",),
        # the agent's own: hand over and go; take the caller back; to the other one; all three; without the third person
        "complete_transfer": ("transfer_id", "agent_id"),
        "cancel_transfer": ("transfer_id", "agent_id"),
        "toggle_transfer": ("transfer_id", "agent_id"),
        "conference": ("transfer_id", "agent_id"),
        "drop_party": ("transfer_id", "agent_id"),
        "end_call": ("reason",),
        # the house's answer to a question about its own people; prompts: what to say to them
        "staff_answer": ("number", "outcome", "prompts"),
        # a supervisor's own phone (uri) as leg supervisor:<monitor_id>; mode: listen, whisper or barge
        "start_monitor": ("monitor_id", "agent_id", "uri", "mode", "told"),
        "set_monitor": ("monitor_id", "mode"),
        "stop_monitor": ("monitor_id",),
        "take_over": ("monitor_id", "agent_stays"),
        "ask_help": ("help_id", "agent_id"),
        "clear_help": ("help_id", "by"),
        # method: played | read
        "warn_caller": ("agent_id", "method"),
        "end_abusive_call": ("agent_id",),
        "pin": ("emergency_id", "by"),
        "unpin": ("emergency_id", "by"),
        "set_priority": ("priority", "reason", "by"),
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
