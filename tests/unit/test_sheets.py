"""Sheets of experts and duties: what is read, what is refused and how that is said, and no cell ever a formula."""

from __future__ import annotations

import io
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from hotline.core.errors import Invalid
from hotline.core.sheets import EXPERTS, ROSTER, SheetRow, read_experts, read_roster
from hotline.core.sheets.experts import Codes
from hotline.core.sheets.problems import TEXTS
from hotline.core.sheets.roster import Known
from hotline.store import sheets

pytestmark = pytest.mark.unit

CODES = Codes(
    {"MF": ("婚姻家庭", "Marriage and family"), "GN": ("综合", "General")},
    {"zh-CN": ("普通话", "Mandarin"), "en": ("英语", "English")},
    {"990102": ("江北区", "Jiangbei District")},
)
GOOD = {
    "name": "王律师",
    "kind": "律师",
    "firm": "江畔律师事务所",
    "licence": "A1",
    "skills": "婚姻家庭、GN",
    "regions": "江北区",
    "phone": "13900010001",
    "phone2": "0571-88886666",
    "hours": "08:30-20:30",
    "stars": "4",
}
KNOWN = Known({"e1": ("王律师", "A1"), "e2": ("李律师", "B2"), "e3": ("李律师", "C3")})
TODAY = date(2026, 11, 22)


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_good_row_becomes_codes_and_minutes() -> None:
    entries, problems = read_experts([SheetRow(2, GOOD)], CODES)
    assert problems == []
    entry = entries[0]
    assert (entry.kind, entry.skills, entry.regions, entry.hours, entry.stars) == (
        *("lawyer", ("MF", "GN"), ("990102",)),
        *((510, 1230), 4),
    )
    assert entry.phones == ("13900010001", "0571-88886666")
    assert entry.languages == ("zh-CN",)


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("name", "", "missing"),
        ("kind", "厨师", "kind"),
        ("skills", "", "missing"),
        ("skills", "婚姻家庭、烹饪", "skill"),
        ("languages", "火星语", "language"),
        ("regions", "月球", "region"),
        ("phone", "", "missing"),
        ("phone", "12345", "phone"),
        ("phone", "1.39E+10", "phone"),
        ("phone2", "abc", "phone"),
        ("hours", "早上到晚上", "hours"),
        ("hours", "20:30-08:30", "hours"),
        ("stars", "6", "number"),
        ("stars", "好", "number"),
        ("max_per_day", "-1", "number"),
        ("name", "长" * 201, "too_long"),
    ],
)
def test_each_bad_cell_is_named_with_row_and_column(column: str, text: str, code: str) -> None:
    entries, problems = read_experts([SheetRow(7, {**GOOD, column: text})], CODES)
    assert entries == []
    assert [(item.row, item.column, item.code) for item in problems] == [(7, column, code)]
    shown = problems[0].to_json(EXPERTS.titles)
    assert all(shown[key] for key in ("zh", "en", "do_zh", "do_en", "column_zh", "column_en"))
    assert text == "" or text not in str(shown), "what stood in the cell is not repeated"


def test_a_row_twice_is_told() -> None:
    entries, problems = read_experts([SheetRow(2, GOOD), SheetRow(3, GOOD)], CODES)
    assert len(entries) == 1
    assert [(item.row, item.code) for item in problems] == [(3, "twice")]


@pytest.mark.parametrize(
    ("cells", "when"),
    [
        ({"name": "王律师", "weekday": "周一", "start": "8:30", "end": "17:30"}, (0, None, 510, 1050)),
        ({"licence": "C3", "name": "李律师", "weekday": "星期日", "start": "20:00", "end": "08:00"}, (6, None, 1200, 480)),
        ({"name": "e1", "weekday": "3", "start": "00:00", "end": "24:00"}, (2, None, 0, 1440)),
        ({"name": "王律师", "date": "2026/11/25", "start": "08:30:00", "end": "12:00"}, (None, "2026-11-25", 510, 720)),
    ],
)
def test_duties_in_the_shapes_people_write(cells: dict[str, str], when: tuple[object, ...]) -> None:
    entries, problems = read_roster([SheetRow(2, cells)], KNOWN, TODAY)
    assert problems == []
    entry = entries[0]
    assert (entry.weekday, entry.date, entry.from_minute, entry.to_minute) == when


@pytest.mark.parametrize(
    ("changes", "column", "code"),
    [
        ({"name": ""}, "name", "missing"),
        ({"name": "无此人"}, "name", "expert"),
        ({"name": "李律师"}, "name", "expert_twice"),
        ({"weekday": "周八"}, "weekday", "weekday"),
        ({"weekday": ""}, "weekday", "day_or_date"),
        ({"date": "2026-11-25"}, "weekday", "day_or_date"),
        ({"weekday": "", "date": "25.11"}, "date", "date"),
        ({"weekday": "", "date": "2026-11-21"}, "date", "past"),
        ({"start": "25:00"}, "start", "time"),
        ({"end": ""}, "end", "missing"),
        ({"end": "08:30"}, "end", "same_time"),
    ],
)
def test_bad_duties(changes: dict[str, str], column: str, code: str) -> None:
    row = {"name": "王律师", "weekday": "周一", "start": "08:30", "end": "17:30", **changes}
    entries, problems = read_roster([SheetRow(4, row)], KNOWN, TODAY)
    assert entries == []
    assert [(item.row, item.column, item.code) for item in problems] == [(4, column, code)]


def test_overlapping_duties_of_one_expert() -> None:
    row = {"name": "王律师", "weekday": "周一", "start": "08:30", "end": "17:30"}
    rows = [SheetRow(2, row), SheetRow(3, {**row, "start": "17:00", "end": "19:00"}), SheetRow(4, row)]
    entries, problems = read_roster(rows, KNOWN, TODAY)
    assert len(entries) == 1
    assert [(item.row, item.code) for item in problems] == [(3, "overlap"), (4, "twice")]


def test_every_code_has_words_for_what_and_what_to_do() -> None:
    assert all(all(texts) for texts in TEXTS.values())


def test_xlsx_with_numbers_times_and_dates_as_excel_keeps_them() -> None:
    heading: list[object] = ["备注", "姓名*", "执业证号", "星期", "日期", "开始", "结束"]
    content = workbook([heading, ["x", "王律师", 123, None, date(2026, 11, 25), time(8, 30), "17:30"], [None] * 7])
    rows = sheets.read(content, ROSTER)
    assert len(rows) == 1
    assert rows[0].cells == {
        "name": "王律师",
        "licence": "123",
        "weekday": "",
        "date": "2026-11-25",
        "start": "08:30",
        "end": "17:30",
    }
    numbers = sheets.read(workbook([["姓名", "类别", "业务组", "电话1"], ["甲", "律师", "MF", 13900010001.0]]), EXPERTS)
    assert numbers[0].get("phone") == "13900010001"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_excel_in_china_saves_it(encoding: str, delimiter: str) -> None:
    lines = [["姓名", "类别", "业务组", "电话1"], ["王律师", "律师", "婚姻家庭", "13900010001"], ["", "", "", ""]]
    content = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    rows = sheets.read(content, EXPERTS)
    assert [(row.number, row.get("name")) for row in rows] == [(2, "王律师")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 not a zip", "import.file"),
        (b"\x00\x01\x02", "import.file"),
        (b"\xff\xff\xff,\xfe", "import.file"),
        ("姓名,电话1\n王,1".encode(), "import.columns"),
        (b"", "import.columns"),
        (b"a" * 300_000, "import.too_large"),
        (("姓名,类别,业务组,电话1\n" + "王,律师,MF,13900010001\n" * 1001).encode(), "import.too_large"),
    ],
)
def test_files_that_are_none(content: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        sheets.read(content, EXPERTS)
    assert caught.value.code == code


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30), min_size=13, max_size=13))
def test_no_exported_cell_is_a_formula_and_what_was_exported_reads_the_same(cells: list[str]) -> None:
    cells[0] = cells[0] or "x"
    wanted = [cell.strip() for cell in cells]
    content = sheets.write_xlsx(EXPERTS, [cells])
    book = load_workbook(io.BytesIO(content))
    assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)
    found = sheets.read(sheets.write_csv(EXPERTS, [wanted]), EXPERTS)
    for line in sheets.write_csv(EXPERTS, [wanted]).decode("utf-8-sig").splitlines()[1:2]:
        assert line.lstrip('"')[:1] not in ("=", "+", "-", "@")
    if found:
        assert found[0].get("firm") == wanted[2].strip()


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@sum", "|calc", "%0A", "＝1+1", "\u200b=1", "王律师\x0b", "\ufffe=1"])
def test_dangerous_cells_are_made_harmless(text: str) -> None:
    """In both kinds of file; and what no file can hold is left out."""
    kept = text.strip("\x0b\ufffe")
    runs = kept != "王律师"
    row = [[text] * len(EXPERTS.columns)]
    assert ("'" + kept if runs else kept) in sheets.write_csv(EXPERTS, row).decode("utf-8-sig")
    cell = load_workbook(io.BytesIO(sheets.write_xlsx(EXPERTS, row))).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (kept, "s", runs)
