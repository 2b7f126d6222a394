"""Spreadsheet files: .xlsx and .csv, read as rows of text and written so that no cell can become a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from hotline.core.errors import Invalid
from hotline.core.ledgers.cells import held, neutral, runs
from hotline.core.sheets import SheetRow, Table, match

MOST_ROWS: Final = 1_000
MOST_COLUMNS: Final = 60
MOST_BYTES: Final = 250_000
"""As uploaded: below the limit of any request body."""
UNPACKED_BYTES: Final = 20_000_000
"""A .xlsx is a ZIP: one that unpacks to more than this is no spreadsheet of a thousand rows."""


def read(content: bytes, table: Table) -> list[SheetRow]:
    """The rows below the heading; empty ones are passed over. The kind of file is seen from its content.

    Raises Invalid: `import.file`, `import.too_large`, `import.columns` (details `missing`: the titles).
    """
    if len(content) > MOST_BYTES:
        raise Invalid("import.too_large")
    lines = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    heading = lines[0][1] if lines else []
    columns = match(table, heading)
    missing = [column for column in table.columns if column.needed and column.key not in columns.values()]
    if missing:
        raise Invalid("import.columns", missing=[column.zh for column in missing])
    rows = []
    for number, line in lines[1:]:
        cells = {key: line[place] for place, key in columns.items() if place < len(line)}
        if any(cells.values()):
            rows.append(SheetRow(number, cells))
    if len(rows) > MOST_ROWS:
        raise Invalid("import.too_large")
    return rows


def _xlsx(content: bytes) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook  # late: 8 MB that most days need not

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > UNPACKED_BYTES:
                raise Invalid("import.too_large")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Invalid:
        raise
    except Exception as exc:  # openpyxl raises whatever its parsers do
        raise Invalid("import.file") from exc
    try:
        sheet = book.worksheets[0]
        found = []
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS * 2, values_only=True), 1):
            found.append((number, [text_of(value) for value in row]))
        while found and not any(found[0][1]):
            found.pop(0)
        return found
    except Exception as exc:
        raise Invalid("import.file") from exc
    finally:
        book.close()


def _csv(content: bytes) -> list[tuple[int, list[str]]]:
    """UTF-8, or GB 18030 as Excel in China saves it; comma, semicolon or tab."""
    if b"\x00" in content:
        raise Invalid("import.file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as exc:
            raise Invalid("import.file") from exc
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        found: list[tuple[int, list[str]]] = []
        for line in reader:
            if any(cell.strip() for cell in line) or not found:
                found.append((reader.line_num, [_unquote(cell.strip()) for cell in line[:MOST_COLUMNS]]))
            if len(found) > MOST_ROWS * 2:
                raise Invalid("import.too_large")
        return found
    except csv.Error as exc:
        raise Invalid("import.file") from exc


def _unquote(text: str) -> str:
    """The apostrophe that our own export puts before a dangerous cell."""
    return text[1:] if text[:1] == "'" and runs(text[1:]) else text


def text_of(value: Any) -> str:
    """A cell as text: `13900000000.0` was typed as a number, `08:30` as a time."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%H:%M") if value.year < 1901 else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return str(value).replace("\x00", "").strip()


def write_csv(table: Table, rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with the mark that Excel wants; formulas made harmless."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.zh for column in table.columns])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def write_xlsx(table: Table, rows: Iterable[Sequence[str]]) -> bytes:
    """Every cell is text, never a formula; the heading is frozen, needed columns are marked."""
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = table.name
    for place, column in enumerate(table.columns, 1):
        cell = sheet.cell(1, place, column.zh + ("*" if column.needed else ""))
        cell.font = Font(bold=True)
        if column.needed:
            cell.fill = PatternFill("solid", fgColor="FFF2CC")
        sheet.column_dimensions[get_column_letter(place)].width = max(12, 2 * len(column.zh) + 6)
    for number, row in enumerate(rows, 2):
        for place, text in enumerate(row, 1):
            item: Any = sheet.cell(number, place)
            item.value = held(text)
            item.data_type = "s"
            item.number_format = "@"
            item.quotePrefix = runs(item.value)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
