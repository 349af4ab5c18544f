"""A PostgreSQL of one's own for a measurement, flushing to disk as in production, and gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from migrations import upgrade
from ops import embedded


@dataclass(frozen=True)
class Server:
    """A running server: where its data is, and its process."""

    folder: Path
    pid: int

    def database(self, name: str) -> str:
        """Make a migrated and empty database; gives its address."""
        with psycopg.connect(embedded.postgres_url(self.folder, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        url = embedded.postgres_url(self.folder, name)
        upgrade(url)
        return url


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that PostgreSQL, which is never root, can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="bijli-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_server() -> Iterator[Server]:
    """PostgreSQL, on every core."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        child = embedded.start_postgres(folder)
        stack.callback(child.stop)
        yield Server(folder, child.process.pid)
