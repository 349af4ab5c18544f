"""How fast a plant is billed, against the bare INSERT … SELECT of the very rows that billing writes."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from sqlalchemy import text

from core import billing
from core.billing import Period
from core.db import Database
from migrations import upgrade
from ops import embedded

SIZES = (10_000, 100_000)
MILLION = 1_000_000
MONTH = Period.read("2026-11")
ISSUED = date(2026, 12, 1)
ROWS = ("entry", "posting", "bill")

_FILL = (
    """
    WITH o AS (INSERT INTO organisation (code, name) VALUES ('O', 'O') RETURNING id),
    s AS (INSERT INTO state (organisation_id, code, name) SELECT id, 'S', 'S' FROM o RETURNING id),
    c AS (INSERT INTO cluster (state_id, code, name) SELECT id, 'C', 'C' FROM s RETURNING id),
    p AS (INSERT INTO plant (cluster_id, code, name) SELECT id, 'P', 'P' FROM c RETURNING id),
    k AS (
        INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
        SELECT id, 'SHOP', 'Shop', 500, '24', false, true FROM o RETURNING id
    ), t AS (
        INSERT INTO tariff (package_id, valid_from, monthly_paise) SELECT id, '1990-01-01', 5000 FROM k
        RETURNING id
    ), slab AS (
        INSERT INTO tariff_step (tariff_id, from_wh, upto_wh, paise)
        SELECT id, lower, upper, paise FROM t,
            (VALUES (0, 10000, 1500), (10000, NULL, 2250)) AS step(lower, upper, paise)
    ), who AS (
        INSERT INTO customer (reference, name) SELECT n::text, 'Somebody' FROM generate_series(1, :size) AS n
        RETURNING id
    )
    INSERT INTO connection (reference, number, customer_id, plant_id, package_id, connected_on)
    SELECT who.id::text, who.id::text, who.id, p.id, k.id, '2024-03-01' FROM who, p, k
    """,
    "INSERT INTO account (kind, connection_id) SELECT 'dues', id FROM connection",
    """
    INSERT INTO reading (connection_id, taken_on, wh, source)
    SELECT id, day, id * 100 + used, 'bench' FROM connection,
        (VALUES ('2026-10-31'::date, 0), ('2026-11-30', 14200)) AS shown(day, used)
    """,
)


@dataclass(frozen=True)
class Billed:
    """One size: seconds for the set-based step and for the bare copy, our memory's growth and peak in MB."""

    connections: int
    seconds: float
    bare_seconds: float
    grown_mb: float
    peak_mb: float

    def line(self) -> str:
        rate, bare = self.connections / self.seconds, self.connections / self.bare_seconds
        return (
            f"{self.connections:>9,} connections: {rate:>7,.0f} bills/s, bare {bare:>7,.0f}, "
            f"ratio {rate / bare:.2f}, {1e6 / rate:.1f} microseconds a bill, "
            f"memory +{self.grown_mb:.0f} MB to {self.peak_mb:.0f} MB"
        )


def measure(sizes: Sequence[int] = SIZES) -> Iterator[Billed]:
    """Each size in a database of its own; PostgreSQL, flushing to disk, may use every core."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bijli-bench-"))
        folder.chmod(0o711)  # PostgreSQL is never root, and passes through
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(embedded.start_postgres(folder).stop)
        for size in sizes:
            name = f"billing_{size}"
            with psycopg.connect(embedded.postgres_url(folder, "postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            yield _measure(embedded.postgres_url(folder, name), size)


def _measure(url: str, size: int) -> Billed:
    upgrade(url)
    database = Database(url)
    with database.begin() as session:
        for statement in _FILL:
            session.execute(text(statement), {"size": size} if ":size" in statement else {})
    _vacuum(database)
    before = _memory()
    start = time.perf_counter()
    # Nobody has a phone here: what is measured is the set-based step alone.
    _, totals = billing.post(
        database, billing.plant_of(database, "P"), MONTH, _silent,
        default_language="en", service="Bijli Line", issued_on=ISSUED,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    assert totals.bills == size
    peak = _memory()
    bare = _bare(database)
    database.close()
    return Billed(size, seconds, bare, peak - before, peak)


def _bare(database: Database) -> float:
    """Seconds to insert the same rows into tables with the same keys and indexes, and nothing else."""
    with database.begin() as session:
        for table in ROWS:
            session.execute(text(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)"))
    start = time.perf_counter()
    with database.begin() as session:
        for table in ROWS:
            session.execute(text(f"INSERT INTO bare_{table} SELECT * FROM {table}"))  # noqa: S608
    return time.perf_counter() - start


def _vacuum(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _memory() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""
