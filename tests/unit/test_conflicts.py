"""Nobody advises both sides: parties written the one way, the check both ways round, firms bound, nothing in clear."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.conflicts import Book, Mark, PaidCase, Parties, barred, may_take_paid_case, party_terms

pytestmark = pytest.mark.unit


def index(term: str) -> str:
    return hashlib.sha256(term.encode()).hexdigest()[:32]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王小明", "王 小明"),
        ("王小明", "王小明先生"),
        ("王小明", "　王小明　"),
        ("临江市红星物业有限公司", "临江红星物业有限责任公司"),
        ("临江红星物业", "临江红星物业有限公司"),
        ("ABC贸易（临江）有限公司", "abc 贸易(临江)有限公司"),
        ("ＡＢＣ贸易公司", "ABC贸易公司"),
        ("33010219900101123x", "33010219900101123X"),
        ("13812345678", "+86 13812345678"),
        ("0571-88886666", "057188886666"),
        ("古丽·买买提", "古丽买买提"),
        ("王小明", "王小明女士"),
        ("王小明", "被告：王小明"),
        ("王小明", "老板是王小明"),
        ("王小明", "老板 王小明"),
        ("王小明", "王小明（女，45岁）"),
        ("王小明", "王小明 总经理"),
        ("临江红星物业", "对方：临江市红星物业 有限 公司"),
        ("临江红星物业", "临江红星物业有限公司（法定代表人王强）"),
        ("临江红星物业", "临江市红星物业（集团）有限公司"),
        ("平安财产保险股份有限公司", "平安财产保险股份有限公司临江分公司"),
        ("中国工商银行", "中国工商银行股份有限公司江北支行"),
    ],
)
def test_spellings_of_one_party_give_one_term(one: str, other: str) -> None:
    assert party_terms(one) == party_terms(other) != ()


@pytest.mark.parametrize(
    "vague", ["", "某公司", "张某", "张先生", "对方", "不详", "王*", "无", "  ", "12", "、，", "老板", "对方公司", "王总"]
)
def test_what_means_nobody_gives_no_term(vague: str) -> None:
    assert party_terms(vague) == ()


def test_a_field_with_several_parties_and_numbers_gives_a_term_each() -> None:
    terms = party_terms("王小明、李红，临江市红星物业有限公司 13812345678；330102199001011234")
    assert set(terms) == {
        *("name:王小明", "name:李红", "name:临江红星物业"),
        *("tel:13812345678", "id:330102199001011234"),
    }


def test_different_houses_stay_different() -> None:
    assert party_terms("临江红星物业有限公司") != party_terms("临江红星餐饮有限公司")
    assert party_terms("北京路小学") != party_terms("南京路小学")
    assert party_terms("老板电器有限公司") != party_terms("电器有限公司")
    assert party_terms("上海大众（人民路）店") != party_terms("上海大众（解放路）店")


def test_a_remark_in_brackets_loses_no_number() -> None:
    assert set(party_terms("王小明（电话13812345678，身份证330102199001011234）")) == {
        *("name:王小明", "tel:13812345678", "id:330102199001011234"),
    }


@given(st.text(max_size=200))
def test_any_text_is_read_and_twice_is_once(text: str) -> None:
    terms = party_terms(text)
    assert len(set(terms)) == len(terms) <= 24
    for term in terms:
        kind, _, value = term.partition(":")
        if kind == "name" and not value[-1:].isdigit():
            again = party_terms(value)
            assert again == () or again[0].startswith(("name:", "id:", "tel:"))


PEOPLE = st.sampled_from(["ann", "bob", "cid", "dee"])
HASHES = st.sampled_from(["h1", "h2", "h3", "h4", "h5"])
FIRM_OF = {"ann": "f1", "bob": "f1", "cid": "f2"}
MARKS = st.lists(st.tuples(HASHES, PEOPLE, st.sampled_from(["client", "opponent", "avoid"]), st.floats(0, 100)), max_size=30)
PARTIES = st.builds(
    Parties,
    st.lists(HASHES, max_size=3).map(tuple),
    st.lists(HASHES, max_size=3).map(tuple),
    st.lists(PEOPLE, max_size=2).map(tuple),
)


def book_of(marks: list[tuple[str, str, str, float]]) -> Book:
    book = Book()
    for party, expert, side, at in marks:
        book.add(party, Mark(expert, FIRM_OF.get(expert, ""), side, "c", at))
    return book


@given(MARKS, PARTIES)
def test_exactly_those_are_barred_who_stand_on_the_other_side(
    marks: list[tuple[str, str, str, float]], parties: Parties
) -> None:
    """Against a plain reading of the rule, written anew."""
    everybody = ["ann", "bob", "cid", "dee"]
    against = [item for item in parties.opposing if item not in parties.caller]
    wanted = set(parties.avoid)
    for party, expert, side, _ in marks:
        hit = (party in against and side in ("client", "avoid")) or (party in parties.caller and side in ("opponent", "avoid"))
        if hit:
            wanted.add(expert)
            if side != "avoid" and expert in FIRM_OF:
                wanted |= {other for other in everybody if FIRM_OF.get(other) == FIRM_OF[expert]}
    assert set(barred(book_of(marks), parties, FIRM_OF, everybody)) == wanted


@given(MARKS, PARTIES, st.floats(0, 100))
def test_the_past_is_judged_by_what_was_known_then(
    marks: list[tuple[str, str, str, float]], parties: Parties, then: float
) -> None:
    known = book_of([item for item in marks if item[3] <= then])
    everybody = ["ann", "bob", "cid", "dee"]
    assert barred(book_of(marks), parties, FIRM_OF, everybody, before=then) == barred(known, parties, FIRM_OF, everybody)


@given(MARKS, PARTIES)
def test_more_knowledge_never_frees_anybody(marks: list[tuple[str, str, str, float]], parties: Parties) -> None:
    everybody = ["ann", "bob", "cid", "dee"]
    assert set(barred(book_of(marks[:-1]), parties, FIRM_OF, everybody)) <= set(
        barred(book_of(marks), parties, FIRM_OF, everybody)
    )


@given(st.sampled_from(["王小明", "临江市红星物业有限公司", "33010219900101123X"]), st.sampled_from(["李红", "青溪县人民医院"]))
def test_both_sides_of_one_matter_never_reach_one_firm(first: str, second: str) -> None:
    """First calls about second and is advised by ann (firm f1); then second calls about first."""
    caller, opposing = map(index, party_terms(first)), list(map(index, party_terms(second)))
    book = Book()
    for item in caller:
        book.add(item, Mark("ann", "f1", "client", "c1", 1.0))
    for item in opposing:
        book.add(item, Mark("ann", "f1", "opponent", "c1", 1.0))
    later = Parties(tuple(opposing), tuple(map(index, party_terms(first))))
    assert set(barred(book, later, FIRM_OF, list(FIRM_OF))) == {"ann", "bob"}
    same_again = Parties(tuple(map(index, party_terms(first))), tuple(opposing))
    assert barred(book, same_again, FIRM_OF, list(FIRM_OF)) == {}, "one's own client may call again"


def test_the_callers_own_name_as_the_opposing_party_bars_nobody() -> None:
    book = book_of([("h1", "ann", "client", 1.0)])
    assert barred(book, Parties(("h1",), ("h1",)), FIRM_OF, ["ann"]) == {}


@pytest.mark.parametrize(
    ("expert", "why"),
    [("ann", "duty_expert"), ("bob", "duty_firm"), ("cid", ""), ("dee", ""), ("eve", "duty_firm")],
)
def test_who_answered_the_duty_line_does_not_get_the_paid_case(expert: str, why: str) -> None:
    firms = {**FIRM_OF, "eve": "f9"}
    assert may_take_paid_case(PaidCase(("ann",)), expert, firms, firm_of_then=("f9",)) == why


def test_a_conflict_bars_from_the_paid_case_too() -> None:
    book = book_of([("h1", "cid", "client", 1.0)])
    case = PaidCase(("ann",), Parties((), ("h1",)))
    assert may_take_paid_case(case, "cid", FIRM_OF, book) == "advised_opponent"
