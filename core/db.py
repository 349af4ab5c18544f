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
        # One cursor for all: a fresh one costs a fifth of a statement.
        cursor: psycopg.Cursor[Row] | None = getattr(self._local, "cursor", None)
        if cursor is not None:
            try:
                return cursor.execute(sql, params).fetchall()
            except psycopg.OperationalError:
                self._open.remove(cursor.connection)
                cursor.connection.close()
                self._local.cursor = None
        return self._connect().execute(sql, params).fetchall()

    def _connect(self) -> psycopg.Cursor[Row]:
        fresh = psycopg.connect(self._url, autocommit=True, prepare_threshold=0, connect_timeout=5)
        self._open.append(fresh)
        cursor = self._local.cursor = fresh.cursor()
        return cursor

    def close(self) -> None:
        """Close the connections of all threads; for the end of the process."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._local = threading.local()


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
