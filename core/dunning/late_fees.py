"""A late fee is announced before it falls due: by day, in the place of a reminder, once for a bill.

The rule is the operator's: a sum, or a share of what is open, at most a cap, some days after the due
date. Whoever cannot be told is not charged; charging itself is core/dunning/charging.py.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, LiteralString

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import clock
from core.billing.telling import sensible
from core.db import Database
from core.dunning.open_bills import DISPUTED, OPEN_JOINS, OPEN_PAISE, RESTING
from core.dunning.reminders import LOCK, to_rested
from core.money import Money
from core.outbox import Message, post_many
from core.text import Text, say

BATCH = 1_000
NOTICE_DAYS = 5
"""So many days lie between the notice and the last day to pay without a fee, at least."""
EARLY_DAYS, LATE_DAYS = 7, 14
"""When a notice can be given, in days before and after a fee could fall due; a bill told later has none."""

# Half a paisa is rounded up; a fee is never more than what is open.
BILL_OPEN: LiteralString = f"least(bill.amount_paise, {OPEN_PAISE})"
FEE: LiteralString = f"""
    least(
        CASE WHEN organisation.late_fee_paise IS NOT NULL
             THEN least(organisation.late_fee_paise, {BILL_OPEN})
             ELSE coalesce((2 * {BILL_OPEN} * organisation.late_fee_hundredths + 10000) / 20000, 0) END,
        organisation.late_fee_cap_paise)
"""
"""In paise, by the rule as it stands; zero without one. Joins: OPEN_JOINS and RULE."""
RULE: LiteralString = """
    JOIN plant ON plant.id = connection.plant_id JOIN cluster ON cluster.id = plant.cluster_id
    JOIN state ON state.id = cluster.state_id JOIN organisation ON organisation.id = state.organisation_id
"""

_RUNS = text("""
    SELECT run.id, run.due_on + organisation.late_fee_days AS last_day
    FROM billing_run AS run
    JOIN plant ON plant.id = run.plant_id JOIN cluster ON cluster.id = plant.cluster_id
    JOIN state ON state.id = cluster.state_id JOIN organisation ON organisation.id = state.organisation_id
    LEFT JOIN late_fee_round AS made ON made.run_id = run.id AND made.day = :today
    WHERE run.state = 'posted' AND made.finished_at IS NULL AND run.due_on < :today
    AND num_nonnulls(organisation.late_fee_paise, organisation.late_fee_hundredths) > 0
    AND run.due_on + organisation.late_fee_days BETWEEN :oldest AND :newest
    ORDER BY run.id
""")
_REACHED = text("""
    INSERT INTO late_fee_round (run_id, day) VALUES (:run, :today)
    ON CONFLICT (run_id, day) DO UPDATE SET reached = late_fee_round.reached
    RETURNING reached, finished_at
""")
_OPEN = text(f"""
    SELECT * FROM (
        SELECT bill.id, bill.connection_id, connection.number, bill.due_on,
            {BILL_OPEN} AS open_paise, {FEE} AS fee_paise
        FROM bill {OPEN_JOINS} {RULE}
        WHERE bill.run_id = :run AND bill.id > :after AND bill.reversed_at IS NULL AND bill.amount_paise > 0
        AND {OPEN_PAISE} > 0 AND NOT {RESTING} AND NOT {DISPUTED}
        AND NOT EXISTS (SELECT FROM bill_late_fee WHERE bill_id = bill.id)
    ) AS late WHERE fee_paise > 0 ORDER BY id LIMIT :batch
""")
_NOTE = text("""
    INSERT INTO bill_late_fee (bill_id, connection_id, run_id, paise, falls_on, notices, noticed_at)
    SELECT bill, connection, :run, paise, :falls_on, array_agg(source), :at
    FROM unnest(CAST(:bills AS bigint[]), CAST(:connections AS bigint[]), CAST(:fees AS bigint[]),
        CAST(:sources AS text[])) AS told (bill, connection, paise, source)
    GROUP BY bill, connection, paise
""")
_DONE = text("""
    UPDATE late_fee_round SET reached = :reached,
        finished_at = CASE WHEN :over THEN CAST(:at AS timestamptz) END
    WHERE run_id = :run AND day = :today
""")


def announce(database: Database, at: datetime, *, default_language: str, service: str) -> None:
    """Say what stays open will cost more, a batch of bills a transaction; nothing at night."""
    if sensible(at) != at:
        return
    today = clock.local(at).date()
    bind = {
        "today": today,
        "oldest": today - timedelta(days=LATE_DAYS),
        "newest": today + timedelta(days=EARLY_DAYS),
    }
    with database.begin() as session:
        runs = session.execute(_RUNS, bind).all()
    for run_id, last_day in runs:
        falls_on = max(last_day, today + timedelta(days=NOTICE_DAYS))
        over = False
        while not over:
            with database.begin() as session:
                over = _batch(session, run_id, falls_on, at, default_language, service)


def _batch(
    session: Session, run_id: int, falls_on: date, at: datetime, default_language: str, service: str
) -> bool:
    """Announce the fees of a thousand open bills of a run; whether this day's look is over."""
    session.execute(LOCK)
    today = clock.local(at).date()
    bind: dict[str, Any] = {"run": run_id, "today": today, "at": at, "batch": BATCH, "falls_on": falls_on}
    made = session.execute(_REACHED, bind).one()
    if made.finished_at is not None:
        return True
    bills = session.execute(_OPEN, bind | {"after": made.reached}).all()
    messages = to_rested(
        session,
        bills,
        today,
        "late_fee",
        lambda bill: f"latefee:{bill.id}:{today:%Y%m%d}",
        lambda bill: words(bill, falls_on, service),
    )
    post_many(session, messages, default_language=default_language)
    if messages:
        session.execute(_NOTE, bind | _noted(bills, messages))
    over = len(bills) < BATCH
    session.execute(_DONE, bind | {"reached": bills[-1].id if bills else made.reached, "over": over})
    return over


def _noted(bills: Sequence[Row[Any]], messages: Sequence[Message]) -> dict[str, list[Any]]:
    """One row a message, for the statement that writes down what was announced."""
    by_connection = {bill.connection_id: bill for bill in bills}
    told = [by_connection[message.connection_id] for message in messages]
    return {
        "bills": [bill.id for bill in told],
        "connections": [bill.connection_id for bill in told],
        "fees": [bill.fee_paise for bill in told],
        "sources": [message.source for message in messages],
    }


def words(bill: Row[Any], falls_on: date, service: str) -> Text:
    """What a notice says: what is open, until when it costs no more, and how to ask for time."""
    return say(
        "latefee.notice",
        number=bill.number,
        amount=Money(bill.open_paise),
        due=bill.due_on,
        day=falls_on,
        fee=Money(bill.fee_paise),
        service=service,
    )
