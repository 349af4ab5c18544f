"""Rows of a file, read cell by cell and copied into a staging table, wrong cells noted on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from core.loading.cells import BadCell
from core.loading.part import Column, Cursors, Part
from core.loading.report import LoadReport, Problem, Progress
from core.loading.sheet import BadSheet, Sheet, open_sheet

TOO_MANY_CELLS = "has more cells than the header: an amount like 1,234 or an address needs quotation marks"
STEP = 5_000
"""Rows between two words of progress."""
Bound: TypeAlias = list[tuple[Column, int | None]]
"""Each of our columns with its place in the file."""


def create_tables(cursor: Cursors, parts: tuple[Part, ...]) -> None:
    """Make every staging table, also for files that are absent: their keys count as known nowhere."""
    for part in parts:
        columns = ", ".join(f"{column.name} {column.sql}" for column in part.columns)
        cursor.execute(f"CREATE TEMP TABLE {part.table} (line bigint, {columns}) ON COMMIT DROP".encode())


def stage(cursor: Cursors, part: Part, path: Path, report: LoadReport, progress: Progress) -> int:
    """Copy a file's rows into the part's table; gives their number.

    A cell that can't be read is noted and staged as empty, so that its row's key stays known and
    other rows that refer to it are not called wrong as well.
    """
    try:
        sheet = open_sheet(path, part.columns)
        for heading in sheet.unused:
            report.notes.append(f"{part.file}: the column {heading!r} is not used")
        return _copy(cursor, part, sheet, report, progress)
    except BadSheet as error:
        report.problems.append(Problem(part.file, error.line, error.column, error.reason))
        return 0


def _copy(cursor: Cursors, part: Part, sheet: Sheet, report: LoadReport, progress: Progress) -> int:
    label = f"reading {part.file}"
    width, count = len(sheet.header), 0
    bound: Bound = list(zip(part.columns, sheet.places, strict=True))
    try:
        with cursor.copy(f"COPY {part.table} FROM STDIN".encode()) as copy:
            for line, cells in sheet.rows:
                if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                    report.problems.append(Problem(part.file, line, "", TOO_MANY_CELLS))
                    copy.write_row(_key_only(part, line, cells, bound))
                else:
                    copy.write_row(_row(part.file, line, cells, bound, report.problems))
                count += 1
                if count % STEP == 0:
                    progress(label, line, sheet.size)
    finally:
        progress(label, sheet.size, sheet.size)
    cursor.execute(f"ANALYZE {part.table}".encode())
    return count


def _key_only(part: Part, line: int, cells: list[str], bound: Bound) -> list[object]:
    """A row whose cells have slipped: only its key is believed, what else seems wrong is not told."""
    values = _row(part.file, line, cells, bound, [])
    kept = [
        value if column.name == part.key else None
        for (column, _), value in zip(bound, values[1:], strict=True)
    ]
    return [line, *kept]


def _row(file: str, line: int, cells: list[str], bound: Bound, problems: list[Problem]) -> list[object]:
    """The line and its values in the order of our columns; None for what is empty or wrong."""
    values: list[object] = [line]
    width = len(cells)
    for column, place in bound:
        cell = cells[place] if place is not None and place < width else ""
        if not cell or cell.isspace():
            values.append(None)
            if column.required:
                problems.append(Problem(file, line, column.name, "is empty"))
            continue
        try:
            values.append(column.read(cell))
        except BadCell as error:
            values.append(None)
            problems.append(Problem(file, line, column.name, str(error)))
    return values
