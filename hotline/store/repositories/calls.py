"""Calls: writing a folded record into its rows, and reading them back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import String, and_, delete, or_, select
from sqlalchemy.orm import Session

from hotline.core.facts import Fact
from hotline.core.phones import normalise
from hotline.core.records import CallRecord
from hotline.secrecy import Secrecy
from hotline.store.models import (
    Base,
    Call,
    CallbackCall,
    CallbackTask,
    Consultation,
    Message,
    Rating,
    Recording,
    Talk,
    Ticket,
    Transfer,
    TransferThird,
    TransferTry,
)
from hotline.store.repositories import facts
from hotline.store.repositories.sealing import unseal

_DERIVED: Final = ("agent_id", "first_agent_id", "expert_id", "wait_seconds", "talk_seconds", "consultation_over")
_SKIPPED: Final = frozenset(
    {"known", "last_at", "hold_since", "talks", "transfers", "tries", "thirds", "rating", "recordings", "messages", "call_id"}
    | {"task_kind", "of_call", "dialled_at", "dial_status", "dial_code"}
)
BY_CALL: Final = "call"
"""Method of a rating that was given in a later call (`hotline.store.repositories.task_results`)."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a record changed: `closed_now` when the call ended with it, `captured`: ids of recordings ready to be
    sealed."""

    closed_now: bool
    captured: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallDetail:
    """A call and all that belongs to it."""

    call: Call
    facts: Sequence[Fact]
    talks: Sequence[Talk]
    transfers: Sequence[Transfer]
    tries: Sequence[TransferTry]
    recordings: Sequence[Recording]
    rating: Rating | None
    ticket: Ticket | None
    consultation: Consultation | None
    callback: CallbackTask | None


def apply(session: Session, record: CallRecord) -> Applied:
    """Write a folded record into `calls`, `talks`, `transfers`, `transfer_tries`, `ratings` and `recordings`.

    Idempotent. What other jobs own (the outcome of a call, the sealing of a recording) is left alone. A record that
    only routing has spoken of is not written.
    """
    if not record.known:
        return Applied(False, ())
    call = session.get(Call, record.call_id, with_for_update=True)
    was_closed = call is not None and call.state == "closed"
    if call is None:
        call = Call(call_id=record.call_id, arrived_at=record.arrived_at)
        session.add(call)
    values = {key: value for key, value in asdict(record).items() if key not in _SKIPPED}
    values |= {key: getattr(record, key) for key in _DERIVED}
    # A rating call's rating belongs to the consultation that it is about.
    rating = record.rating if not record.of_call else None
    values |= {
        "state": "closed" if record.closed else "live",
        "transferred": any(item.outcome == "connected" for item in record.transfers),
        "rating": rating.score if rating else None,
    }
    if rating is None and _rated_by_call(session, record.call_id):
        del values["rating"], values["rating_outcome"]
    _set(call, values)
    session.flush()  # the rows below refer to it
    for model, key, items in (
        (Talk, "talk_id", record.talks),
        (Transfer, "transfer_id", record.transfers),
        (TransferTry, "try_id", record.tries),
        (TransferThird, "try_id", record.thirds),
        (Rating, "talk_id", (rating,) if rating else ()),
        (Message, "message_id", record.messages),
    ):
        for item in items:
            _merge(session, model, key, {"call_id": record.call_id, **asdict(item)})
    # A talk was thought to be without a recording until a late fact told otherwise.
    session.execute(
        delete(Recording).where(
            Recording.call_id == record.call_id,
            Recording.recording_id.like(r"none\_%", escape="\\"),
            Recording.recording_id.not_in([item.recording_id for item in record.recordings]),
        )
    )
    captured = tuple(
        item.recording_id
        for item in record.recordings
        if _recording(session, {"call_id": record.call_id, **asdict(item)}) == "captured"
    )
    session.flush()
    return Applied(record.closed and not was_closed, captured)


def _rated_by_call(session: Session, call_id: str) -> bool:
    """The caller hung up before the rating, and gave it later by telephone."""
    return session.scalar(select(Rating.method).where(Rating.call_id == call_id)) == BY_CALL


def _recording(session: Session, values: Mapping[str, Any]) -> str:
    """Write one recording and return its state; one that the sealing job has taken further keeps what that job
    wrote."""
    row = session.get(Recording, _fitting(Recording, "recording_id", values["recording_id"]))
    if row is not None and (row.state == "sealed" or (row.state == "failed" and values["state"] != "failed")):
        return row.state
    _merge(session, Recording, "recording_id", values)
    return str(values["state"])


def _merge(session: Session, model: type[Base], key: str, values: Mapping[str, Any]) -> None:
    row = session.get(model, _fitting(model, key, values[key]))
    if row is None:
        row = model()
        _set(row, values)
        session.add(row)
    else:
        _set(row, values)


def _set(row: Base, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        setattr(row, key, _fitting(type(row), key, value))


def _fitting(model: type[Base], key: str, value: Any) -> Any:
    """Cut to what the column holds: an over-long word out of a SIP message must not stop the archiver."""
    if isinstance(value, str):
        kind = model.__table__.columns[key].type
        limit = kind.length if isinstance(kind, String) else None
        return value.replace("\x00", "")[:limit]
    return value


def get(session: Session, call_id: str) -> Call | None:
    """One call, or None."""
    return session.get(Call, call_id)


def detail(session: Session, call_id: str) -> CallDetail | None:
    """A call with all that belongs to it, or None."""
    call = session.get(Call, call_id)
    if call is None:
        return None
    return CallDetail(
        call=call,
        facts=facts.of_call(session, call_id),
        talks=session.scalars(select(Talk).where(Talk.call_id == call_id).order_by(Talk.started_at)).all(),
        transfers=session.scalars(select(Transfer).where(Transfer.call_id == call_id).order_by(Transfer.started_at)).all(),
        tries=session.scalars(select(TransferTry).where(TransferTry.call_id == call_id).order_by(TransferTry.dialled_at)).all(),
        recordings=session.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.started_at)).all(),
        rating=session.scalars(select(Rating).where(Rating.call_id == call_id)).one_or_none(),
        ticket=session.scalars(select(Ticket).where(Ticket.call_id == call_id)).one_or_none(),
        consultation=session.get(Consultation, call_id),
        callback=session.scalars(
            select(CallbackTask)
            .join(CallbackCall, CallbackCall.task_id == CallbackTask.id)
            .where(CallbackCall.call_id == call_id)
        ).one_or_none(),
    )


def page(
    session: Session,
    secrecy: Secrecy,
    *,
    state: str = "",
    q: str = "",
    agent_id: str = "",
    limit: int = 50,
    before: str = "",
) -> Sequence[Call]:
    """Calls, newest first. `before` is the last call_id of the page before; `q` finds a call id, a ticket's number,
    or a telephone number in any shape (by its blind index); `agent_id` keeps the calls in which that agent talked."""
    query = select(Call).order_by(Call.arrived_at.desc(), Call.call_id.desc()).limit(max(1, min(limit, 500)))
    if state:
        query = query.where(Call.state == state)
    if agent_id:
        talked = select(Talk.call_id).where(Talk.person_kind == "agent", Talk.person_id == agent_id)
        query = query.where(Call.call_id.in_(talked))
    if text := q.strip():
        query = query.where(
            or_(
                Call.call_id == text,
                Call.call_id.in_(select(Ticket.call_id).where(Ticket.number == text)),
                and_(Call.caller_hash != "", Call.caller_hash == number_hash(secrecy, text)),
            )
        )
    if before and (last := session.get(Call, before)) is not None:
        query = query.where(
            or_(
                Call.arrived_at < last.arrived_at,
                and_(Call.arrived_at == last.arrived_at, Call.call_id < last.call_id),
            )
        )
    return session.scalars(query).all()


def of_caller(session: Session, caller_hash: str, *, but: str = "", limit: int = 5) -> Sequence[Call]:
    """The last calls of the same number (rules B.19: the last five), without the call `but`."""
    if not caller_hash:
        return []
    return session.scalars(
        select(Call).where(Call.caller_hash == caller_hash, Call.call_id != but).order_by(Call.arrived_at.desc()).limit(limit)
    ).all()


def caller_number(secrecy: Secrecy, call: Call) -> str:
    """The caller's number in clear, `` when it was withheld. Write the audit row first. Raises SecrecyError."""
    return unseal(secrecy, "calls.caller_enc", call.call_id, call.caller_enc)


def number_hash(secrecy: Secrecy, number: str) -> str:
    """The blind index of a number in any shape; `` for what is no number."""
    national = normalise(number).national
    return secrecy.index(national) if national else ""
