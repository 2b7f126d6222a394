"""The catalogue at hand: what an entry must be, under which words it is found, in which order, how it is read out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.knowledge import Candidate, Draft, index, parse, rank, read_draft, read_out, standing
from hotline.core.knowledge.entries import phones
from hotline.core.knowledge.sheet import KNOWLEDGE, read_sheet, sample_row, sheet_row
from hotline.core.knowledge.spoken import spell
from hotline.core.knowledge.words import pinyin_words, words
from hotline.core.sheets import SheetRow
from hotline.store.pinyin import readings

pytestmark = pytest.mark.unit

REGIONS = {"990100": "990100", "临江市": "990100"}
LAW = {
    "kind": "law",
    "law": "《劳动合同法》",
    "article": "第三十条",
    "text": "应当及时足额支付劳动报酬。",
    "valid_from": "2008-01-01",
}


def found(draft: Draft, typed: str) -> bool:
    """As both databases decide it: every term in some field, whole or as a beginning."""
    every = index(draft.title, draft.keywords, draft.fields.values(), draft.phones, readings)
    known = {*every.title, *every.keywords, *every.body, *every.pinyin}
    terms = parse(typed).terms
    return bool(terms) and all(
        any(any(one.startswith(word) for one in known) if term.prefix else word in known for word in term.words)
        for term in terms
    )


def test_pairs_hit_every_word_of_two_characters() -> None:
    assert list(words("劳动仲裁 12345，ＡＢc")) == ["劳动", "动仲", "仲裁", "裁", "12345", "abc"]


@pytest.mark.parametrize(
    "typed",
    [
        "仲裁", "劳动仲裁", "裁", "仲裁 江北", "ldzc", "zc", "laodong", "zhongcai", "zhongc", "lao dong", "LDZC", "劳动zc",
        "09998022333", "8022333", "0999-802", "讨薪", "taoxin", "tx", "falv", "falu", "fl",
    ],
)  # fmt: skip
def test_what_finds_it(typed: str) -> None:
    draft = Draft(
        "institution",
        "江北区劳动人事争议仲裁院（法律服务）",
        {"type": "labour_arbitration", "phones": "0999-8022333", "services": "劳动仲裁申请"},
        ("讨薪", "劳动仲裁"),
    )
    assert found(draft, typed), typed


@pytest.mark.parametrize("typed", ["公证", "gz", "争仲", "xyz", "!!", "", "仲裁 公证"])
def test_what_does_not(typed: str) -> None:
    draft = Draft("institution", "江北区劳动仲裁院", {"phones": "0999-8022333"}, ("讨薪",))
    assert not found(draft, typed)


def test_characters_with_two_readings_are_found_by_either() -> None:
    heard = set(pinyin_words("重庆银行", readings))
    assert {"chongqingyinhang", "zhongqingyinhang", "cqyh", "zqyh", "yinhang", "yinxing"} <= heard
    assert readings("A") == readings("！") == ()


@given(st.text(max_size=60))
def test_nothing_typed_is_an_operator(text: str) -> None:
    for term in parse(text).terms:
        for word in term.words:
            assert word
            assert not set(word) & set("\"'()*:^&|!+-{}\\ <>")


@given(st.text(alphabet="劳动仲裁工资拖欠法律援助离婚登记", min_size=2, max_size=10), st.data())
def test_any_stretch_of_a_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    draft = Draft("script", "甲", {"text": text})
    assert found(draft, text[start:end])
    sounds = "".join(readings(char)[0] for char in text[start:end])
    assert found(Draft("script", text, {}), sounds)
    assert found(Draft("script", text, {}), "".join(readings(char)[0][0] for char in text[start:end])[:10])


def test_what_is_not_in_force_never_comes_first() -> None:
    old = Candidate(1, "诉讼时效", valid_to="2020-12-31")
    soon = Candidate(2, "诉讼时效", valid_from="2027-01-01")
    body, begins, region = Candidate(3, "甲"), Candidate(4, "诉讼时效期间"), Candidate(5, "乙", region="990102")
    order = rank([old, soon, body, begins, region], "诉讼时效", "2026-11-22", ("990102", "990100", ""))
    assert [one.id for one in order] == [4, 5, 3, 2, 1]


def test_what_was_typed_exactly_comes_first() -> None:
    made = [
        Candidate(1, "文", ("申请工伤认定",)),
        Candidate(2, "如何申请工伤"),
        Candidate(3, "工伤认定"),
        Candidate(4, "别的", ("工伤",)),
        Candidate(5, "热线", phones=("12-333",)),
    ]
    assert [one.id for one in rank(made, "工伤", "2026-11-22")] == [4, 3, 2, 1, 5]
    assert rank(made, "12333", "2026-11-22")[0].id == 5


@pytest.mark.parametrize(
    ("day", "wanted"),
    [("2007-12-31", "not_yet"), ("2008-01-01", "in_force"), ("2020-12-31", "in_force"), ("2021-01-01", "outdated")],
)
def test_first_and_last_day_are_in_force(day: str, wanted: str) -> None:
    assert standing("2008-01-01", "2020-12-31", day) == wanted
    assert standing("", "", day) == "in_force"


def test_a_law_is_called_by_its_article() -> None:
    read = read_draft(LAW, REGIONS)
    assert read.problems == {}
    assert read.draft is not None
    assert (read.draft.title, read.draft.fields["law"]) == ("《劳动合同法》第三十条", "劳动合同法")
    assert read_out("law", read.draft.title, read.draft.fields) == "根据《劳动合同法》第三十条：应当及时足额支付劳动报酬。"
    assert Draft.from_json(read.draft.to_json()) == read.draft


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "song"}, {"kind": "entry_kind"}),
        ({"kind": ""}, {"kind": "missing"}),
        ({"text": " "}, {"text": "missing"}),
        ({"text": "字" * 4001}, {"text": "long_text"}),
        ({"valid_from": ""}, {"valid_from": "missing"}),
        ({"valid_from": "2008-02-30"}, {"valid_from": "date"}),
        ({"valid_from": "2008年"}, {"valid_from": "date"}),
        ({"valid_to": "2007-12-31"}, {"valid_to": "dates_order"}),
        ({"region": "火星"}, {"region": "region"}),
        ({"keywords": "、".join(str(n) for n in range(30))}, {"keywords": "keywords"}),
        ({"kind": "hotline", "title": "甲", "phones": "abc"}, {"phones": "entry_phone"}),
        ({"kind": "hotline", "title": "甲"}, {"phones": "missing"}),
        ({"kind": "institution", "title": "甲", "type": "pub"}, {"type": "institution_type"}),
        ({"kind": "guide"}, {"title": "missing"}),
    ],
)
def test_every_fault_is_named_by_its_part(change: dict[str, str], problem: dict[str, str]) -> None:
    read = read_draft({**LAW, **change}, REGIONS)
    assert (read.draft, read.problems) == (None, problem)


def test_marks_that_turn_the_writing_are_taken_out() -> None:
    read = read_draft({"kind": "script", "title": "甲\u202e乙\x07", "text": "一\r\n二\u200b "}, {})
    assert read.draft is not None
    assert (read.draft.title, read.draft.fields["text"]) == ("甲乙", "一\n二")


def test_numbers_are_read_in_groups() -> None:
    assert phones("0999-1234801、 12345;１３９00001234转801") == ("0999-1234801", "12345", "13900001234转801")
    assert [spell(one) for one in ("0999-1234801", "12345", "13900001234", "0999-1234801转6")] == [
        "0999 1234 801", "12345", "139 0000 1234", "0999 1234 801 转 6",
    ]  # fmt: skip
    text = read_out("institution", "江北区法律援助中心", {"type": "legal_aid", "phones": "0999-8021348", "hours": "工作日。"})
    assert text == "江北区法律援助中心。\n法律援助机构。\n电话：0999 8021 348。\n服务时间：工作日。"


def test_the_sheet_reads_what_it_writes_and_names_bad_cells() -> None:
    keys = [column.key for column in KNOWLEDGE.columns]
    entries, problems = read_sheet([SheetRow(2, dict(zip(keys, sample_row(), strict=True)))], REGIONS)
    assert problems == []
    draft = entries[0].draft
    assert (draft.kind, draft.fields["type"]) == ("institution", "legal_aid")
    again, problems = read_sheet([SheetRow(2, dict(zip(keys, sheet_row(draft, ""), strict=True)))], REGIONS)
    assert (again[0].draft, problems) == (draft, [])
    rows = [
        SheetRow(2, {"kind": "规范话术", "title": "甲", "text": "乙"}),
        SheetRow(3, {"kind": "Script", "title": "甲", "text": "丙"}),
        SheetRow(4, {"kind": "法律条文", "title": "", "law": "某法", "text": "丁", "valid_from": "昨天"}),
        SheetRow(5, {"kind": "歌曲", "title": "戊"}),
    ]
    entries, problems = read_sheet(rows, REGIONS)
    assert [entry.row for entry in entries] == [2]
    assert [(one.row, one.column, one.code) for one in problems] == [
        (3, "", "twice"), (4, "valid_from", "date"), (5, "kind", "entry_kind"),
    ]  # fmt: skip
    assert all(one.to_json(KNOWLEDGE.titles)["zh"] for one in problems)
