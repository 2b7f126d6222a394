"""Names of agents, experts and centres for rows that only carry their ids."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from hotline.store.models import Account, Agent, Centre, Expert
from hotline.store.repositories.lookup import pairs


class Names:
    """Looks names up once for a page of rows; an unknown id has no name."""

    def __init__(self, session: Session, agents: Iterable[str | None] = (), experts: Iterable[str | None] = ()) -> None:
        self._names = {
            "agent": pairs(session, Agent.id, Agent.name, agents),
            "expert": pairs(session, Expert.id, Expert.name, experts),
        }

    def of(self, kind: str, row_id: str | None) -> str | None:
        """The name of an `agent` or `expert`."""
        found: str | None = self._names.get(kind, {}).get(row_id or "")
        return found


def centre_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Names of centres by id."""
    return pairs(session, Centre.id, Centre.name, ids)


def account_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Names of those who log in, by id."""
    return pairs(session, Account.id, Account.display_name, ids)


def people_names(session: Session, ids: Iterable[str | None]) -> dict[str, str]:
    """Names of whoever acts on tickets, by the id of their account or of their seat."""
    wanted = list(ids)
    return account_names(session, wanted) | pairs(session, Agent.id, Agent.name, wanted)
