"""The audit chain names the first row that somebody touched."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hotline.store import audit
from hotline.store.engine import Store

pytestmark = pytest.mark.contract


def fill(store: Store, count: int = 6) -> None:
    for number in range(count):
        with store.write() as session:
            audit.append(
                session,
                at=1_795_312_800.123456 + number,
                actor="acc_1",
                action="recording.played",
                object=f"recordings/rec_{number}",
                purpose="质检",
                data={"n": number, "seconds": 1.5},
            )


def verify(store: Store, *anchors: audit.Anchor) -> audit.Verdict:
    with store.read() as session:
        return audit.verify(session, anchors)


def unlock(session: Session) -> None:
    """What somebody with the rights of a database administrator would do first."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))
    else:
        session.execute(text("DROP TRIGGER audit_events_no_update"))
        session.execute(text("DROP TRIGGER audit_events_no_delete"))


def test_a_whole_chain_holds(store: Store) -> None:
    assert verify(store) == audit.Verdict(0)
    fill(store)
    assert verify(store) == audit.Verdict(6)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET actor='x' WHERE seq=3", "DELETE FROM audit_events WHERE seq=3", "TRUNCATE audit_events"],
)
def test_the_database_refuses_changes(store: Store, statement: str) -> None:
    if "TRUNCATE" in statement and store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    fill(store)
    with pytest.raises(DBAPIError, match="append-only"), store.write() as session:
        session.execute(text(statement))
    assert verify(store).ok


@pytest.mark.parametrize(
    ("statements", "bad", "problem"),
    [
        (["UPDATE audit_events SET purpose='x' WHERE seq=3"], 3, "edited"),
        (["UPDATE audit_events SET at=at+1 WHERE seq=1"], 1, "edited"),
        (["DELETE FROM audit_events WHERE seq=3"], 3, "missing"),
        (["DELETE FROM audit_events WHERE seq=6"], 6, "head"),
        (["DELETE FROM audit_events"], 1, "head"),
        (
            [
                "UPDATE audit_events SET seq=99 WHERE seq=3",
                "UPDATE audit_events SET seq=3 WHERE seq=4",
                "UPDATE audit_events SET seq=4 WHERE seq=99",
            ],
            3,
            "relinked",
        ),
    ],
)
def test_tampering_is_named(store: Store, statements: list[str], bad: int, problem: str) -> None:
    fill(store)
    with store.write() as session:
        unlock(session)
        for statement in statements:
            session.execute(text(statement))
    found = verify(store)
    assert (found.bad_seq, found.problem) == (bad, problem)


def test_cutting_the_end_off_shows_against_an_anchor(store: Store) -> None:
    fill(store)
    with store.read() as session:
        anchor = audit.head(session)
    with store.write() as session:
        unlock(session)
        session.execute(text("DELETE FROM audit_events WHERE seq > 4"))
        session.execute(text("UPDATE audit_head SET seq=4, hash=(SELECT hash FROM audit_events WHERE seq=4)"))
    assert verify(store).ok  # whole in itself …
    assert verify(store, anchor).problem == "anchor"  # … but shorter than it was
    line = audit.anchor_line(anchor, 1.0)
    assert audit.read_anchors(f"{line}\nrubbish\n") == [anchor]


def test_a_forged_chain_shows_against_an_anchor(store: Store) -> None:
    fill(store, 3)
    with store.read() as session:
        anchor = audit.head(session)
    with store.write() as session:
        unlock(session)
        session.execute(text("DELETE FROM audit_events"))
        session.execute(text(f"UPDATE audit_head SET seq=0, hash='{audit.GENESIS}'"))
    fill(store, 3)
    with store.write() as session:
        audit.append(session, at=1.0, actor="x", action="y", object="z")
    assert verify(store).ok
    forged = verify(store, audit.Anchor(anchor.seq, "0" * 64))
    assert (forged.bad_seq, forged.problem) == (3, "anchor")


def test_many_at_once_make_one_chain(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fill(store, 3), range(8)))
    assert verify(store) == audit.Verdict(24)


def test_what_is_rolled_back_leaves_no_gap(store: Store) -> None:
    fill(store, 2)
    with pytest.raises(RuntimeError), store.write() as session:
        audit.append(session, at=1.0, actor="x", action="y", object="z")
        raise RuntimeError
    fill(store, 1)
    assert verify(store) == audit.Verdict(3)
