"""Names of agents, experts and centres for rows that only carry their ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.store.models import Account, Agent, Centre, Expert


class Names:
    """Looks names up once for a page of rows; an unknown id has no name."""

    def __init__(self, session: Session, agents: Iterable[str | None] = (), experts: Iterable[str | None] = ()) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._load(session, "agent", Agent, agents)
        self._load(session, "expert", Expert, experts)

    def _load(self, session: Session, kind: str, model: Any, ids: Iterable[str | None]) -> None:
        wanted = {one for one in ids if one}
        if wanted:
            for row_id, name in session.execute(select(model.id, model.name).where(model.id.in_(wanted))):
                self._names[kind, row_id] = name

    def of(self, kind: str, row_id: str | None) -> str | None:
        """The name of an `agent` or `expert`."""
        return self._names.get((kind, row_id or ""))


def centre_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Names of centres by id."""
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    found = session.execute(select(Centre.id, Centre.name).where(Centre.id.in_(wanted)))
    names: dict[str, str] = {}
    for row_id, name in found:
        names[row_id] = name
    return names


def account_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Names of those who log in, by id."""
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    found = session.execute(select(Account.id, Account.display_name).where(Account.id.in_(wanted)))
    names: dict[str, str] = {}
    for row_id, name in found:
        names[row_id] = name
    return names
