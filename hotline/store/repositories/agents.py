"""The desk's people."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.store.models import Agent, Talk


def get(session: Session, agent_id: str) -> Agent | None:
    """One agent, or None."""
    return session.get(Agent, agent_id)


def active(session: Session) -> Sequence[Agent]:
    """All agents who may work, by extension."""
    return session.scalars(select(Agent).where(Agent.active).order_by(Agent.extension)).all()


def served_since(session: Session, since: float) -> dict[str, int]:
    """Agent → talks begun at or after `since` (Unix seconds), for strategy `fewest_calls`."""
    query = (
        select(Talk.person_id, func.count())
        .where(Talk.person_kind == "agent", Talk.started_at >= since)
        .group_by(Talk.person_id)
    )
    return dict(session.execute(query).all())


def by_extension(session: Session, extension: str) -> Agent | None:
    """The agent of a desk phone, or None."""
    return session.scalars(select(Agent).where(Agent.extension == extension)).one_or_none()


def registrar_users(session: Session) -> list[tuple[str, str]]:
    """(extension, HA1) of every phone that may register with the edge."""
    found = session.execute(
        select(Agent.extension, Agent.sip_password_ha1)
        .where(Agent.active, Agent.sip_password_ha1 != "")
        .order_by(Agent.extension)
    )
    return [(extension, ha1) for extension, ha1 in found]


def set_device(session: Session, agent_id: str, device: str) -> bool:
    """Note whether a desk phone (`phone`) or their page (`headset`) rings for the agent. False when it was so already."""
    row = session.get(Agent, agent_id)
    if row is None or row.device == device:
        return False
    row.device = device
    return True


def set_desired_state(session: Session, agent_id: str, state: str) -> None:
    """Note what the agent wants to be; routing starts from it after a restart."""
    session.execute(update(Agent).where(Agent.id == agent_id).values(desired_state=state))


def ha1(extension: str, realm: str, password: str) -> str:
    """The digest secret of RFC 2617: MD5 of `extension:realm:password`. MD5 because desk phones know nothing better;
    it is only as good as the password, which is random outside the demo."""
    return hashlib.md5(f"{extension}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest()
