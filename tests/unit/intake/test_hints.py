"""Legal aid, flags, wording and the one-time notice, on the tables that ship with the program."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hotline.core.calendars.days import DayTable
from hotline.core.intake import hints as core
from hotline.core.intake.legalaid import fitting, grounds_of, unanswered
from hotline.core.intake.notices import MOST, notice
from hotline.core.intake.wording import prompts_of
from hotline.store.catalogue import catalogue
from hotline.store.intake_tables import TableError, tables
from hotline.store.repositories.calendars import shipped

pytestmark = pytest.mark.unit

TABLES = tables()
DAYS = DayTable.of(shipped())
TODAY = date(2026, 11, 22)


def hints(**fields: Any) -> dict[str, Any]:
    return core.hints(fields, TABLES, DAYS, TODAY)


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"category": "0201"}, ["LA31-5"]),
        ({"category": "0201", "caller_groups": ["G01"]}, ["LA31-5", "LA42-3"]),
        ({"category": "0301"}, []),
        ({"category": "0301", "caller_groups": ["G02"]}, ["LA42-1"]),
        ({"category": "0105"}, ["LA32-3"]),
        ({"category": "0101", "risk_flags": ["R03"]}, ["LA32-5"]),
        ({"category": "0201", "disposition": "D09"}, []),
    ],
)
def test_when_legal_aid_must_be_spoken_of(fields: dict[str, Any], codes: list[str]) -> None:
    assert [ground.code for ground in fitting(fields, TABLES.grounds)] == codes
    assert unanswered(fields, TABLES.grounds) is bool(codes)
    for answer in catalogue().codes("legal_aid_answers"):
        assert not unanswered({**fields, "legal_aid": answer}, TABLES.grounds)


def test_flags_are_proposed_with_the_reason_and_only_while_they_are_not_ticked() -> None:
    said = hints(category="0105", facts="他说不想活了", key_dates=[{"event": "detained", "date": "2026-11-20"}])
    assert said["flags"] == [
        {"flag": "R08", "why": "event", "word": ""},
        {"flag": "R03", "why": "category", "word": ""},
        {"flag": "R01", "why": "word", "word": "不想活"},
    ]
    assert said["priority"] == 3, "a proposal raises nothing"
    assert hints(facts="不想活了", risk_flags=["R01"])["flags"] == []


def test_a_limit_that_runs_out_raises_the_matter_whether_it_is_ticked_or_not() -> None:
    urgent = {"category": "0201", "key_dates": [{"event": "knew", "date": "2025-11-24"}]}
    said = core.hints(urgent, TABLES, DAYS, TODAY)
    assert (said["flags"][0], said["priority"]) == ({"flag": "R07", "why": "limit", "word": ""}, 1)
    assert said["wording"][0]["code"] == "W-LU"
    assert core.raised(urgent, TABLES, DAYS, TODAY)["risk_flags"] == ["R07"]
    assert core.raised({**urgent, "risk_flags": ["R09"]}, TABLES, DAYS, TODAY)["risk_flags"] == ["R07", "R09"]
    past = {**urgent, "key_dates": [{"event": "knew", "date": "2025-11-20"}]}
    assert core.raised(past, TABLES, DAYS, TODAY) == past
    assert "W-LP" in [one["code"] for one in core.hints(past, TABLES, DAYS, TODAY)["wording"]]


def test_wording_is_narrow_first_and_never_more_than_one_reads() -> None:
    assert [one["code"] for one in hints()["wording"]] == ["W-A1", "W-A2", "W-S1"]
    said = hints(risk_flags=["R01", "R02", "R03", "R05"], category="0201", disposition="D05", caller_groups=["G02"])["wording"]
    assert len(said) == 6
    assert all(one["code"].startswith("W-R") for one in said)
    with pytest.raises(ValueError, match="kind"):
        prompts_of([{"code": "x", "when": "always", "kind": "shout", "zh": "", "en": ""}])


def test_the_notice_names_everything_once() -> None:
    items = ["M0201", "M0202", "与房东的合同", "  "]
    text = notice(items, TABLES.materials, "S02", ("法律援助", "legal aid"))
    assert "共3项" in text["zh"]
    assert all(word in text["zh"] for word in ("第一项，法律援助申请表", "第三项，与房东的合同", "视为撤回申请"))
    assert "1. Application form for legal aid" in text["en"]
    assert "withdrawn" in text["en"]
    assert "撤回" not in notice(items, TABLES.materials, "S03", ("人民调解", "mediation"))["zh"]
    assert notice([], TABLES.materials, "S02", ("", "")) == {"zh": "", "en": ""}
    assert f"共{MOST}项" in notice([f"材料{n}" for n in range(30)], (), "", ("", ""))["zh"]


def test_the_shipped_tables_speak_of_codes_that_exist() -> None:
    lists = catalogue()
    flags, groups, services = (lists.codes(name) for name in ("risk_flags", "caller_groups", "service_types"))
    categories, dispositions = lists.codes("matter_categories"), lists.codes("dispositions")
    for ground in TABLES.grounds:
        assert set(ground.flags) <= flags
        assert set(ground.groups) <= groups
        assert set(ground.categories) <= categories
        assert ground.source
    known = {"flag": flags, "group": groups, "service": services, "category": categories, "disposition": dispositions}
    for prompt in TABLES.prompts:
        kind, _, what = prompt.when.partition(":")
        assert kind in ("always", "limit") or what in known[kind], prompt.code
    assert {one.service for one in TABLES.materials} <= services
    assert set((TABLES.risk_words or {}).values()) | set((TABLES.event_flags or {}).values()) <= flags
    with pytest.raises(ValueError, match="everybody"):
        grounds_of([{"code": "x", "categories": "", "groups": "", "flags": "", "zh": "", "en": "", "source": ""}])


def test_a_bureau_has_tables_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "risk_words.csv").write_text("# 本地\nword,flag\n跳江,R01\n", "utf-8-sig")
    own = tables(str(tmp_path))
    assert own.risk_words == {"跳江": "R01"}
    assert own.limits == TABLES.limits
    (tmp_path / "legal_limits.csv").write_text("code,event\nX,knew\n", "utf-8")
    with pytest.raises(TableError):
        tables(str(tmp_path), 8)
