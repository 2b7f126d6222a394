"""The index of the catalogue at hand, on either database: an FTS5 table on SQLite, a column of type tsvector on PostgreSQL.

Both hold the words of :mod:`hotline.core.knowledge.words`, ready made: neither database is asked to understand Chinese. Words
are letters, digits and Chinese characters only, and each is quoted, so nothing that was typed can be an operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, cast, column, func, literal, literal_column, table, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from hotline.core.knowledge import Indexed, Term

TABLE: Final = "knowledge_words"
_FIELDS: Final = (("title", "A", 8.0), ("keywords", "B", 6.0), ("body", "D", 1.0), ("pinyin", "C", 4.0))
"""Fields with their weight class on PostgreSQL and their weight in bm25 on SQLite."""
_RANKS: Final = "{0.05, 0.3, 0.6, 1.0}"
"""PostgreSQL's weights of the classes D, C, B, A."""


def is_sqlite(session: Session) -> bool:
    """Which of the two."""
    return session.get_bind().dialect.name == "sqlite"


def put(session: Session, entry_id: int, found: Indexed) -> None:
    """Index an entry anew."""
    remove(session, [entry_id])
    if is_sqlite(session):
        values = {name: " ".join(getattr(found, name)) for name, _, _ in _FIELDS}
        statement = (
            "INSERT INTO knowledge_words (rowid, title, keywords, body, pinyin) VALUES (:id, :title, :keywords, :body, :pinyin)"
        )
        session.execute(text(statement), {"id": entry_id, **values})
        return
    classes: dict[str, list[str]] = {}
    for name, weight, _ in _FIELDS:
        for word in getattr(found, name):
            classes.setdefault(word, []).append(weight)
    named = {word: weights for word, weights in classes.items() if weights != ["D"]}
    statement = (
        "INSERT INTO knowledge_words (entry_id, names, words) VALUES (:id, CAST(:names AS tsvector), CAST(:words AS tsvector))"
    )
    session.execute(text(statement), {"id": entry_id, "names": _vector(named), "words": _vector(classes)})


def _vector(classes: dict[str, list[str]]) -> str:
    """As PostgreSQL reads one. Places mean nothing here (pairs need no phrases): one for each weight."""
    return " ".join(f"'{word}':" + ",".join(f"{n}{w}" for n, w in enumerate(weights, 1)) for word, weights in classes.items())


def remove(session: Session, ids: Iterable[int]) -> None:
    """Take entries out of the index."""
    key = "rowid" if is_sqlite(session) else "entry_id"
    for one in ids:
        session.execute(text(f"DELETE FROM knowledge_words WHERE {key} = :id"), {"id": one})


def indexed(session: Session) -> set[int]:
    """Ids of everything in the index."""
    key = "rowid" if is_sqlite(session) else "entry_id"
    return set(session.scalars(text(f"SELECT {key} FROM knowledge_words")))


def words_of(session: Session, entry_id: int) -> set[str]:
    """All words under which an entry is found, for the doctor."""
    if is_sqlite(session):
        row = session.execute(
            text("SELECT title, keywords, body, pinyin FROM knowledge_words WHERE rowid = :id"), {"id": entry_id}
        )
        return {word for line in row for cell in line for word in cell.split()}
    found = session.scalars(
        text("SELECT unnest(tsvector_to_array(words)) FROM knowledge_words WHERE entry_id = :id"), {"id": entry_id}
    )
    return set(found)


def matching(
    session: Session, terms: Sequence[Term], *, every: bool, names: bool
) -> tuple[Any, ColumnElement[bool], ColumnElement[Any]]:
    """For a select of entries: the index's table, the condition, and a rank, smallest best. `every`: all terms must be there,
    otherwise any. `names`: in title, keywords and pinyin only."""
    if is_sqlite(session):
        index = table(TABLE, column("rowid"))
        match = (" AND " if every else " OR ").join(_fts5(term) for term in terms)
        match = f"{{title keywords pinyin}} : ({match})" if names else match
        whole: ColumnElement[Any] = literal_column(TABLE)
        weights: list[ColumnElement[Any]] = [literal_column(str(weight)) for _, _, weight in _FIELDS]
        return index, whole.op("MATCH")(literal(match)), func.bm25(whole, *weights)
    index = table(TABLE, column("entry_id"), column("names"), column("words"))
    wanted = cast(literal((" & " if every else " | ").join(_tsquery(term) for term in terms)), TSQUERY)
    vector = index.c.names if names else index.c.words
    rank = func.ts_rank(literal_column(f"CAST('{_RANKS}' AS float4[])"), vector, wanted)
    return index, vector.op("@@")(wanted), -rank


def key_of(index: Any, session: Session) -> ColumnElement[int]:
    """The index's column that holds the entry's id."""
    found: ColumnElement[int] = index.c.rowid if is_sqlite(session) else index.c.entry_id
    return found


def _fts5(term: Term) -> str:
    star = "*" if term.prefix else ""
    words = " OR ".join(f'"{word}"{star}' for word in term.words)
    return f"({words})"


def _tsquery(term: Term) -> str:
    star = ":*" if term.prefix else ""
    words = " | ".join(f"'{word}'{star}" for word in term.words)
    return f"({words})"
