"""The agent's form: drafts saved with a version, the final one checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from hotline.core.errors import Invalid, Rejected
from hotline.core.forms import CODES, FREE, FREE_LISTS, SENSITIVE, clean, missing
from hotline.core.intake import edits
from hotline.core.intake.edits import Edit
from hotline.core.phones import normalise
from hotline.secrecy import Secrecy
from hotline.store.catalogue import catalogue
from hotline.store.models import CallForm
from hotline.store.repositories import jobs
from hotline.store.repositories.sealing import seal, unseal

_HASHED: Final = ("caller_number", "id_number", "opposing_party")
_TOGETHER: Final = (*FREE, *FREE_LISTS)
"""Sealed as one JSON text."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form with its fields in clear; times are Unix seconds. Version 0 is the form that nobody has saved yet."""

    call_id: str
    version: int
    fields: Mapping[str, Any]
    saved_by: str = ""
    saved_at: float | None = None
    submitted_at: float | None = None
    versions: Mapping[str, int] = field(default_factory=dict)
    """Of every field that was ever written."""
    writers: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Who wrote a field last (account), and when."""
    conflicts: tuple[str, ...] = ()
    """Fields whose edit was not taken, because somebody else had written them since."""


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


def edit(session: Session, secrecy: Secrecy, call_id: str, *, changes: Iterable[Edit], by: str, now: float) -> Form:
    """Take single fields, each made from a version of its own (:mod:`hotline.core.intake.edits`). What could not be taken
    because somebody else wrote the field meanwhile is in `conflicts`; the rest is saved.

    Raises Rejected (`form.submitted`), Invalid (`form.field`, `form.code`), IntegrityError when two
    first saves meet (try again).
    """
    row = session.get(CallForm, call_id, with_for_update=True)
    stored = _form(secrecy, row) if row is not None else Form(call_id, 0, {})
    if stored.submitted_at is not None:
        raise Rejected("form.submitted")
    found = edits.apply(stored.fields, stored.versions, changes)
    if not found.taken:
        return replace(stored, conflicts=tuple(found.conflicts))
    row = _write(session, secrecy, call_id, stored.version, found.values, by, now)
    return replace(_form(secrecy, row), conflicts=tuple(found.conflicts))


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


def submit_result(session: Session, secrecy: Secrecy, call_id: str, *, disposition: str, by: str, now: float) -> Form:
    """An agent without a console keyed the result of a talk: that is all the form they can give, and it counts as submitted.
    What a colleague has typed stays. Raises Rejected (`form.submitted`), Invalid (`form.code`)."""
    stored = get(session, secrecy, call_id)
    row = _write(session, secrecy, call_id, stored.version, {**stored.fields, "disposition": disposition}, by, now)
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
        row = CallForm(
            call_id=call_id,
            version=0,
            fields={},
            field_versions={},
            saved_at=now,
            texts_enc="",
            **{f"{key}_enc": "" for key in SENSITIVE},
        )
        session.add(row)
    elif row.submitted_at is not None:
        raise Rejected("form.submitted")
    before = _form(secrecy, row)
    for key in SENSITIVE:
        setattr(row, f"{key}_enc", seal(secrecy, f"call_forms.{key}_enc", call_id, values.get(key, "")))
    for key in _HASHED:
        setattr(row, f"{key}_hash", _hash(secrecy, key, values.get(key, "")))
    words = {key: values[key] for key in _TOGETHER if values.get(key)}
    row.texts_enc = seal(secrecy, "call_forms.texts_enc", call_id, json.dumps(words, ensure_ascii=False) if words else "")
    row.fields = {key: value for key, value in values.items() if key not in SENSITIVE and key not in _TOGETHER}
    stamped = {key: [before.versions.get(key, 0) + 1, by, now] for key in edits.changed(before.fields, values)}
    row.field_versions = {**row.field_versions, **stamped}
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
    words = unseal(secrecy, "call_forms.texts_enc", row.call_id, row.texts_enc)
    if words:
        fields.update(json.loads(words))
    stamps = row.field_versions or {}
    return Form(
        row.call_id,
        row.version,
        fields,
        row.saved_by,
        row.saved_at,
        row.submitted_at,
        {key: int(stamp[0]) for key, stamp in stamps.items()},
        {key: (str(stamp[1]), float(stamp[2])) for key, stamp in stamps.items()},
    )
