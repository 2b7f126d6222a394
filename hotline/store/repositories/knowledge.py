"""The catalogue at hand: written with a version each time, found by words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.orm import Session

from hotline.core.errors import Missing, Rejected
from hotline.core.knowledge import Candidate, Draft, Indexed, Query, index, rank, standing
from hotline.store import knowledge_index
from hotline.store.models import KnowledgeEntry, KnowledgeVersion
from hotline.store.pinyin import readings

CANDIDATES: Final = 120
"""How many of the database's best are ordered more closely: a desk looks at ten."""
POOL: Final = 2_000
"""Of how many finds the best are looked for: a word that is in more of them says little, and ranking them all takes time."""
LOOSE_POOL: Final = 500
"""The same when any word will do: ranking by a dozen words costs a dozen times as much."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What may be asked for. `regions`: codes that fit, None for all; `near`: nearest first, for the order. `current_only`
    leaves out what is not in force."""

    kind: str = ""
    subtype: str = ""
    regions: Collection[str] | None = None
    near: Sequence[str] = ()
    current_only: bool = False


def draft_of(row: KnowledgeEntry) -> Draft:
    """The entry as it stands."""
    return Draft(
        kind=row.kind,
        title=row.title,
        fields=dict(row.fields),
        keywords=tuple(row.keywords),
        region=row.region_code,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        source=row.source,
    )


def words_for(draft: Draft) -> Indexed:
    """Under what it is found. Takes about a millisecond: for many, make them before the transaction."""
    body = [text for key, text in draft.fields.items() if key not in ("phones", "type")]
    return index(draft.title, draft.keywords, body, draft.phones, readings)


def get(session: Session, entry_id: int) -> KnowledgeEntry:
    """One entry, removed ones too. Raises Missing `knowledge.missing`."""
    row = session.get(KnowledgeEntry, entry_id)
    if row is None:
        raise Missing("knowledge.missing")
    return row


def versions(session: Session, entry_id: int) -> Sequence[KnowledgeVersion]:
    """Every version, newest first."""
    query = select(KnowledgeVersion).where(KnowledgeVersion.entry_id == entry_id)
    return session.scalars(query.order_by(KnowledgeVersion.version.desc())).all()


def version(session: Session, entry_id: int, number: int) -> KnowledgeVersion:
    """One of them. Raises Missing `knowledge.missing`."""
    row = session.get(KnowledgeVersion, (entry_id, number))
    if row is None:
        raise Missing("knowledge.missing")
    return row


def add(
    session: Session, draft: Draft, *, by: str, now: float, action: str = "added", words: Indexed | None = None
) -> KnowledgeEntry:
    """A new entry, its first version, and its words."""
    row = KnowledgeEntry(version=0, updated_at=now, updated_by=by)
    _write(session, row, draft, by=by, now=now, action=action, words=words)
    return row


def change(
    session: Session,
    row: KnowledgeEntry,
    draft: Draft,
    *,
    by: str,
    now: float,
    action: str = "changed",
    base: int | None = None,
    words: Indexed | None = None,
) -> bool:
    """Change an entry; False when it says so already. `base`: the version the writer saw.

    Raises Rejected `knowledge.version` when it has changed since, with the present one in the details.
    """
    if base is not None and base != row.version:
        raise Rejected("knowledge.version", version=row.version)
    if row.active and draft_of(row) == draft:
        return False
    _write(session, row, draft, by=by, now=now, action=action, words=words)
    return True


def remove(session: Session, row: KnowledgeEntry, *, by: str, now: float) -> None:
    """Take it out of the catalogue; its versions stay."""
    row.active = False
    _version(session, row, draft_of(row), by=by, now=now, action="removed")
    knowledge_index.remove(session, [row.id])


def _write(
    session: Session, row: KnowledgeEntry, draft: Draft, *, by: str, now: float, action: str, words: Indexed | None
) -> None:
    row.kind, row.title, row.fields, row.keywords = draft.kind, draft.title, dict(draft.fields), list(draft.keywords)
    row.region_code, row.source = draft.region, draft.source
    row.valid_from, row.valid_to = draft.valid_from, draft.valid_to
    row.subtype = draft.fields.get("type", "") if draft.kind == "institution" else ""
    row.active = True
    session.add(row)
    session.flush()
    _version(session, row, draft, by=by, now=now, action=action)
    knowledge_index.put(session, row.id, words or words_for(draft))


def _version(session: Session, row: KnowledgeEntry, draft: Draft, *, by: str, now: float, action: str) -> None:
    row.version += 1
    row.updated_at, row.updated_by = now, by
    content = draft.to_json()
    session.add(KnowledgeVersion(entry_id=row.id, version=row.version, at=now, by=by, action=action, content=content))
    session.flush()


def same_thing(session: Session, draft: Draft) -> KnowledgeEntry | None:
    """The entry that a row of a sheet is about: of that kind and title in that region (a law: with that first day). It may be
    a removed one."""
    query = select(KnowledgeEntry).where(
        KnowledgeEntry.kind == draft.kind, KnowledgeEntry.title == draft.title, KnowledgeEntry.region_code == draft.region
    )
    if draft.kind == "law":  # the article as amended is another text beside the old one
        query = query.where(KnowledgeEntry.valid_from == draft.valid_from)
    return session.scalars(query.order_by(KnowledgeEntry.active.desc(), KnowledgeEntry.id)).first()


def browse(session: Session, wish: Wish, today: str, *, limit: int, offset: int) -> Sequence[KnowledgeEntry]:
    """Entries in the order they came in, those in force first; one more than `limit` when there are more."""
    query = select(KnowledgeEntry).where(*_conditions(wish, today))
    query = query.order_by(_in_force(today).desc(), KnowledgeEntry.kind, KnowledgeEntry.id).offset(offset).limit(limit + 1)
    return session.scalars(query).all()


def search(session: Session, query: Query, wish: Wish, today: str, *, limit: int, offset: int) -> list[KnowledgeEntry]:
    """Entries that hold every word of the query, or when there is none any of them; best first, those in force before all
    others; one more than `limit` when there are more."""
    found: dict[int, Candidate] = {}
    for every in (True, False):
        if not every and (found or len(query.terms) < 2):
            break
        conditions = _conditions(wish, today)
        _look(session, query, conditions, found, today, every=every)
        if found and not any(standing(one.valid_from, one.valid_to, today) == "in_force" for one in found.values()):
            # Only what is repealed was found, perhaps because there is so much of it.
            _look(session, query, [*conditions, _in_force(today)], found, today, every=every)
    chosen = [one.id for one in rank(list(found.values()), query.text, today, wish.near)[offset : offset + limit + 1]]
    rows = {row.id: row for row in session.scalars(select(KnowledgeEntry).where(KnowledgeEntry.id.in_(chosen)))}
    return [rows[one] for one in chosen]


def _look(
    session: Session,
    query: Query,
    conditions: Sequence[ColumnElement[bool]],
    found: dict[int, Candidate],
    today: str,
    *,
    every: bool,
) -> None:
    """Add what is called so, then what has the words in its names, then in its text, until there are enough."""
    titled = select(*_COLUMNS).where(*conditions, KnowledgeEntry.title == query.typed).limit(CANDIDATES)
    _take(session, titled, found, loose=not every)
    enough = len(found) + CANDIDATES
    for names in (True, False):
        if len(found) >= enough:
            return
        words, matches, order = knowledge_index.matching(session, query.terms, every=every, names=names)
        key = knowledge_index.key_of(words, session)
        ended = case((_in_force(today), 0), else_=1)
        pool = select(*_COLUMNS, ended.label("ended"), order.label("place")).join_from(
            words, KnowledgeEntry, KnowledgeEntry.id == key
        )
        some = pool.where(matches, *conditions).limit(POOL if every else LOOSE_POOL).subquery()
        _take(session, select(some).order_by(some.c.ended, some.c.place, some.c.id).limit(CANDIDATES), found, loose=not every)


def _take(session: Session, query: Select[Any], found: dict[int, Candidate], *, loose: bool) -> None:
    for row in session.execute(query):
        if row.id not in found:
            found[row.id] = Candidate(
                id=row.id,
                title=row.title,
                keywords=tuple(row.keywords),
                phones=tuple(str(row.fields.get("phones", "")).split("、")),
                region=row.region_code,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                loose=loose,
            )


_COLUMNS: Final[tuple[Any, ...]] = (
    KnowledgeEntry.id,
    KnowledgeEntry.title,
    KnowledgeEntry.keywords,
    KnowledgeEntry.fields,
    KnowledgeEntry.region_code,
    KnowledgeEntry.valid_from,
    KnowledgeEntry.valid_to,
)


def _in_force(today: str) -> ColumnElement[bool]:
    """ISO dates compare as text; an empty one is no bound."""
    return and_(KnowledgeEntry.valid_from <= today, or_(KnowledgeEntry.valid_to == "", KnowledgeEntry.valid_to >= today))


def _conditions(wish: Wish, today: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [KnowledgeEntry.active.is_(True)]
    if wish.kind:
        found.append(KnowledgeEntry.kind == wish.kind)
    if wish.subtype:
        found.append(KnowledgeEntry.subtype == wish.subtype)
    if wish.regions is not None:
        found.append(KnowledgeEntry.region_code.in_(wish.regions))
    if wish.current_only:
        found.append(_in_force(today))
    return found
