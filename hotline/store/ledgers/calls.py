"""The ledger of calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Integer, cast, func, select, true
from sqlalchemy.orm import Session

from hotline.secrecy import Secrecy
from hotline.store.ledgers import scope
from hotline.store.ledgers.line import Asked, Line
from hotline.store.ledgers.reading import newest_first
from hotline.store.ledgers.scope import Viewer
from hotline.store.models import Agent, Call, CallForm, Expert, Ticket
from hotline.store.repositories.lookup import pairs
from hotline.store.repositories.ticket_guard import caller_open


class Calls:
    """Calls that came in or went out, newest first."""

    def count(self, session: Session, viewer: Viewer, asked: Asked) -> int:
        return session.scalar(select(func.count()).select_from(Call).where(*self._where(session, viewer, asked))) or 0

    def totals(self, session: Session, viewer: Viewer, asked: Asked) -> Mapping[str, float]:
        query = select(
            func.count(), func.sum(cast(Call.answered, Integer)), func.sum(Call.talk_seconds), func.count(Call.rating),
            func.sum(cast(Call.outcome == "ticket", Integer)),
        ).where(*self._where(session, viewer, asked))  # fmt: skip
        total, answered, talk, rated, made = session.execute(query).one()
        return {
            "lines": total, "answered": answered or 0, "talk_seconds": round(talk or 0), "rated": rated, "tickets": made or 0,
        }  # fmt: skip

    def page(self, session: Session, secrecy: Secrecy, viewer: Viewer, asked: Asked, limit: int, before: str) -> Sequence[Line]:
        query = select(Call).where(*self._where(session, viewer, asked))
        rows = session.scalars(newest_first(session, query, Call, (Call.arrived_at, Call.call_id), before).limit(limit)).all()
        ids = [row.call_id for row in rows]
        forms = pairs(session, CallForm.call_id, CallForm.fields, ids)
        made = pairs(session, Ticket.call_id, Ticket.number, ids)
        kept = set(session.scalars(select(Ticket.call_id).where(Ticket.call_id.in_(ids), caller_open(viewer).is_not(true()))))
        agents = pairs(session, Agent.id, Agent.name, (row.agent_id for row in rows))
        experts = pairs(session, Expert.id, Expert.name, (row.expert_id for row in rows))
        return [
            Line(
                row.call_id,
                {
                    "arrived_at": row.arrived_at, "direction": row.direction, "caller": row.caller_masked,
                    "region": row.region_hint, "queue": row.queue, "agent": agents.get(row.agent_id or ""),
                    "expert": experts.get(row.expert_id or ""), "category": forms.get(row.call_id, {}).get("category"),
                    "disposition": forms.get(row.call_id, {}).get("disposition"), "wait_seconds": row.wait_seconds,
                    "talk_seconds": row.talk_seconds, "rating": None if row.rating is None else str(row.rating),
                    "ticket_number": made.get(row.call_id),
                },
                {"caller": ("calls.caller_enc", row.call_id, row.caller_enc)} if row.call_id not in kept else {},
            )
            for row in rows
        ]  # fmt: skip

    def _where(self, session: Session, viewer: Viewer, asked: Asked) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Call.arrived_at >= asked.since, Call.arrived_at < asked.until]
        found.append(scope.calls(session, viewer))
        for name in ("category", "disposition"):
            if value := asked.of(name):
                field = CallForm.fields[name].as_string()
                found.append(Call.call_id.in_(select(CallForm.call_id).where(field == value)))
        return found
