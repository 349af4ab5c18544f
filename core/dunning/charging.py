"""A late fee that was announced is charged once its day is over, if the bill is open still.

Each fee is an entry of its own, so that it can be taken back alone. A promise or a payment in doubt makes
it wait; what nobody could be told of is forgotten, and may be announced again.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import clock, ledger
from core.billing import runs
from core.db import Database
from core.dunning.late_fees import FEE, NOTICE_DAYS, RULE
from core.dunning.open_bills import DISPUTED, OPEN_JOINS, RESTING

BATCH = 1_000

_RUNS = text("""
    SELECT DISTINCT run_id FROM bill_late_fee WHERE closed_at IS NULL AND falls_on < :today ORDER BY run_id
""")
_PICK = text("""
    SELECT bill_id FROM bill_late_fee
    WHERE run_id = :run AND bill_id > :after AND closed_at IS NULL AND falls_on < :today
    ORDER BY bill_id LIMIT :batch FOR UPDATE SKIP LOCKED
""")
# In order, as postings lock them.
_LOCK = text("""
    SELECT account.id FROM bill_late_fee AS fee JOIN account ON account.connection_id = fee.connection_id
    WHERE account.kind = 'dues' AND fee.bill_id = ANY(:bills) ORDER BY account.id
    FOR NO KEY UPDATE OF account
""")
_FORGET = text("""
    DELETE FROM bill_late_fee AS fee WHERE bill_id = ANY(:bills) AND NOT EXISTS (
        SELECT FROM outbox WHERE source = ANY(fee.notices)
        AND (state IN ('sent', 'delivered') OR finished_at IS NULL))
""")
_CHARGE = text(f"""
    WITH picked AS MATERIALIZED (
        SELECT fee.bill_id, account.id AS dues_id, least(fee.paise, {FEE}) AS paise
        FROM bill_late_fee AS fee JOIN bill ON bill.id = fee.bill_id {OPEN_JOINS} {RULE}
        WHERE fee.bill_id = ANY(:bills) AND bill.reversed_at IS NULL
        AND NOT {RESTING} AND NOT {DISPUTED}
        AND EXISTS (SELECT FROM outbox WHERE source = ANY(fee.notices)
            AND state IN ('sent', 'delivered') AND sent_at < :told_before)
    ), made AS (
        INSERT INTO entry (source, kind, plant_id, at)
        SELECT 'latefee:' || bill_id, 'late_fee', :plant, :at FROM picked WHERE paise > 0
        RETURNING id, source
    ), charge AS MATERIALIZED (
        SELECT made.id AS entry_id, picked.* FROM picked JOIN made ON made.source = 'latefee:' || bill_id
    ), moved AS (
        INSERT INTO posting (entry_id, account_id, amount_paise)
        SELECT entry_id, dues_id, paise FROM charge
        UNION ALL
        SELECT entry_id, :income, -paise FROM charge
    ), charged AS (
        UPDATE bill_late_fee SET entry_id = charge.entry_id, paise = charge.paise, closed_at = :at
        FROM charge WHERE bill_late_fee.bill_id = charge.bill_id
    ), let_off AS (
        UPDATE bill_late_fee SET closed_at = :at
        FROM picked WHERE bill_late_fee.bill_id = picked.bill_id AND picked.paise <= 0
    )
    SELECT count(*) FROM charge
""")


def charge(database: Database, at: datetime) -> int:
    """Charge what has fallen due, a batch of bills a transaction; gives how many fees."""
    today = clock.local(at).date()
    with database.begin() as session:
        found = session.scalars(_RUNS, {"today": today}).all()
    charged = 0
    for run_id in found:
        after: int | None = 0
        while after is not None:
            with database.begin() as session:
                after, fees = _batch(session, run_id, after, today, at)
            charged += fees
    return charged


def _batch(session: Session, run_id: int, after: int, today: date, at: datetime) -> tuple[int | None, int]:
    """One batch of a run that nobody takes back meanwhile: the last bill, if there may be more, and fees."""
    run = runs.held(session, run_id)
    bind = {"run": run_id, "after": after, "today": today, "batch": BATCH}
    bills = session.scalars(_PICK, bind).all()
    if run.state != "posted" or not bills:
        return None, 0
    session.execute(_LOCK, {"bills": bills})
    session.execute(_FORGET, {"bills": bills})
    charged = session.execute(
        _CHARGE,
        {
            "bills": bills,
            "plant": run.plant_id,
            "income": ledger.account_id(session, "late_fees", plant_id=run.plant_id),
            "at": at,
            "told_before": at - timedelta(days=NOTICE_DAYS),
        },
    ).scalar_one()
    return bills[-1] if len(bills) == BATCH else None, int(charged)
