"""kill -9 in mid-run: gone on with, the end is the same as undisturbed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core import billing
from core.db import Database
from tests.conftest import Servers, fresh_database
from tests.core.billing.conftest import silent

HOUSES = 400
BATCH = 20
ROOT = Path(__file__).parent.parent.parent.parent

FILL = """
WITH s AS (
    INSERT INTO state (organisation_id, code, name) SELECT min(id), 'KS', 'KS' FROM organisation RETURNING id
),
c AS (INSERT INTO cluster (state_id, code, name) SELECT id, 'KC', 'KC' FROM s RETURNING id),
p AS (INSERT INTO plant (cluster_id, code, name) SELECT id, 'KILL', 'KILL' FROM c RETURNING id),
person AS (INSERT INTO customer (reference, name) VALUES ('K', 'K') RETURNING id)
INSERT INTO connection (reference, number, customer_id, plant_id, package_id, connected_on)
SELECT 'K' || n, 'K' || n, person.id, p.id, (SELECT id FROM package WHERE code = 'SHOP500'), '2024-03-01'
FROM person, p, generate_series(1, :houses) AS n
"""
READ = """
INSERT INTO reading (connection_id, taken_on, wh, source)
SELECT id, day, id * 1000 + past, 'test' FROM connection,
    (VALUES ('2026-10-31'::date, 0), ('2026-11-30', 12345)) AS read(day, past)
WHERE reference LIKE 'K%' AND reference NOT LIKE 'K-%'
"""
PHONES = (
    """
    INSERT INTO phone (e164, language)
    SELECT '+91' || 7000000000 + id, 'en' FROM connection WHERE number LIKE 'K%'
    """,
    """
    INSERT INTO connection_phone (connection_id, e164, role)
    SELECT id, '+91' || 7000000000 + id, 'payer' FROM connection WHERE number LIKE 'K%'
    """,
)

SELL = (
    """
    INSERT INTO scheme (organisation_id, code, name, price_paise, down_paise, instalments, first, last)
    SELECT min(id), 'KILLFAN', 'Fan', 100000, 0, 2, '2026-01-01', '2027-01-01' FROM organisation
    """,
    """
    INSERT INTO account (kind, connection_id)
    SELECT 'instalments', id FROM connection WHERE number LIKE 'K%'
    """,
    """
    WITH sold AS (
        INSERT INTO entry (source, kind, plant_id, at)
        SELECT 'plan:' || id, 'instalment', plant_id, '2026-11-02' FROM connection WHERE number LIKE 'K%'
        RETURNING id, source
    )
    INSERT INTO plan (scheme_id, connection_id, price_paise, down_paise, instalments, begun_on, begun_at,
        staff_id, entry_id)
    SELECT scheme.id, split_part(source, ':', 2)::bigint, 100000, 0, 2, '2026-11-02', '2026-11-02',
        (SELECT min(id) FROM staff), sold.id
    FROM sold, scheme WHERE code = 'KILLFAN'
    """,
    "INSERT INTO account (kind, plant_id) SELECT 'opening', id FROM plant WHERE code = 'KILL'",
    """
    INSERT INTO posting (entry_id, account_id, amount_paise)
    SELECT entry_id, account.id, CASE kind WHEN 'opening' THEN -100000 ELSE 100000 END FROM plan, account
    WHERE account.kind = 'instalments' AND account.connection_id = plan.connection_id
    OR account.kind = 'opening' AND account.plant_id = (SELECT id FROM plant WHERE code = 'KILL')
    """,
    """
    INSERT INTO instalment (plan_id, number, connection_id, paise)
    SELECT id, number, connection_id, 50000 FROM plan, generate_series(1, 2) AS number
    """,
)

# What the batch jobs do, with batches small enough to be caught between two of them.
PROGRAM = """
import sys, time
from datetime import date
from threading import Event
from core import billing
from core.billing import Period, run, telling
from core.db import Database
run.BATCH = telling.BATCH = 20
database = Database(sys.argv[1])
post_range, here = run.post_range, Event()
def slow_range(*given):
    post_range(*given)
    time.sleep(600 if here.is_set() else 0.02)
run.post_range = slow_range
def slow(label, done, total):
    if f"{label} {done}" == sys.argv[4]:
        here.set()
    print(label, done, flush=True)
    time.sleep(600 if here.is_set() else 0.01)
if sys.argv[3] == "reverse":
    billing.reverse(database, int(sys.argv[2]), slow, service="Bijli Line")
else:
    billing.post(database, int(sys.argv[2]), Period.read("2026-11"), slow,
        default_language="en", service="Bijli Line", issued_on=date(2026, 12, 1))
"""

STATE = (
    """
    SELECT connection_id, amount_paise, period_from, period_to, before_paise, opening_wh, closing_wh,
        lines::text
    FROM bill WHERE reversed_at IS NULL AND run_id IS NOT NULL ORDER BY connection_id
    """,
    "SELECT plan_id, number, paise, month, run_id IS NULL FROM instalment ORDER BY 1, 2",
    "SELECT account.kind, connection_id, plant_id, balance_paise FROM account ORDER BY 1, 2, 3",
    "SELECT recipient, body, kind FROM outbox ORDER BY recipient, body",
    "SELECT count(*) FROM entry UNION ALL SELECT count(*) FROM posting",
    "SELECT state FROM billing_run",
)


@pytest.fixture
def database(servers: Servers, world_template: str) -> Iterator[Database]:
    with fresh_database(servers, world_template) as url:
        made = Database(url)
        with made.begin() as session:
            session.execute(text(FILL), {"houses": HOUSES})
            for statement in (READ, *PHONES, *SELL):
                session.execute(text(statement))
        yield made
        made.close()


def go(database: Database, number: int, what: str, kill_at: str | None = None) -> None:
    """One process that bills or takes back; killed where it says `kill_at`, and goes no further."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, database.url, str(number), what, kill_at or ""],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    with process, process.stdout:
        for line in process.stdout:
            if line.strip() == kill_at:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == (0 if kill_at is None else -signal.SIGKILL)


def state(database: Database) -> list[list[tuple[object, ...]]]:
    with database.begin() as session:
        return [[tuple(row) for row in session.execute(text(sql))] for sql in STATE]


def test_a_run_that_was_killed_ends_as_if_it_had_not(database: Database) -> None:
    plant = billing.plant_of(database, "kill")
    go(database, plant, "post", "billing 3")
    billed = len(state(database)[0])
    assert 0 < billed < HOUSES
    for moment in ("billing 0", "billing 9", "billing 17", "writing messages 40", "writing messages 100"):
        go(database, plant, "post", moment)
    go(database, plant, "post")
    broken = state(database)
    assert len(broken[0]) == len(broken[3]) == HOUSES
    assert sum(bool(row[3]) for row in broken[1]) == HOUSES
    [run_id] = database.reader.rows("SELECT id FROM billing_run", {})[0]
    for moment in ("taking back 20", "taking back 20"):
        go(database, run_id, "reverse", moment)
    assert billing.unfinished(database) == [run_id]
    billing.finish(database, run_id, silent, default_language="en", service="Bijli Line")
    left = state(database)
    assert left[0] == []
    # Only what the world brought along is still owed.
    assert sum(int(str(row[3])) for row in left[2] if row[0] == "income") == 0
    assert not any(row[3] for row in left[1])
    # Undisturbed, on the same ground: the same bills to the paisa.
    go(database, plant, "post")
    assert state(database)[0] == broken[0]
    assert state(database)[1:3] == broken[1:3]
