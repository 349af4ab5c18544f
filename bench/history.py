"""What TASKS, CUST and REPORT take of the database when a million requests lie behind them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from sqlalchemy import text

from bench.fresh import fresh_server
from core import collecting
from core.db import Database, Reader, Row
from core.work import figures, lists

SIZE = 1_000_000
HOMES = 20_000
"""In 20 plants; each has fifty requests in two years, and one in five hundred requests is open."""
AGAIN = 5
"""The best of so many: the first one reads from disk."""

_FILL = (
    """
    WITH o AS (INSERT INTO organisation (code, name) VALUES ('O', 'O') RETURNING id),
    s AS (INSERT INTO state (organisation_id, code, name) SELECT id, 'S', 'S' FROM o RETURNING id),
    c AS (INSERT INTO cluster (state_id, code, name) SELECT id, 'C', 'C' FROM s RETURNING id),
    p AS (
        INSERT INTO plant (cluster_id, code, name) SELECT c.id, 'P' || n, 'P' || n
        FROM c, generate_series(1, 20) AS n RETURNING id
    ), k AS (
        INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
        SELECT id, 'SHOP', 'Shop', 500, '24', false, true FROM o RETURNING id
    ), who AS (
        INSERT INTO customer (reference, name) SELECT n::text, 'Somebody' FROM generate_series(1, :homes) AS n
        RETURNING id
    )
    INSERT INTO connection (reference, number, customer_id, plant_id, package_id, connected_on)
    SELECT who.id::text, (200000 + who.id)::text, who.id,
        (SELECT min(id) FROM p) + who.id % 20, k.id, '2024-03-01' FROM who, k
    """,
    """
    INSERT INTO staff (code, name, phone, role)
    SELECT 'T' || n, 'T' || n, '+91980000' || (1000 + n),
        CASE WHEN n = 1 THEN 'state_in_charge' WHEN n <= 3 THEN 'cluster_in_charge' ELSE 'technician' END
    FROM generate_series(1, 40) AS n
    """,
    """
    INSERT INTO staff_scope (staff_id, plant_id, cluster_id)
    SELECT staff.id, CASE WHEN role = 'technician' THEN plant.id END,
        CASE WHEN role <> 'technician' THEN (SELECT id FROM cluster) END
    FROM staff JOIN plant ON plant.id % 20 = staff.id % 20
    """,
    "INSERT INTO account (kind, connection_id) SELECT 'dues', id FROM connection",
    """
    INSERT INTO request (number, kind, topic, state, plant_id, connection_id, phone, channel, source,
        created_at, assignee_id, done_by, waits_since, closed_at, rating)
    SELECT n::text, 'fault', 'no_power', CASE WHEN n % 500 = 0 THEN 'in_process' ELSE 'completed' END,
        connection.plant_id, connection.id, '+919800000001', 'sms', 'bench:' || n, made.at,
        CASE WHEN n % 1000 <> 0 THEN 4 + n % 37 END, 4 + n % 37, made.at,
        CASE WHEN n % 500 <> 0 THEN made.at + interval '5 hours' END,
        CASE WHEN n % 3 = 0 AND n % 500 <> 0 THEN 1 + n % 5 END
    FROM generate_series(1, :size) AS n
    JOIN connection ON connection.id = (SELECT min(id) FROM connection) + n % :homes
    CROSS JOIN LATERAL (
        SELECT now() - (n % 730) * interval '1 day' - n % 1000 * interval '1 minute' AS at) AS made
    """,
    """
    INSERT INTO request_event (request_id, at, state, step, staff_id)
    SELECT request.id, created_at + hours * interval '1 hour', state, step, assignee_id
    FROM request, (VALUES (1, 'take'), (5, 'done')) AS done(hours, step)
    """,
)


@dataclass
class Explaining:
    """A reader that notes the database's time for each statement, and its plan."""

    reader: Reader
    connection: psycopg.Connection[Row]
    millis: float = 0.0
    plans: list[str] = field(default_factory=list)

    def rows(self, sql: LiteralString, params: Mapping[str, Any]) -> list[Row]:
        asked = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql
        [(told,)] = self.connection.execute(asked, params).fetchall()
        plan = told if isinstance(told, list) else json.loads(told)
        self.millis += plan[0]["Execution Time"]
        self.plans.append(json.dumps(plan, indent=1))
        return self.reader.rows(sql, params)


@dataclass(frozen=True)
class Asked:
    """What a command takes of the database, in milliseconds, and where its plans were written."""

    name: str
    millis: float
    plans: Path

    def line(self) -> str:
        return f"{self.name:<22} {self.millis:6.2f} ms in the database, plans in {self.plans}"


def measure(size: int = SIZE) -> Iterator[Asked]:
    """Each command, for an in-charge of all plants and a technician of one."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_server()).database("history")
        database = Database(url)
        stack.callback(database.close)
        with database.begin() as session:
            for statement in _FILL:
                bind = {
                    name: value
                    for name, value in (("size", size), ("homes", HOMES))
                    if f":{name}" in statement
                }
                session.execute(text(statement), bind)
        kept = Path(tempfile.mkdtemp(prefix="bijli-plans-"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            for name, ask in _questions(database.reader):
                yield _asked(name, ask, database.reader, connection, kept)


def _asked(
    name: str,
    ask: Callable[[Reader], object],
    reader: Reader,
    connection: psycopg.Connection[Row],
    kept: Path,
) -> Asked:
    best: Explaining | None = None
    for _ in range(AGAIN):
        explaining = Explaining(reader, connection)
        ask(explaining)
        best = explaining if best is None or explaining.millis < best.millis else best
    assert best is not None
    plans = kept / f"{name.replace(' ', '_')}.json"
    plans.write_text("\n".join(best.plans), encoding="utf-8")
    return Asked(name, best.millis, plans)


def _questions(reader: Reader) -> list[tuple[str, Callable[[Reader], object]]]:
    [(charge, field_staff, home)] = reader.rows(
        "SELECT (SELECT min(id) FROM staff WHERE role = 'cluster_in_charge'), "
        "(SELECT min(id) FROM staff WHERE role = 'technician'), (SELECT min(id) FROM connection)",
        {},
    )
    return [
        ("TASKS technician", lambda via: lists.tasks(via, field_staff, 20)),
        ("REVIEW in-charge", lambda via: lists.to_decide(via, charge, "cluster_in_charge", 20)),
        (
            "CUST",
            lambda via: (
                collecting.card(via, charge, home),
                lists.of_connection(via, home, 5),
                figures.health(via, home),
            ),
        ),
        ("REPORT week", lambda via: figures.report(via, charge, "week")),
        ("REPORT month", lambda via: figures.report(via, charge, "month")),
    ]
