"""How fast a plant is billed, against the bare INSERT … SELECT of the very rows that billing writes."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from bench.cores import seconds_used
from bench.fresh import fresh_server
from core import billing
from core.billing import Period
from core.db import Database

SIZES = (10_000, 100_000)
MILLION = 1_000_000
MOST_RUNS, AT_ONCE = 5, 300_000
"""A small size is run several times, each time a plant of its own, of so many connections in all at most."""
MONTH = Period.read("2026-11")
ISSUED = date(2026, 12, 1)
ROWS = ("entry", "posting", "bill")

WARM = 5_000
"""Connections of a plant that is billed before the clock starts, as a service has billed before."""
_BEGIN = """
    WITH o AS (INSERT INTO organisation (code, name) VALUES ('O', 'O') RETURNING id),
    s AS (INSERT INTO state (organisation_id, code, name) SELECT id, 'S', 'S' FROM o RETURNING id),
    c AS (INSERT INTO cluster (state_id, code, name) SELECT id, 'C', 'C' FROM s),
    k AS (
        INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
        SELECT id, 'SHOP', 'Shop', 500, '24', false, true FROM o RETURNING id
    ), t AS (
        INSERT INTO tariff (package_id, valid_from, monthly_paise) SELECT id, '1990-01-01', 5000 FROM k
        RETURNING id
    )
    INSERT INTO tariff_step (tariff_id, from_wh, upto_wh, paise)
    SELECT id, lower, upper, paise FROM t,
        (VALUES (0, 10000, 1500), (10000, NULL, 2250)) AS step(lower, upper, paise)
"""
_FILL = (
    """
    WITH p AS (INSERT INTO plant (cluster_id, code, name) SELECT id, :code, :code FROM cluster RETURNING id),
    who AS (
        INSERT INTO customer (reference, name)
        SELECT :code || n, 'Somebody' FROM generate_series(1, :size) AS n
        RETURNING id
    )
    INSERT INTO connection (reference, number, customer_id, plant_id, package_id, connected_on)
    SELECT who.id::text, who.id::text, who.id, p.id, package.id, '2024-03-01' FROM who, p, package
    """,
    """
    INSERT INTO account (kind, connection_id)
    SELECT 'dues', connection.id FROM connection JOIN plant ON plant.id = plant_id WHERE plant.code = :code
    """,
    """
    INSERT INTO reading (connection_id, taken_on, wh, source)
    SELECT connection.id, day, connection.id * 100 + used, 'bench'
    FROM connection JOIN plant ON plant.id = plant_id,
        (VALUES ('2026-10-31'::date, 0), ('2026-11-30', 14200)) AS shown(day, used) WHERE plant.code = :code
    """,
)


@dataclass(frozen=True)
class Billed:
    """One size: seconds for the set-based step (the middle one of `runs`), the database's processor seconds
    for it, seconds for the bare copy of as many, our memory's growth and peak in MB."""

    connections: int
    runs: int
    seconds: float
    processor: float
    bare_seconds: float
    grown_mb: float
    peak_mb: float

    def line(self) -> str:
        rate, bare = self.connections / self.seconds, self.connections / self.bare_seconds
        return (
            f"{self.connections:>9,} connections: {rate:>7,.0f} bills/s, bare {bare:>7,.0f}, "
            f"ratio {rate / bare:.2f}, {1e6 / rate:.1f} microseconds a bill, "
            f"{1e6 * self.processor / self.connections:.1f} of a processor, "
            f"memory +{self.grown_mb:.0f} MB to {self.peak_mb:.0f} MB ({self.runs} runs)"
        )


def measure(sizes: Sequence[int] = SIZES) -> Iterator[Billed]:
    """Each size in a database of its own; PostgreSQL, flushing to disk, may use every core."""
    with fresh_server() as server:
        for size in sizes:
            yield _measure(server.database(f"billing_{size}"), size, server.pid)


def _measure(url: str, size: int, server: int) -> Billed:
    database = Database(url)
    runs = max(1, min(MOST_RUNS, AT_ONCE // size))
    plants = {"WARM": WARM} | {f"P{place}": size for place in range(runs)}
    _fill(database, plants)
    _bill(database, "WARM", WARM)
    before = _memory()
    times, used = [], seconds_used(server)
    for code in list(plants)[1:]:
        start = time.perf_counter()
        _bill(database, code, size)
        times.append(time.perf_counter() - start)
    processor = (seconds_used(server) - used) / runs
    peak = _memory()
    bare = _bare(database) * size / sum(plants.values())
    database.close()
    return Billed(size, runs, statistics.median(times), processor, bare, peak - before, peak)


def _fill(database: Database, plants: Mapping[str, int]) -> None:
    with database.begin() as session:
        session.execute(text(_BEGIN))
        for code, size in plants.items():
            for statement in _FILL:
                bind = {"code": code, "size": size}
                session.execute(text(statement), bind if ":size" in statement else {"code": code})
    _vacuum(database)


def _bill(database: Database, code: str, size: int) -> None:
    """Bill a plant's month. Nobody has a phone here: what is measured is the set-based step alone."""
    _, totals = billing.post(
        database, billing.plant_of(database, code), MONTH, _silent,
        default_language="en", service="Bijli Line", issued_on=ISSUED,
    )  # fmt: skip
    assert totals.bills == size


def _bare(database: Database) -> float:
    """Seconds to insert the same rows into tables with the same keys and indexes, and nothing else."""
    with database.begin() as session:
        for table in ROWS:
            session.execute(text(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)"))
    start = time.perf_counter()
    with database.begin() as session:
        for table in ROWS:
            session.execute(text(f"INSERT INTO bare_{table} SELECT * FROM {table}"))  # noqa: S608 (our own words)
    return time.perf_counter() - start


def _vacuum(database: Database) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _memory() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""
