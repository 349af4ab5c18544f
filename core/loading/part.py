"""What the loader knows of one file: its columns, what must hold, and how its rows are written."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from psycopg import Cursor

Cell: TypeAlias = "str | int | bool | list[str] | object"
Cursors: TypeAlias = Cursor[tuple[Any, ...]]


@dataclass(frozen=True)
class Column:
    """One column: its heading, how a cell is read, its type in the staging table."""

    name: str
    read: Callable[[str], Cell]
    sql: str = "text"
    required: bool = False
    """The column must be there and no cell of it may be empty."""
    also: tuple[str, ...] = ()
    """Other headings that mean the same."""


@dataclass(frozen=True)
class Check:
    """A query over staged rows that finds wrong ones.

    It gives the line and then values for the gaps {0}, {1}, … of `reason`.
    """

    column: str
    reason: str
    sql: str


@dataclass(frozen=True)
class Part:
    """One file. Its rows are staged in `table` (line, then a column for each of `columns`)."""

    file: str
    table: str
    key: str
    """The column that other rows refer to."""
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    """Hold for the staged rows, with references to rows staged or in the database."""
    late_checks: tuple[Check, ...]
    """Asked only when everything before was right and the files before this one are written."""
    steps: Sequence[str | Callable[[Cursors], None]]
    """Write the rows, in this order. New lines go into `load_new`, changed ones into `load_changed`."""
    prepare: tuple[str, ...] = ()
    """Run before the checks: what they look at beside the rows."""


def unique(table: str, column: str) -> Check:
    """A key may stand in one line only."""
    return Check(
        column,
        "{0} stands in line {1} already",
        f"""
        SELECT line, {column}, first FROM (
            SELECT line, {column}, min(line) OVER (PARTITION BY {column}) AS first
            FROM {table} WHERE {column} <> ''
        ) AS keyed WHERE line <> first
        """,
    )


def same(table: str, key: str, column: str, what: str) -> Check:
    """What belongs to a key must be the same in every line that has the key."""
    return Check(
        column,
        f"{{1}} is not what line {{3}} says of {what} {{0}}: {{2}}",
        f"""
        SELECT line, {key}, {column}, first, first_line FROM (
            SELECT line, {key}, {column},
                first_value({column}) OVER by_key AS first, first_value(line) OVER by_key AS first_line
            FROM {table} WHERE {key} IS NOT NULL AND {column} IS NOT NULL
            WINDOW by_key AS (PARTITION BY {key} ORDER BY line)
        ) AS keyed WHERE {column} <> first
        """,
    )


def known(table: str, column: str, what: str, target: str, staged: str) -> Check:
    """A code must stand in the file of its kind (column `staged`, as table.column) or in the database."""
    staged_table, staged_column = staged.split(".")
    return Check(
        column,
        f"there is no {what} {{0}}",
        f"""
        SELECT line, {column} FROM {table} AS mine
        WHERE NOT EXISTS (SELECT 1 FROM {staged_table} AS other WHERE other.{staged_column} = mine.{column})
        AND NOT EXISTS (SELECT 1 FROM {target} WHERE {target}.{_KEYS[target]} = mine.{column})
        AND mine.{column} IS NOT NULL
        """,
    )


def organisation_named(given: str) -> Check:
    """Where there are several organisations a row says whose it is; `given` has an `organisation_id`."""
    return Check(
        "organisation",
        "must be named, because there are several organisations",
        f"SELECT line FROM {given} WHERE organisation_id IS NULL",
    )


def not_to_come(table: str) -> Check:
    """What has happened has a date that is no later than today."""
    return Check(
        "date", "{0} is still to come", f"SELECT line, date FROM {table}, load_day WHERE date > today"
    )


_KEYS = {"organisation": "code", "plant": "code", "package": "code", "connection": "reference"}


def updated(column: str, given: str) -> str:
    """The new value of an optional text field: an empty cell leaves it, a dash clears it."""
    return f"CASE WHEN {given} IS NULL THEN {column} ELSE nullif({given}, '') END"


def changes(target: str, assignments: dict[str, str], source: str, where: str) -> str:
    """An UPDATE of those rows only that come out different, noting their lines as changed."""
    sets = ", ".join(f"{column} = {value}" for column, value in assignments.items())
    now = ", ".join(f"{target}.{column}" for column in assignments)
    new = ", ".join(assignments.values())
    return f"""
        WITH touched AS (
            UPDATE {target} SET {sets} FROM {source}
            WHERE {where} AND ROW({now}) IS DISTINCT FROM ROW({new})
            RETURNING given.line
        )
        INSERT INTO load_changed SELECT line FROM touched
    """
