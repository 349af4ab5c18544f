"""The one database: transactions for what changes, an autocommit reader for the hop.

A read inside a transaction costs three times a bare one, so questions read in autocommit
through a prepared statement, one connection per thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString, Protocol

import psycopg
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

Row = tuple[Any, ...]
MOST_STATEMENTS, FEW_ROWS = 300, 50
"""Cursors that a thread keeps, and what each may have found."""


class Reader(Protocol):
    """Reads committed rows; every call is one round trip."""

    def rows(self, sql: LiteralString, params: Mapping[str, Any]) -> list[Row]: ...


def sqlalchemy_url(url: str) -> str:
    """The same database address, naming the psycopg driver."""
    return "postgresql+psycopg://" + url.split("://", 1)[1]


class ThreadReader:
    """One autocommit connection per thread, opened at first use and again after a loss."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._local = threading.local()
        self._open: list[psycopg.Connection[Row]] = []

    def rows(self, sql: LiteralString, params: Mapping[str, Any]) -> list[Row]:
        """Run one query; a connection found dead is opened anew, once."""
        found: _Statements | None = getattr(self._local, "statements", None)
        if found is not None:
            try:
                return found.rows(sql, params)
            except psycopg.OperationalError:
                self._open.remove(found.connection)
                found.connection.close()
                self._local.statements = None
        return self._connect().rows(sql, params)

    def _connect(self) -> _Statements:
        fresh = psycopg.connect(self._url, autocommit=True, prepare_threshold=0, connect_timeout=5)
        self._open.append(fresh)
        made = self._local.statements = _Statements(fresh)
        return made

    def close(self) -> None:
        """Close the connections of all threads; for the end of the process."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._local = threading.local()


class _Statements:
    """A connection and its statements, each with a cursor of its own.

    A cursor that runs what it ran before knows how its values are written and read; for another
    statement it finds that out again, which costs as much as making it.
    """

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection
        self._cursors: dict[str, psycopg.Cursor[Row]] = {}

    def rows(self, sql: LiteralString, params: Mapping[str, Any]) -> list[Row]:
        """Run a statement; gives all its rows."""
        cursor = self._cursors.get(sql) or self.connection.cursor()
        rows = cursor.execute(sql, params).fetchall()
        # A cursor holds what it found until it runs again.
        if len(rows) <= FEW_ROWS and len(self._cursors) < MOST_STATEMENTS:
            self._cursors[sql] = cursor
        else:
            self._cursors.pop(sql, None)
        return rows


class Database:
    """The engine and the reader of one database address."""

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self.url = url
        self.engine: Engine = create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=4,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5},
            pool_recycle=1800,
            hide_parameters=True,  # an error must not carry phone numbers and texts into the log
        )
        self._reader = ThreadReader(url)

    @property
    def reader(self) -> Reader:
        """Reads on the hop: autocommit, prepared, one connection per thread."""
        return self._reader

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: committed at the end of the block, rolled back on any error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def in_batches(self, size: int, turn: Callable[[Session], int]) -> int:
        """Take turns, a transaction each, until one finds less than `size`; gives how many all have found."""
        done = 0
        while True:
            with self.begin() as session:
                found = turn(session)
            done += found
            if found < size:
                return done

    def close(self) -> None:
        """Give all connections back to the server."""
        self.engine.dispose()
        self._reader.close()
