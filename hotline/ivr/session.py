"""Where a call stands in its flow: all of it, as plain data that survives being written down and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any


def _frozen(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(data))


@dataclass(frozen=True, slots=True)
class Answer:
    """How one wait ended: at `node`, with `outcome` and what came with it (a score; never a number or name)."""

    node: str
    outcome: str
    data: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _frozen(self.data))


@dataclass(frozen=True, slots=True)
class Session:
    """`node` is where the call waits, or where it ended. `visits` counts how often each node was entered. `began` holds
    the language and variables it started with, so that `history` can be played again from the start."""

    flow: str
    version: str
    node: str
    language: str
    variables: Mapping[str, str] = field(default_factory=dict)
    visits: Mapping[str, int] = field(default_factory=dict)
    history: tuple[Answer, ...] = ()
    began: Mapping[str, Any] = field(default_factory=dict)
    ended: bool = False

    def __post_init__(self) -> None:
        for name in ("variables", "visits", "began"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))

    def moved(self, **changes: Any) -> Session:
        """A copy with changes."""
        return replace(self, **changes)

    def to_json(self) -> str:
        """One line of JSON, keys sorted."""
        raw = {
            "flow": self.flow,
            "version": self.version,
            "node": self.node,
            "language": self.language,
            "variables": dict(self.variables),
            "visits": dict(self.visits),
            "history": [{"node": a.node, "outcome": a.outcome, "data": dict(a.data)} for a in self.history],
            "began": dict(self.began),
            "ended": self.ended,
        }
        return json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Session:
        """Inverse of :meth:`to_json`. Raises ValueError on anything else."""
        try:
            raw = json.loads(text)
            return cls(
                flow=_text(raw["flow"]),
                version=_text(raw["version"]),
                node=_text(raw["node"]),
                language=_text(raw["language"]),
                variables=_texts(raw["variables"]),
                visits={_text(name): int(count) for name, count in raw["visits"].items()},
                history=tuple(Answer(_text(a["node"]), _text(a["outcome"]), _texts(a["data"])) for a in raw["history"]),
                began={"language": _text(raw["began"]["language"]), "variables": _texts(raw["began"]["variables"])},
                ended=bool(raw["ended"]),
            )
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as exc:
            raise ValueError(f"not a session: {exc!r}") from exc


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _texts(value: Any) -> dict[str, str]:
    return {_text(name): _text(each) for name, each in value.items()}
