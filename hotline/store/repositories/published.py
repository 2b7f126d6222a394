"""Flows by version and the bureau's own prompts: put in, put in force, taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.core.errors import Missing, Rejected
from hotline.core.ids import new_id
from hotline.store.models import FlowPublication, FlowVersion, PromptUpload


@dataclass(frozen=True, slots=True)
class OwnPrompt:
    """A prompt of the bureau's own that is in force. `language` empty: for all."""

    language: str
    prompt: str
    sha256: str


# Flows.


def add_version(session: Session, name: str, version: str, text: str, *, note: str, by: str, now: float) -> FlowVersion:
    """Keep a text under its version; one that is there already stays as it was first put in."""
    row = session.get(FlowVersion, (name, version))
    if row is None:
        row = FlowVersion(name=name, version=version, text=text, note=note[:200], added_by=by, added_at=now)
        session.add(row)
        session.flush()
    return row


def version(session: Session, name: str, version: str) -> FlowVersion | None:
    """One version of a flow, or None."""
    return session.get(FlowVersion, (name, version))


def versions(session: Session, name: str = "") -> Sequence[FlowVersion]:
    """The versions of a flow (empty: of all), newest first."""
    query = select(FlowVersion).order_by(FlowVersion.name, FlowVersion.added_at.desc())
    return session.scalars(query.where(FlowVersion.name == name) if name else query).all()


def publications(session: Session, name: str) -> Sequence[FlowPublication]:
    """What was in force when, newest first."""
    query = select(FlowPublication).where(FlowPublication.name == name)
    return session.scalars(query.order_by(FlowPublication.id.desc())).all()


def in_force(session: Session) -> dict[str, FlowPublication]:
    """The newest publication of each flow that has one. Its `version` may be empty: the shipped flow again."""
    newest = select(func.max(FlowPublication.id)).group_by(FlowPublication.name)
    return {row.name: row for row in session.scalars(select(FlowPublication).where(FlowPublication.id.in_(newest)))}


def publish(session: Session, name: str, version: str, *, reason: str, by: str, now: float) -> FlowPublication:
    """Put a version in force; empty: the shipped flow. Raises Missing `flow.no_version`, Rejected `flow.in_force`."""
    if version and session.get(FlowVersion, (name, version)) is None:
        raise Missing("flow.no_version")
    current = in_force(session).get(name)
    if (current.version if current else "") == version:
        raise Rejected("flow.in_force")
    row = FlowPublication(name=name, version=version, reason=reason[:200], by=by, at=now)
    session.add(row)
    session.flush()
    return row


def texts_in_force(session: Session) -> dict[str, tuple[str, str]]:
    """Flow → (version, text) of every flow of which a version other than the shipped one is in force."""
    found = {}
    for name, row in in_force(session).items():
        kept = session.get(FlowVersion, (name, row.version)) if row.version else None
        if kept is not None:
            found[name] = (kept.version, kept.text)
    return found


# Prompts.


def put_prompt(
    session: Session,
    language: str,
    prompt: str,
    wav: bytes,
    *,
    seconds: float,
    peak_db: float,
    speech_db: float,
    source: str,
    by: str,
    now: float,
) -> PromptUpload:
    """Put a recording in force in place of any other of that prompt and language. The same sound again is the same row."""
    digest = hashlib.sha256(wav).hexdigest()
    of_prompt = (PromptUpload.language == language, PromptUpload.prompt == prompt)
    session.execute(update(PromptUpload).where(*of_prompt).values(in_force=False))
    row = session.scalars(select(PromptUpload).where(*of_prompt, PromptUpload.sha256 == digest)).one_or_none()
    if row is None:
        row = PromptUpload(id=new_id("prm", now), language=language, prompt=prompt, sha256=digest, wav=wav)
        session.add(row)
    row.seconds, row.peak_db, row.speech_db = seconds, peak_db, speech_db
    row.source, row.by, row.at, row.in_force = source[:200], by, now, True
    session.flush()
    return row


def revert_prompt(session: Session, language: str, prompt: str) -> PromptUpload:
    """The shipped file is heard again. Raises Missing `prompt.not_own`."""
    row = own_prompt(session, language, prompt)
    if row is None:
        raise Missing("prompt.not_own")
    row.in_force = False
    session.flush()
    return row


def own_prompt(session: Session, language: str, prompt: str) -> PromptUpload | None:
    """The bureau's own recording of a prompt that is in force, or None."""
    query = select(PromptUpload).where(PromptUpload.in_force, PromptUpload.language == language, PromptUpload.prompt == prompt)
    return session.scalars(query).one_or_none()


def own_prompts(session: Session) -> Sequence[PromptUpload]:
    """All recordings of the bureau's own that are in force, without their sound."""
    return session.scalars(select(PromptUpload).where(PromptUpload.in_force)).all()


def prompts_in_force(session: Session) -> list[OwnPrompt]:
    """What :func:`own_prompts` finds, in short."""
    return [OwnPrompt(row.language, row.prompt, row.sha256) for row in own_prompts(session)]
