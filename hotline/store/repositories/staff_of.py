"""Whose notice something is: the handler of a ticket, the director of its centre, the bureau. Never nobody: where a step of
this ladder is empty the next one up hears it. Whoever may not know of a ticket (they are accused, they avoid, it is
confidential) stands on no step of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.core.tickets import Tree
from hotline.store.models import Account, Ticket
from hotline.store.repositories import centres, ticket_secrecy


@dataclass(frozen=True, slots=True)
class Member:
    """An account that can hear something."""

    id: str
    role: str
    centre_id: str
    director: bool
    agent_id: str = ""


Knows = Callable[[Member], bool]


class Ladder:
    """The people of the house, read once for many notices."""

    def __init__(self, session: Session) -> None:
        query = select(Account.id, Account.role, Account.centre_id, Account.director, Account.agent_id).where(
            Account.active, Account.role.in_(("centre", "supervisor", "admin", "agent"))
        )
        members = [
            Member(row.id, row.role, row.centre_id or "", row.director, row.agent_id or "") for row in session.execute(query)
        ]
        self.members = {member.id: member for member in members}
        self._of_centre: dict[str, list[Member]] = {}
        for member in members:
            if member.role == "centre" and member.centre_id:
                self._of_centre.setdefault(member.centre_id, []).append(member)
        self._supervisors = [member for member in members if member.role == "supervisor"]
        self._admins = [member for member in members if member.role == "admin"]
        self.tree: Tree = centres.tree(session)

    def who(self, to_whom: str, handler_id: str, centre_id: str, knows: Knows = lambda member: True) -> list[str]:
        """Account ids for `handler`, `director`, `bureau`, sorted: the first step from there up on which there is somebody
        who may know."""
        steps = {"handler": self._handler, "director": self._director, "bureau": self._bureau}
        names = list(steps)
        for name in names[names.index(to_whom) :]:
            found = sorted({member.id for member in steps[name](handler_id, centre_id, knows)})
            if found:
                return found
        return sorted(member.id for member in self._admins)

    def _handler(self, handler_id: str, centre_id: str, knows: Knows) -> Iterable[Member]:
        """Whoever signed it; before that everybody at the counter of the centre that has it."""
        known = self.members.get(handler_id)
        if known is not None:
            return filter(knows, [known])
        return [member for member in self._of_centre.get(centre_id, ()) if not member.director and knows(member)]

    def _director(self, handler_id: str, centre_id: str, knows: Knows) -> Iterable[Member]:
        for here in self.tree.chain(centre_id):
            heads = [member for member in self._heads(here) if knows(member)]
            if heads:
                return heads
        return ()

    def _bureau(self, handler_id: str, centre_id: str, knows: Knows) -> Iterable[Member]:
        return filter(knows, [*self._supervisors, *self._heads(self.tree.top(centre_id))])

    def _heads(self, centre_id: str) -> list[Member]:
        return [member for member in self._of_centre.get(centre_id, ()) if member.director]

    def at(self, centre_id: str, knows: Knows = lambda member: True) -> list[str]:
        """Account ids of everybody at a centre who may know."""
        return [member.id for member in self._of_centre.get(centre_id, ()) if knows(member)]

    def of_these(self, ids: Iterable[str], knows: Knows = lambda member: True) -> list[str]:
        """Those of these accounts that may log in and know."""
        return [one for one in ids if (member := self.members.get(one)) is not None and knows(member)]

    def admins(self, knows: Knows = lambda member: True) -> list[str]:
        """Account ids of the administrators who may know."""
        return [member.id for member in self._admins if knows(member)]

    def knowers(self, session: Session, ticket: Ticket | None) -> Knows:
        """Who may know of this ticket, as `hotline.api.ticket_sight.unguarded` says it: not whom it is hidden from; of a
        confidential one the supervisors, the directors over it, whoever took it down, and those it was granted to."""
        if ticket is None or not ticket.guarded:
            return lambda member: True
        hidden = ticket_secrecy.hidden_from(session, ticket.number)
        people, places = {row.person_id for row in hidden}, {row.centre_id for row in hidden} - {""}
        secret, here = bool(ticket.secret), ticket.centre_id or ""
        granted = {row.account_id for row in ticket_secrecy.grants(session, ticket.number) if row.ended_at is None}

        def knows(member: Member) -> bool:
            if not people.isdisjoint({member.id, member.agent_id} - {""}) or member.centre_id in places:
                return False
            took = bool(member.agent_id) and member.agent_id == ticket.agent_id
            over = member.role == "centre" and member.director and self.tree.covers(member.centre_id, here)
            return not secret or member.role == "supervisor" or over or took or member.id in granted

        return knows
