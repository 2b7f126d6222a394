"""An order to call somebody: what a conversation is started with when we call, instead of an INVITE."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """`call_id` was committed to the database before this was made (a row of `callback_tries`), so it is begun once only.
    `number_enc` is sealed for that task. Without `agent_id` nobody of ours is called first (a rating call). `place_at`: since
    when the person has waited; kept should the talk be lost. `expires_at`: later than that nobody begins it any more."""

    call_id: str
    task_id: str
    kind: str
    number_enc: str
    caller_masked: str
    caller_hash: str
    trunk: str
    flow: str
    place_at: float
    expires_at: float
    ring_seconds: float = 45.0
    region_hint: str = ""
    queue: str = ""
    priority: str = "P3"
    language: str = ""
    offer_id: str = ""
    agent_id: str = ""
    agent_uri: str = ""
    of_call: str = ""
    """Of a rating call: the consultation it asks about, and in `talk` whom."""
    talk: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Order:
        """Inverse of :meth:`to_json`; unknown keys are ignored. Raises ValueError on anything else."""
        try:
            raw: dict[str, Any] = json.loads(text)
            known = {item.name for item in fields(cls)}
            return cls(**{key: value for key, value in raw.items() if key in known})
        except (TypeError, AttributeError, json.JSONDecodeError) as exc:
            raise ValueError(f"not an order: {exc}") from exc
