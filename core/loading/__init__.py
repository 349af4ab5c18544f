"""Loading an operator's spreadsheets: all rows are right and all are written, or none is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from psycopg.types.json import Jsonb

from core import clock
from core.db import Database
from core.loading import (
    balances,
    bank,
    coupons,
    customers,
    dlt,
    packages,
    plants,
    readings,
    schemes,
    staff,
    tariffs,
)
from core.loading.part import Check, Cursors, Part
from core.loading.report import FileCount, LoadReport, Problem, Progress
from core.loading.stage import create_tables, stage

__all__ = ["FILES", "FileCount", "LoadReport", "Problem", "Progress", "load"]

PARTS: tuple[Part, ...] = (
    plants.PART,
    staff.PART,
    packages.PART,
    tariffs.PART,
    coupons.PART,
    schemes.PART,
    customers.PART,
    balances.PART,
    readings.PART,
    dlt.PART,
    bank.PART,
)
FILES = tuple(part.file for part in PARTS)
_LOCK = 7_215_002
"""Two loads wait for each other."""


class _Rejected(Exception):
    """Leaves the transaction, so that nothing is written."""


def _silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


def load(database: Database, directory: Path, progress: Progress | None = None) -> LoadReport:
    """Load those of our files (`FILES`) that stand in a directory.

    One transaction. Loading the same files again changes nothing. When `report.wrote`, whatever is
    cached of callers is out of date and must be dropped.
    """
    report = LoadReport()
    found = _find(directory, report)
    if report.problems:
        return report
    try:
        with database.begin() as session:
            raw = session.connection().connection.driver_connection
            if raw is None:
                raise RuntimeError("the session has no connection")
            with raw.cursor() as cursor:
                _load(cursor, found, report, progress or _silent)
                if report.wrote:
                    _audit(cursor, directory.resolve().name, report)
    except _Rejected:
        pass
    return report


def _find(directory: Path, report: LoadReport) -> dict[str, Path]:
    """Our files in the directory, in any case of their names."""
    found: dict[str, Path] = {}
    if not directory.is_dir():
        report.problems.append(Problem(str(directory), 0, "", "is not a folder"))
        return found
    for path in sorted(directory.iterdir()):
        name = path.name.lower()
        if name in FILES and name in found:
            report.problems.append(
                Problem(path.name, 0, "", f"stands beside {found[name].name}: keep one of them")
            )
        elif name in FILES:
            found[name] = path
        elif name.endswith((".csv", ".xlsx", ".xls")):
            report.notes.append(f"{path.name} is not used; the files are {', '.join(FILES)}")
    if not found:
        report.problems.append(Problem(str(directory), 0, "", f"holds none of {', '.join(FILES)}"))
    return found


def _load(cursor: Cursors, found: dict[str, Path], report: LoadReport, progress: Progress) -> None:
    moment = clock.now()
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    _working_tables(cursor, moment)
    present = [part for part in PARTS if part.file in found]
    for part in present:
        rows = stage(cursor, part, found[part.file], report, progress)
        report.files[part.file] = FileCount(rows=rows)
    for part in present:
        for statement in part.prepare:
            cursor.execute(statement.encode())
        _check(cursor, part, part.checks, report, progress)
        if not report.problems:
            _check(cursor, part, part.late_checks, report, progress)
        if not report.problems:
            _write(cursor, part, report, progress)
    if report.problems:
        order = {file: place for place, file in enumerate(FILES)}
        report.problems.sort(key=lambda problem: (order[problem.file], problem.line))
        raise _Rejected


def _working_tables(cursor: Cursors, moment: datetime) -> None:
    cursor.execute("SET LOCAL work_mem = '64MB'")
    create_tables(cursor, PARTS)
    cursor.execute("CREATE TEMP TABLE load_new (line bigint) ON COMMIT DROP")
    cursor.execute("CREATE TEMP TABLE load_changed (line bigint) ON COMMIT DROP")
    cursor.execute("CREATE TEMP TABLE load_day (today date, moment timestamptz) ON COMMIT DROP")
    cursor.execute("INSERT INTO load_day VALUES (%s, %s)", (clock.local(moment).date(), moment))


def _check(
    cursor: Cursors, part: Part, checks: tuple[Check, ...], report: LoadReport, progress: Progress
) -> None:
    for done, check in enumerate(checks):
        progress(f"checking {part.file}", done, len(checks))
        for line, *values in cursor.execute(check.sql.encode()):
            report.problems.append(Problem(part.file, line, check.column, check.reason.format(*values)))
    progress(f"checking {part.file}", len(checks), len(checks))


def _write(cursor: Cursors, part: Part, report: LoadReport, progress: Progress) -> None:
    cursor.execute("TRUNCATE load_new, load_changed")
    for done, step in enumerate(part.steps):
        progress(f"writing {part.file}", done, len(part.steps))
        if isinstance(step, str):
            cursor.execute(step.encode())
        else:
            step(cursor)
    progress(f"writing {part.file}", len(part.steps), len(part.steps))
    counted = cursor.execute("""
        SELECT (SELECT count(DISTINCT line) FROM load_new),
            (SELECT count(*) FROM (SELECT line FROM load_changed EXCEPT SELECT line FROM load_new) AS others)
    """).fetchone()
    if counted is not None:
        report.files[part.file].new, report.files[part.file].changed = counted


def _audit(cursor: Cursors, folder: str, report: LoadReport) -> None:
    """One line of history for the whole load, written only when it changed something."""
    details = {
        file: {"rows": count.rows, "new": count.new, "changed": count.changed}
        for file, count in report.files.items()
    }
    cursor.execute(
        "INSERT INTO audit (at, channel, action, object, details) "
        "SELECT moment, 'file', 'load', %s, %s FROM load_day",
        (f"folder:{folder}", Jsonb(details)),
    )
