"""The catalogue at hand on both databases: versions, removal, and the same finds in the same order."""

from __future__ import annotations

from datetime import date

import pytest

from hotline.core.errors import Rejected
from hotline.core.knowledge import Draft, parse
from hotline.store import demo_knowledge, knowledge_index
from hotline.store.catalogue import rows
from hotline.store.engine import Store
from hotline.store.models import Region
from hotline.store.repositories import knowledge

pytestmark = pytest.mark.contract

TODAY = "2026-11-22"
NOW = 1_795_000_000.0


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as session:
        for row in rows("demo_regions.csv"):
            session.add(Region(code=row["code"], name=row["zh"], name_en=row["en"], parent_code=None, level=row["level"]))
        session.flush()
        assert demo_knowledge.load(session, NOW) >= 60
        assert demo_knowledge.load(session, NOW) == 0
    return store


def titles(store: Store, typed: str, wish: knowledge.Wish | None = None, limit: int = 10) -> list[str]:
    with store.read() as session:
        found = knowledge.search(session, parse(typed), wish or knowledge.Wish(), TODAY, limit=limit, offset=0)
        return [row.title for row in found]


def test_the_demo_answers_what_a_desk_asks(filled: Store) -> None:
    assert titles(filled, "12345")[0] == "12345政务服务便民热线"
    assert titles(filled, "仲裁")[0].endswith(("仲裁院", "劳动仲裁"))
    assert "申请劳动仲裁" in titles(filled, "ldzc")[:6]
    assert "申请劳动仲裁" in titles(filled, "laodongzhongcai")[:6]
    assert "临江市公证处" in titles(filled, "gzc")
    assert "《中华人民共和国民法典》第一千零四十二条" in titles(filled, "家暴")
    assert "申请人身安全保护令" in titles(filled, "家庭暴力 法院")
    assert "12333人力资源和社会保障热线" in titles(filled, "欠薪")
    # A whole question that no entry holds still brings what it is about.
    assert set(titles(filled, "老板拖欠我工资怎么办")[:6]) & {
        "投诉拖欠工资",
        "申请劳动仲裁",
        "《中华人民共和国劳动合同法》第三十条",
    }
    assert titles(filled, "量子力学") == []


def test_the_repealed_article_comes_after_the_one_in_force(filled: Store) -> None:
    found = titles(filled, "诉讼时效")
    assert found[0] == "《中华人民共和国民法典》第一百八十八条"
    assert found.index("《中华人民共和国民法通则》第一百三十五条") == len(found) - 1
    assert "《中华人民共和国民法通则》第一百三十五条" not in titles(filled, "诉讼时效", knowledge.Wish(current_only=True))


def test_by_kind_type_and_region(filled: Store) -> None:
    near = ("990102", "990102101", "990100", "")
    found = titles(filled, "法律援助", knowledge.Wish("institution", "legal_aid", near, near))
    assert found == ["江北区法律援助中心", "临江市法律援助中心"]
    with filled.read() as session:
        listed = knowledge.browse(session, knowledge.Wish("law"), TODAY, limit=50, offset=0)
    assert [row.valid_to for row in listed][-2:] != ["", ""], "what is repealed stands last"


def test_every_change_is_a_version_and_can_be_undone(filled: Store) -> None:
    draft = Draft("script", "试用话术", {"text": "原来的文字"})
    with filled.write() as session:
        entry = knowledge.add(session, draft, by="acc_admin", now=NOW).id
    newer = Draft("script", "试用话术", {"text": "改过的说法"})
    with filled.write() as session:
        row = knowledge.get(session, entry)
        assert knowledge.change(session, row, newer, by="acc_admin", now=NOW + 1, base=1)
        assert not knowledge.change(session, row, newer, by="acc_admin", now=NOW + 2, base=2)
        with pytest.raises(Rejected) as refused:
            knowledge.change(session, row, draft, by="acc_other", now=NOW + 3, base=1)
        assert refused.value.code == "knowledge.version"
    assert (titles(filled, "原来的文字"), titles(filled, "改过的说法")) == ([], ["试用话术"])
    with filled.write() as session:
        knowledge.remove(session, knowledge.get(session, entry), by="acc_admin", now=NOW + 4)
    assert titles(filled, "试用话术") == []
    with filled.write() as session:
        row = knowledge.get(session, entry)
        old = Draft.from_json(knowledge.version(session, entry, 1).content)
        assert knowledge.change(session, row, old, by="acc_admin", now=NOW + 5, action="restored", base=3)
    assert titles(filled, "原来的文字") == ["试用话术"]
    with filled.read() as session:
        assert [(one.version, one.action) for one in knowledge.versions(session, entry)] == [
            (4, "restored"), (3, "removed"), (2, "changed"), (1, "added"),
        ]  # fmt: skip
        assert "原来" in knowledge_index.words_of(session, entry)


@pytest.mark.parametrize(
    "typed", ['"', "' OR 1=1 --", "a:*", "title:工资", "NEAR(工资)", "工资*", "(", "劳动 & 仲裁", "\\", "﻿", "😀"]
)
def test_nothing_that_is_typed_breaks_it(filled: Store, typed: str) -> None:
    query = parse(typed)
    if query:
        titles(filled, typed)


def test_the_amended_article_stands_beside_the_old_one(filled: Store) -> None:
    first = {"law": "某条例", "article": "第一条", "text": "旧文"}
    with filled.write() as session:
        knowledge.add(session, Draft("law", "《某条例》第一条", first, valid_from="2010-01-01"), by="a", now=NOW)
        amended = Draft("law", "《某条例》第一条", {**first, "text": "新文"}, valid_from=date(2026, 1, 1).isoformat())
        assert knowledge.same_thing(session, amended) is None
