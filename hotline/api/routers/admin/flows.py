"""Flows: the list with versions, a text checked and drawn, put in, published, rolled back. A call that goes on keeps the
version it began with; the next one hears the new."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from hotline.api import changes, flow_shelf
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Done, Page, Shape
from hotline.core.errors import Invalid, Missing
from hotline.ivr.parser import load_flow, parse_flow, read_text
from hotline.ivr.problems import FlowError, Problem
from hotline.ivr.schema import NAME_PATTERN, Flow
from hotline.ivr.svg import svg
from hotline.store import publisher
from hotline.store.models import Account, FlowPublication
from hotline.store.repositories import calendars, published

router = APIRouter(prefix="/api/flows", tags=["flows"])

Shared = Annotated[Context, Depends(current)]
Admin = Annotated[Person, Depends(need("flows.manage"))]
Name = Annotated[str, Path(pattern=NAME_PATTERN)]
Version = Annotated[str, Path(pattern=r"^([0-9a-f]{12}|shipped)$", description="a content hash, or `shipped`")]
MOST_TEXT: Final = 200_000
"""Characters; the longest shipped flow has 12,000."""
SHIPPED: Final = "shipped"


class Finding(Shape):
    """What is wrong at one line (from 1); `node` empty: about the whole file."""

    line: int
    node: str
    code: str
    zh: str
    en: str


class FlowRow(BaseModel):
    """A flow. `version`: what callers hear now; `own`: whether that is the bureau's own text, not the shipped one. `lines`: the
    numbers that lead to it, `*` for all others. `taken`: the conversation workers have it."""

    name: str
    title_zh: str
    title_en: str
    audience: str
    languages: list[str]
    version: str
    own: bool
    shipped_version: str | None
    versions: int
    published_at: float | None
    published_by: str
    lines: list[str]
    taken: bool


class VersionRow(BaseModel):
    """One version of a flow. `shipped`: it came with the program."""

    version: str
    shipped: bool
    in_force: bool
    note: str
    added_by: str
    added_at: float | None


class PublicationRow(BaseModel):
    """When which version was put in force; empty: the shipped one."""

    version: str
    reason: str
    by: str
    at: float


class FlowDetail(FlowRow):
    """A flow with all its versions, the newest first, and the last publications."""

    items: list[VersionRow]
    publications: list[PublicationRow]


class FlowText(BaseModel):
    """The text of a version."""

    name: str
    version: str
    text: str


class CheckRequest(BaseModel):
    """A text as typed or uploaded."""

    name: Annotated[str, Field(max_length=40)]
    text: Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]


class Checked(BaseModel):
    """With `problems` it cannot be put in. `scenarios`: recorded calls that go another way now. `drawing`: an SVG, when the
    text can be read."""

    version: str | None
    problems: list[Finding]
    scenarios: list[Finding]
    drawing: str | None


class NewVersion(BaseModel):
    """A text to keep; `note`: what is different, for colleagues."""

    text: Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]
    note: Annotated[str, Field(max_length=200)] = ""


class PublishRequest(BaseModel):
    """Which version callers shall hear, and why; `shipped`: the one that came with the program."""

    version: Annotated[str, Field(pattern=r"^([0-9a-f]{12}|shipped)$")]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


def _findings(problems: Sequence[Problem]) -> list[Finding]:
    return [
        Finding(line=item.line, node=item.node, code=item.code, zh=item.text_zh, en=item.text_en) for item in problems[:100]
    ]


def _names_of(session: Session) -> dict[str, str]:
    return {row.id: row.display_name for row in session.query(Account.id, Account.display_name)}


def _shipped(context: Context, name: str) -> Flow | None:
    path = flow_shelf.shipped_paths(context.settings).get(name)
    try:
        return load_flow(path) if path else None
    except FlowError:
        return None


class _Desk:
    """What the rows of one answer are made of, read once."""

    def __init__(self, context: Context, session: Session) -> None:
        self.context = context
        self.texts = published.texts_in_force(session)
        self.newest = published.in_force(session)
        self.people = _names_of(session)
        self.lines = [(row.number, row.flow) for row in calendars.lines(session)]
        self.taken = publisher.read_index(context.settings.published_dir / "flows.json")

    def leading_to(self, name: str) -> list[str]:
        entry = self.context.settings.flows.entry
        own = [number for number, flow in self.lines if flow == name]
        return own + [number for number, flow in entry.items() if flow == name and number not in own]

    def row(self, name: str, kept: int) -> dict[str, Any] | None:
        """None for a flow of which nothing can be read."""
        shipped = _shipped(self.context, name)
        flow: Flow | None = shipped
        if name in self.texts:
            flow = parse_flow(self.texts[name][1], name)
        if flow is None:
            return None
        last: FlowPublication | None = self.newest.get(name)
        return {
            "name": name,
            "title_zh": flow.title.get("zh", name),
            "title_en": flow.title.get("en", name),
            "audience": flow.audience,
            "languages": flow.languages,
            "version": flow.version,
            "own": name in self.texts,
            "shipped_version": shipped.version if shipped else None,
            "versions": kept + (shipped is not None),
            "published_at": last.at if last else None,
            "published_by": self.people.get(last.by, last.by) if last else "",
            "lines": self.leading_to(name),
            "taken": self.taken.get(name) == (flow.version if name in self.texts else None),
        }


@router.get("")
def list_flows(person: Admin, context: Shared) -> Page[FlowRow]:
    """Every flow, by name."""
    with context.store.read() as session:
        desk = _Desk(context, session)
        counts: dict[str, int] = {}
        for row in published.versions(session):
            counts[row.name] = counts.get(row.name, 0) + 1
    names = sorted(counts.keys() | flow_shelf.shipped_paths(context.settings).keys())
    found = [desk.row(name, counts.get(name, 0)) for name in names]
    # A flow that was put in and never published has nothing callers hear: its versions are found by its name.
    return Page(items=[FlowRow.model_validate(row) for row in found if row])


@router.get("/{name}")
def one_flow(name: Name, person: Admin, context: Shared) -> FlowDetail:
    """A flow with its versions. 404 `flow.missing`."""
    with context.store.read() as session:
        desk = _Desk(context, session)
        kept = published.versions(session, name)
        row = desk.row(name, len(kept))
        shown = published.publications(session, name)[:50]
        people = desk.people
    if row is None and not kept:
        raise Missing("flow.missing")
    row = row or _unpublished(name, len(kept))
    items = [
        VersionRow(
            version=item.version,
            shipped=False,
            in_force=row["own"] and item.version == row["version"],
            note=item.note,
            added_by=people.get(item.added_by, item.added_by),
            added_at=item.added_at,
        )
        for item in kept
    ]
    if row["shipped_version"]:
        held = not row["own"]
        items.append(
            VersionRow(version=row["shipped_version"], shipped=True, in_force=held, note="", added_by="", added_at=None)
        )
    told = [PublicationRow(version=p.version, reason=p.reason, by=people.get(p.by, p.by), at=p.at) for p in shown]
    return FlowDetail(**row, items=items, publications=told)


def _unpublished(name: str, kept: int) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(("title_zh", "title_en"), name)
    blank |= {"audience": "public", "languages": [], "version": "", "own": False, "shipped_version": None}
    return {"name": name, **blank, "versions": kept, "published_at": None, "published_by": "", "lines": [], "taken": True}


def _text(context: Context, name: str, version: str) -> str:
    if version == SHIPPED:
        path = flow_shelf.shipped_paths(context.settings).get(name)
        if path is None:
            raise Missing("flow.no_version")
        return read_text(path)
    with context.store.read() as session:
        row = published.version(session, name, version)
    if row is None:
        raise Missing("flow.no_version")
    return row.text


@router.get("/{name}/versions/{version}")
def version_text(name: Name, version: Version, person: Admin, context: Shared) -> FlowText:
    """The text of a version. 404 `flow.no_version`."""
    return FlowText(name=name, version=version, text=_text(context, name, version))


_SVG: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}}}


@router.get("/{name}/versions/{version}/drawing", response_class=Response, responses=_SVG)
def drawing(name: Name, version: Version, person: Admin, context: Shared) -> Response:
    """The version as a picture. 404 `flow.no_version`."""
    return Response(svg(parse_flow(_text(context, name, version), name)), media_type="image/svg+xml")


@router.post("/check")
def check(wanted: CheckRequest, person: Admin, context: Shared) -> Checked:
    """What the checks say about a text; nothing is kept."""
    found = flow_shelf.examine(context.settings, wanted.name, wanted.text)
    return Checked(
        version=found.flow.version if found.flow else None,
        problems=_findings(found.problems),
        scenarios=_findings(found.scenarios),
        drawing=svg(found.flow) if found.flow else None,
    )


@router.post("/{name}/versions", status_code=201)
def add_version(name: Name, wanted: NewVersion, person: Admin, context: Shared) -> VersionRow:
    """Keep a text as a version; callers hear nothing of it yet. 422 `flow.refused` with `details.problems`."""
    found = flow_shelf.examine(context.settings, name, wanted.text)
    if found.flow is None or found.problems:
        raise Invalid("flow.refused", problems=[item.model_dump() for item in _findings(found.problems)])
    now, version = time.time(), found.flow.version
    with context.store.write() as session:
        there = published.version(session, name, version)
        row = published.add_version(session, name, version, wanted.text, note=wanted.note, by=person.user_id, now=now)
        if there is None:
            after = {"version": version, "note": wanted.note}
            changes.note(session, person, now, "flow.version_added", f"flows/{name}", None, after)
        return VersionRow(
            version=version, shipped=False, in_force=False, note=row.note, added_by=person.name, added_at=row.added_at
        )


@router.post("/{name}/publish")
async def publish(name: Name, wanted: PublishRequest, person: Admin, context: Shared) -> Done:
    """Put a version in force, forwards or back: the next caller hears it. 404 `flow.no_version`, 409 `flow.in_force`,
    422 `flow.refused` for one that the checks refuse by now (a prompt taken away since)."""
    await asyncio.to_thread(_publish, context, person, name, wanted)
    await asyncio.to_thread(publisher.publish, context.settings, context.store)
    return Done()


def _publish(context: Context, person: Person, name: str, wanted: PublishRequest) -> None:
    version = "" if wanted.version == SHIPPED else wanted.version
    found = flow_shelf.examine(context.settings, name, _text(context, name, wanted.version))
    if found.flow is None or found.problems:
        raise Invalid("flow.refused", problems=[item.model_dump() for item in _findings(found.problems)])
    now = time.time()
    with context.store.write() as session:
        last = published.in_force(session).get(name)
        published.publish(session, name, version, reason=wanted.reason, by=person.user_id, now=now)
        before = {"version": (last.version if last else "") or SHIPPED}
        after = {"version": wanted.version}
        changes.note(session, person, now, "flow.published", f"flows/{name}", before, after, reason=wanted.reason)
