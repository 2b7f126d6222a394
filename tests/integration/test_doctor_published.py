"""The doctor on what was published: whole, or said which is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from hotline.ivr.parser import parse_flow
from hotline.jobs.doctor import published
from hotline.jobs.doctor.report import Report
from hotline.store.engine import Store
from hotline.store.models import PromptUpload
from hotline.store.repositories import published as shelf

FLOW = (Path(__file__).resolve().parents[2] / "ivr_flows" / "main.yaml").read_text("utf-8")


@pytest.fixture
def shelved(sqlite_store: Store) -> Store:
    """A published flow and a prompt of the bureau's own."""
    with sqlite_store.write() as session:
        version = parse_flow(FLOW, "main").version
        shelf.add_version(session, "main", version, FLOW, note="", by="acc_1", now=1.0)
        shelf.publish(session, "main", version, reason="r", by="acc_1", now=2.0)
        for language in ("zh-CN", "en"):
            shelf.put_prompt(
                session,
                language,
                "greeting",
                language.encode(),
                seconds=1,
                peak_db=-3,
                speech_db=-20,
                source="WAV",
                by="a",
                now=1,
            )
    return sqlite_store


def look(store: Store) -> list[str]:
    report = Report(1000.0)
    with store.read() as session:
        published.examine(session, report)
    assert report.checked["F22"]
    return [one.problem for found in report.broken.values() for one in found]


def test_what_was_checked_is_clean(shelved: Store) -> None:
    assert look(shelved) == []


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        ("UPDATE flow_versions SET text = replace(text, 'start:', 'begin:')", "flow.changed"),
        ("UPDATE flow_versions SET version = 'other'", "flow.published_unknown"),
        ("UPDATE prompt_uploads SET wav = x'00' WHERE language = 'en'", "prompt.changed"),
        ("UPDATE prompt_uploads SET language = 'en'", "prompt.doubled"),
    ],
)
def test_what_was_changed_is_found(shelved: Store, harm: str, code: str) -> None:
    with shelved.write() as session:
        session.execute(text(harm))
    assert code in look(shelved)


def test_the_same_sound_twice_is_one_row(shelved: Store) -> None:
    with shelved.write() as session:
        shelf.put_prompt(session, "en", "greeting", b"en", seconds=1, peak_db=-3, speech_db=-20, source="WAV", by="a", now=9)
        assert session.query(PromptUpload).count() == 2
