"""Spreadsheets written as a stream, and files that lie sealed in parts: neither memory nor an unsealed file
grows with the rows.

The .xlsx is written by hand because the libraries either keep every cell in memory or put the sheet into a temporary file in
clear. Its text cells are "inline strings", which no program takes for a formula; what would run carries an apostrophe besides,
for whoever saves the sheet as CSV later. A test reads it back with openpyxl.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol
from xml.sax.saxutils import escape

from hotline.core.ledgers import neutral
from hotline.secrecy import Secrecy
from hotline.store.sealed_files import SealedFile, write_sealed

PART: Final = 4 * 1024 * 1024
"""Bytes of the content of one sealed part."""
Value = str | float | int | None


class Parts(io.RawIOBase):
    """A file that is only written, sealed in parts `<id>.<n>`; tells its SHA-256 at the end. `maker`: whoever may not be the
    only one at work on it writes under names of its own, until :meth:`settle`."""

    def __init__(self, folder: Path, export_id: str, secrecy: Secrecy, maker: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._id, self._key, self._maker = folder, export_id, secrecy.file_key(export_id), maker
        self._held = bytearray()
        self._digest = hashlib.sha256()
        self.count = self.size = 0
        self._over = False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, block: object) -> int:
        data = bytes(memoryview(block))  # type: ignore[arg-type]
        if self._over:
            return len(data)
        self._digest.update(data)
        self._held += data
        self.size += len(data)
        while len(self._held) >= PART:
            self._put(bytes(self._held[:PART]))
            del self._held[:PART]
        return len(data)

    def finish(self) -> str:
        """Write what is left; the SHA-256 of the whole."""
        if self._held or not self.count:
            self._put(bytes(self._held))
            self._held.clear()
        return self._digest.hexdigest()

    def discard(self) -> None:
        """Nobody wants it: what is there is deleted, what is still written goes nowhere (a table closes itself when it is
        thrown away)."""
        self._over = True
        self._held.clear()
        for path in self._folder.glob(f"{self._id}.{self._maker}-*"):
            path.unlink(missing_ok=True)

    def settle(self) -> None:
        """Give the finished parts their names."""
        for number in range(self.count if self._maker else 0):
            _making_path(self._folder, self._id, self._maker, number).replace(part_path(self._folder, self._id, number))

    def _put(self, content: bytes) -> None:
        path = part_path(self._folder, self._id, self.count)
        if self._maker:
            path = _making_path(self._folder, self._id, self._maker, self.count)
        with path.open("wb") as out:
            path.chmod(0o600)
            write_sealed(out, self._key, {"recording_id": self._id, "part": self.count}, len(content), [content])
        self.count += 1


def part_path(folder: Path, export_id: str, number: int) -> Path:
    """Where a part lies."""
    return folder / f"{export_id}.{number}"


def _making_path(folder: Path, export_id: str, maker: str, number: int) -> Path:
    return folder / f"{export_id}.{maker}-{number}"


def _mark(folder: Path, export_id: str) -> Path:
    return folder / f"{export_id}.making"


def take_over(folder: Path, export_id: str, maker: str) -> None:
    """From now on this is who makes the file; what there is of it is deleted. Under the lock of its row."""
    remove_parts(folder, export_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _mark(folder, export_id).write_text(maker, "utf-8")


def makes(folder: Path, export_id: str, maker: str) -> bool:
    """Whether that is who makes the file now."""
    try:
        return _mark(folder, export_id).read_text("utf-8") == maker
    except FileNotFoundError:
        return False


def remove_mark(folder: Path, export_id: str) -> None:
    """Nobody makes it any more."""
    _mark(folder, export_id).unlink(missing_ok=True)


def read_parts(folder: Path, export_id: str, count: int, secrecy: Secrecy) -> Iterator[bytes]:
    """The content, block by block. Raises SealError where a part is gone, changed, or of another place."""
    for number in range(count):
        with SealedFile(part_path(folder, export_id, number), secrecy.file_key(export_id), recording_id=export_id) as file:
            if file.header.get("part") != number:
                raise ValueError(f"part {number} of {export_id} is another one")
            yield from file.blocks()


def remove_parts(folder: Path, export_id: str) -> None:
    """Delete what there is of an export, finished or not."""
    for path in folder.glob(f"{export_id}.*"):
        path.unlink(missing_ok=True)


class Sheet(Protocol):
    """A table being written, row after row."""

    def row(self, cells: Sequence[Value]) -> None:
        """One more row; numbers stay numbers, text is made harmless."""

    def close(self) -> None:
        """The end."""


class CsvSheet:
    """UTF-8 with the mark that Excel wants."""

    def __init__(self, out: Parts, heading: Sequence[str]) -> None:
        self._text = io.StringIO(newline="")
        self._out = out
        self._csv = csv.writer(self._text)
        out.write(b"\xef\xbb\xbf")
        self.row(heading)

    def row(self, cells: Sequence[Value]) -> None:
        self._csv.writerow([neutral(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in cells])
        if self._text.tell() > 65_536:
            self._flush()

    def _flush(self) -> None:
        self._out.write(self._text.getvalue().encode())
        self._text.seek(0)
        self._text.truncate()

    def close(self) -> None:
        self._flush()


_TYPES: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
_BOOK_RELS: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
    'Target="styles.xml"/></Relationships>'
)
_BOOK: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_STYLES: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
_SHEET: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>'
    '<sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    '</sheetViews><cols><col min="1" max="{columns}" width="18" customWidth="1"/></cols><sheetData>'
)


class XlsxSheet:
    """One sheet; the heading is frozen, every text is text."""

    def __init__(self, out: Parts, name: str, heading: Sequence[str]) -> None:
        self._zip = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
        for path, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELS),
            ("xl/workbook.xml", _BOOK.format(name=escape(name[:31], {'"': "&quot;"}))),
            ("xl/_rels/workbook.xml.rels", _BOOK_RELS),
            ("xl/styles.xml", _STYLES),
        ):
            self._zip.writestr(path, text)
        self._sheet = self._zip.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._sheet.write(_SHEET.format(columns=len(heading)).encode())
        self._row(heading, 1)

    def row(self, cells: Sequence[Value]) -> None:
        self._row(cells, 2)

    def _row(self, cells: Sequence[Value], style: int) -> None:
        parts = ["<row>"]
        for cell in cells:
            if cell is None or cell == "":
                parts.append("<c/>")
            elif isinstance(cell, str):
                parts.append(f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escape(neutral(cell))}</t></is></c>')
            else:
                parts.append(f"<c><v>{cell!r}</v></c>")
        parts.append("</row>")
        self._sheet.write("".join(parts).encode())

    def close(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()
        self._zip.close()


def sheet(kind: str, out: Parts, name: str, heading: Sequence[str]) -> Sheet:
    """A table of that kind (`xlsx`, `csv`) with its heading."""
    return XlsxSheet(out, name, heading) if kind == "xlsx" else CsvSheet(out, heading)
