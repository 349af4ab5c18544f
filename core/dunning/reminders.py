"""Bills are recalled a few times around their due date: plainly, by day, once a week a phone at most."""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import clock
from core.billing.telling import sensible
from core.db import Database
from core.dunning.open_bills import OPEN_JOINS, OPEN_PAISE, RESTING
from core.money import Money
from core.outbox import Message, post_many
from core.text import Text, say

BATCH = 1_000
CATCH_UP_DAYS = 1
"""A round that could not be made on its day is made on the next one, or not at all."""
REST_DAYS = 7
LOCK = text("SELECT pg_advisory_xact_lock(7215003)")
"""Sweeps wait for each other: two rounds may want to tell the same phone."""

_ROUNDS = text("""
    SELECT run.id, round.days
    FROM billing_run AS run CROSS JOIN unnest(CAST(:days AS integer[])) AS round (days)
    JOIN plant ON plant.id = run.plant_id JOIN cluster ON cluster.id = plant.cluster_id
    JOIN state ON state.id = cluster.state_id JOIN organisation ON organisation.id = state.organisation_id
    LEFT JOIN reminder_round AS made ON made.run_id = run.id AND made.days = round.days
    WHERE run.state = 'posted' AND made.finished_at IS NULL
    AND run.due_on + round.days BETWEEN :earliest AND :today
    AND coalesce(organisation.features ->> 'reminders', 'true') <> 'false'
    ORDER BY run.id, round.days
""")
_REACHED = text("""
    INSERT INTO reminder_round (run_id, days) VALUES (:run, :days)
    ON CONFLICT (run_id, days) DO UPDATE SET reached = reminder_round.reached
    RETURNING reached, finished_at
""")
# Payments go to the oldest dues first, so that what came after this bill is paid last.
_OPEN = text(f"""
    SELECT bill.id, bill.connection_id, connection.number, bill.period_from, bill.period_to, bill.due_on,
        {OPEN_PAISE} AS open_paise
    FROM bill {OPEN_JOINS}
    WHERE bill.run_id = :run AND bill.id > :after AND bill.reversed_at IS NULL AND bill.amount_paise > 0
    AND {OPEN_PAISE} > 0 AND NOT {RESTING}
    ORDER BY bill.id LIMIT :batch
""")
_PHONES = text("""
    UPDATE phone SET reminded_on = :today
    FROM (
        SELECT DISTINCT ON (e164) e164, connection_id FROM connection_phone
        WHERE connection_id = ANY(:connections) AND role IN ('holder', 'payer')
        ORDER BY e164, position, connection_id
    ) AS link
    WHERE phone.e164 = link.e164 AND phone.unreachable IS NULL
    AND (phone.reminded_on IS NULL OR phone.reminded_on <= :rested)
    RETURNING phone.e164, phone.language, link.connection_id
""")
_DONE = text("""
    UPDATE reminder_round SET reached = :reached,
        finished_at = CASE WHEN :over THEN CAST(:at AS timestamptz) END
    WHERE run_id = :run AND days = :days
""")


def sweep(
    database: Database, at: datetime, days: tuple[int, ...], *, default_language: str, service: str
) -> None:
    """Make the rounds of reminders that are due, a batch of bills a transaction; nothing at night."""
    if sensible(at) != at:
        return
    today = clock.local(at).date()
    bind = {"days": list(days), "today": today, "earliest": today - timedelta(days=CATCH_UP_DAYS)}
    with database.begin() as session:
        rounds = session.execute(_ROUNDS, bind).all()
    for run_id, offset in rounds:
        over = False
        while not over:
            with database.begin() as session:
                over = _batch(session, run_id, offset, at, default_language, service)


def _batch(
    session: Session, run_id: int, offset: int, at: datetime, default_language: str, service: str
) -> bool:
    """Recall a thousand open bills of a run; whether the round is over."""
    session.execute(LOCK)
    bind: dict[str, Any] = {"run": run_id, "days": offset, "at": at, "batch": BATCH}
    made = session.execute(_REACHED, bind).one()
    if made.finished_at is not None:
        return True
    bills = session.execute(_OPEN, bind | {"after": made.reached}).all()
    messages = to_rested(
        session,
        bills,
        clock.local(at).date(),
        "reminder",
        lambda bill: f"remind:{bill.id}:{offset}",
        lambda bill: words(bill, service),
    )
    post_many(session, messages, default_language=default_language)
    over = len(bills) < BATCH
    session.execute(_DONE, bind | {"reached": bills[-1].id if bills else made.reached, "over": over})
    return over


def to_rested(
    session: Session,
    bills: Sequence[Row[Any]],
    today: date,
    kind: str,
    source: Callable[[Row[Any]], str],
    words: Callable[[Row[Any]], Text],
) -> list[Message]:
    """One message for each phone that has heard nothing for a week; from now on it has heard today.

    A phone is told of one of its connections only; its number makes `source`, of the bill, the phone's own.
    """
    by_connection = {bill.connection_id: bill for bill in bills}
    bind = {"connections": list(by_connection), "today": today, "rested": today - timedelta(days=REST_DAYS)}
    messages = []
    for phone in session.execute(_PHONES, bind):
        bill = by_connection[phone.connection_id]
        messages.append(
            Message(
                f"{source(bill)}:{phone.e164}",
                phone.e164,
                kind,
                words(bill),
                phone.connection_id,
                phone.language,
            )
        )
    return messages


def words(bill: Row[Any], service: str) -> Text:
    """What a reminder says; the same before and after the day, for nobody is to be pressed."""
    return say(
        "remind.bill",
        number=bill.number,
        first=bill.period_from,
        last=bill.period_to,
        amount=Money(bill.open_paise),
        due=bill.due_on,
        service=service,
    )
