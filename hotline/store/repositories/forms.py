"""The agent's form: drafts saved with a version, the final one checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from hotline.core.errors import Invalid, Rejected
from hotline.core.forms import CODES, SENSITIVE, clean, missing
from hotline.core.phones import normalise
from hotline.secrecy import Secrecy
from hotline.store.catalogue import catalogue
from hotline.store.models import CallForm
from hotline.store.repositories import jobs
from hotline.store.repositories.sealing import seal, unseal

_HASHED: Final = ("caller_number", "id_number", "opposing_party")


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its fields in clear; times are Unix seconds. Version 0 is the form that nobody has saved yet."""

    call_id: str
    version: int
    fields: Mapping[str, Any]
    saved_by: str = ""
    saved_at: float | None = None
    submitted_at: float | None = None


def get(session: Session, secrecy: Secrecy, call_id: str) -> Form:
    """The form of a call, an empty one when there is none yet. Raises SecrecyError when the row was tampered with."""
    row = session.get(CallForm, call_id)
    return _form(secrecy, row) if row is not None else Form(call_id, 0, {})


def save(
    session: Session, secrecy: Secrecy, call_id: str, *, version: int, fields: Mapping[str, Any], by: str, now: float
) -> Form:
    """Save a draft made from `version`. `fields` are the whole form, not a difference.

    Raises Rejected (`form.version`, details `version`: the current one) when another saved in between, Rejected
    (`form.submitted`) when it was submitted already, Invalid (`form.field`, `form.code`).
    """
    return _form(secrecy, _write(session, secrecy, call_id, version, fields, by, now))


def submit(
    session: Session, secrecy: Secrecy, call_id: str, *, version: int, fields: Mapping[str, Any], by: str, now: float
) -> Form:
    """Save and submit; the after-call job is hurried. Raises what :func:`save` raises, and Invalid (`form.incomplete`,
    details `fields`)."""
    lacking = missing(clean(fields))
    if lacking:
        raise Invalid("form.incomplete", fields=lacking)
    row = _write(session, secrecy, call_id, version, fields, by, now)
    row.submitted_by, row.submitted_at = by, now
    session.flush()
    jobs.hasten(session, finish_key(call_id), now)
    return _form(secrecy, row)


def finish_key(call_id: str) -> str:
    """Key of the job that decides what a call becomes."""
    return f"finish_call:{call_id}"


def _write(
    session: Session, secrecy: Secrecy, call_id: str, version: int, fields: Mapping[str, Any], by: str, now: float
) -> CallForm:
    values = clean(fields)
    _check_codes(values)
    row = session.get(CallForm, call_id, with_for_update=True)
    if (row.version if row else 0) != version:
        raise Rejected("form.version", version=row.version if row else 0)
    if row is None:
        row = CallForm(call_id=call_id, version=0, saved_at=now)
        session.add(row)
    elif row.submitted_at is not None:
        raise Rejected("form.submitted")
    for key in SENSITIVE:
        setattr(row, f"{key}_enc", seal(secrecy, f"call_forms.{key}_enc", call_id, values.get(key, "")))
    for key in _HASHED:
        setattr(row, f"{key}_hash", _hash(secrecy, key, values.get(key, "")))
    row.fields = {key: value for key, value in values.items() if key not in SENSITIVE}
    row.version, row.saved_by, row.saved_at = version + 1, by, now
    session.flush()  # two first saves at once: the second one's INSERT fails here, not at the commit
    return row


def _check_codes(values: Mapping[str, Any]) -> None:
    for key, name in CODES.items():
        given = values.get(key)
        codes = given if isinstance(given, list) else [given] if given else []
        if any(code not in catalogue().codes(name) for code in codes):
            raise Invalid("form.code", field=key)


def _hash(secrecy: Secrecy, key: str, text: str) -> str:
    if key == "caller_number" and text:
        text = normalise(text).national or text
    return secrecy.index(text.upper()) if text else ""


def _form(secrecy: Secrecy, row: CallForm) -> Form:
    fields = dict(row.fields)
    for key in SENSITIVE:
        text = unseal(secrecy, f"call_forms.{key}_enc", row.call_id, getattr(row, f"{key}_enc"))
        if text:
            fields[key] = text
    return Form(row.call_id, row.version, fields, row.saved_by, row.saved_at, row.submitted_at)
