"""A CSV file as spreadsheets save it, read into rows of cells under the names of our columns.

Met: UTF-8 with or without a byte order mark, UTF-16 ("Unicode text"), any line ends, separators
`,` `;` and tab, Excel's `sep=` line, empty lines, headers in any case and spacing, known synonyms.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.fold import keyword
from core.loading.part import Column

SEPARATORS = (",", ";", "\t")
SAVE_AS = "save it again as 'CSV UTF-8'"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class BadSheet(ValueError):
    """Why a file can't be read at all, or not beyond a line (0: as a whole)."""

    def __init__(self, line: int, column: str, reason: str) -> None:
        super().__init__(reason)
        self.line, self.column, self.reason = line, column, reason


@dataclass(frozen=True)
class Sheet:
    """A file with its header understood. `places` gives each column's cell, None where it is absent."""

    header: list[str]
    header_line: int
    places: list[int | None]
    unused: list[str]
    size: int
    """Lines in the file, for progress."""
    rows: Iterator[tuple[int, list[str]]]
    """The first line of each row that is not empty, and its cells."""


def open_sheet(path: Path, columns: Sequence[Column]) -> Sheet:
    """Read a file's header; raises BadSheet, also later while its rows are read."""
    text = _decode(path.read_bytes())
    rows = _rows(text)
    header_line, header = next(rows, (0, []))
    if not header:
        raise BadSheet(0, "", "is empty: the first line names the columns")
    places = _places(header_line, header, columns)
    unused = [cell.strip() for place, cell in enumerate(header) if place not in places and cell.strip()]
    return Sheet(header, header_line, places, unused, text.count("\n") + 1, rows)


def _decode(raw: bytes) -> str:
    if raw.startswith(_WORKBOOKS):
        raise BadSheet(0, "", f"is an Excel workbook, not text: {SAVE_AS}")
    encoding = "utf-8-sig"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1 if encoding == "utf-8-sig" else 0
        raise BadSheet(line, "", f"is not written in UTF-8: {SAVE_AS}") from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with the line each begins at."""
    skipped = 0
    if re.match(r"sep=.\r?\n", text, re.I):
        separator, text, skipped = text[4], text.split("\n", 1)[1], 1
    else:
        separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = skipped + 1
    try:
        for cells in reader:
            if any(cell and not cell.isspace() for cell in cells):
                yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error:
        raise BadSheet(line, "", 'has a quotation mark (") that is out of place or never closed') from None


def _separator(text: str) -> str:
    """The separator that the first line with anything in it uses most."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=outside.count)


def heading(raw: str) -> str:
    """A heading made comparable: `Connection No.`, `connection_no` and `CONNECTION NO` are the same."""
    return re.sub(r"[\s_\-./:()]+", "", keyword(raw))


def _places(line: int, header: list[str], columns: Sequence[Column]) -> list[int | None]:
    """Where each of our columns stands in the header."""
    known = {heading(word): column.name for column in columns for word in (column.name, *column.also)}
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        named = known.get(heading(cell))
        if named in found:
            raise BadSheet(line, named, "stands in the header twice")
        if named is not None:
            found[named] = place
    for column in columns:
        if column.required and column.name not in found:
            given = ", ".join(cell.strip() for cell in header if cell.strip())
            raise BadSheet(line, column.name, f"is missing; the header has: {given[:200]}")
    return [found.get(column.name) for column in columns]
