"""A package change that is approved is carried through: now or with the next bill, by meter or by hand.

A smart meter is sent the new package, by its code, which also has its load limit at the provider; once it has
taken it, the connection is on the new package. Without a smart meter, or where it would not, the change is a
task of the technicians. `details.waits` is what keeps it from them: the `bill`, or the `meter`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.clock import now
from core.db import Database
from core.doing import Doing
from core.meters import set_package
from core.outbox import Message, post_many
from core.text import say
from core.work import verdict
from core.work.rules import WAITS
from core.work.telling import ASKED

BATCH = 200
LATER = WAITS["in_process"]

# The next bill is the first one written after the approval.
_WAIT_FOR_BILL = text("""
    UPDATE request SET goes_up_at = NULL, details = details || jsonb_build_object('waits', 'bill',
        'after_bill', coalesce((SELECT max(id) FROM bill WHERE connection_id = request.connection_id), 0))
    WHERE id = :request
""")
_WAIT_FOR_METER = text("""
    UPDATE request SET details = details || '{"waits": "meter"}' WHERE id = ANY(:requests)
""")
_BILLED = text("""
    WITH due AS (
        SELECT request.id, request.connection_id, request.details ->> 'package' AS package FROM request
        WHERE kind = 'package_change' AND state = 'in_process' AND closed_at IS NULL
        AND details ->> 'waits' = 'bill' AND EXISTS (
            SELECT FROM bill WHERE bill.connection_id = request.connection_id AND reversed_at IS NULL
            AND bill.id > (request.details ->> 'after_bill')::bigint)
        ORDER BY request.id LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE request SET details = details - 'waits', waits_since = :at, goes_up_at = :later, level = 0 FROM due
    WHERE request.id = due.id RETURNING request.id, request.connection_id, due.package
""")
# What a meter has taken is done; what it would not take is left to hands.
_ANSWERED = text(f"""
    WITH answered AS (
        SELECT request.id, request.connection_id, package.id AS package_id,
            meter_command.state = 'done' AS done,
            rating IS NULL AND details ->> 'stars' IS NULL AS asks
        FROM request
        JOIN meter_command ON meter_command.source = 'package:' || request.id
            AND meter_command.state IN ('done', 'failed', 'replaced')
        JOIN package ON package.code = request.details ->> 'package'
        WHERE request.kind = 'package_change' AND request.state = 'in_process' AND closed_at IS NULL
        AND details ->> 'waits' = 'meter' ORDER BY request.id LIMIT :batch
        FOR NO KEY UPDATE OF request SKIP LOCKED
    ), changed AS (
        UPDATE connection SET package_id = answered.package_id FROM answered
        WHERE connection.id = answered.connection_id AND answered.done
    ), noted AS (
        INSERT INTO request_event (request_id, at, state, step)
        SELECT id, :at, CASE WHEN done THEN 'completed' ELSE 'in_process' END,
            CASE WHEN done THEN 'metered' ELSE 'by_hand' END FROM answered
    ), moved AS (
        UPDATE request SET waits_since = :at, level = 0, details = details - 'waits'
            || CASE WHEN done AND asks THEN jsonb_build_object('stars', 'asked') ELSE '{{}}' END,
            state = CASE WHEN done THEN 'completed' ELSE state END,
            closed_at = CASE WHEN done THEN CAST(:at AS timestamptz) END,
            goes_up_at = CASE WHEN NOT done THEN CAST(:later AS timestamptz) END
        FROM answered WHERE request.id = answered.id
    )
    SELECT request.id, request.number, request.connection_id, answered.done, answered.asks,
        ARRAY(SELECT asked.e164 FROM ({ASKED}) AS asked WHERE asked.e164 IS NOT NULL) AS phones
    FROM answered JOIN request ON request.id = answered.id
""")  # noqa: S608 (our own words)


def begin(doing: Doing, request: Row[Any]) -> None:
    """What an approval brings about: the wait for the bill, the meter's order, or a task (nothing to do)."""
    if "package" not in request.details:
        return
    if request.details.get("when") == "next":
        doing.session.execute(_WAIT_FOR_BILL, {"request": request.id})
    else:
        _order(doing.session, request.id, request.connection_id, request.details["package"], doing.at)


def advance(database: Database, default_language: str, service: str) -> int:
    """Begin what has waited for a bill, and end what meters have done; gives how many requests moved."""
    return database.in_batches(
        BATCH, lambda session: _billed(session) + _answered(session, default_language, service)
    )


def _order(session: Session, request_id: int, connection_id: int, package: str, at: datetime) -> None:
    """Send a smart meter its new package; without one the request stays as it is, a task."""
    source = f"package:{request_id}"
    if set_package(session, source=source, connection_id=connection_id, tariff=package, at=at):
        session.execute(_WAIT_FOR_METER, {"requests": [request_id]})


def _billed(session: Session) -> int:
    at = now()
    rows = session.execute(_BILLED, {"batch": BATCH, "at": at, "later": at + LATER}).all()
    # A change is a rare thing: a few a day in all the plants, each with a package of its own.
    for row in rows:
        _order(session, row.id, row.connection_id, row.package, at)
    return len(rows)


def _answered(session: Session, default_language: str, service: str) -> int:
    at = now()
    rows = session.execute(_ANSWERED, {"batch": BATCH, "at": at, "later": at + LATER}).all()
    messages = [
        Message(
            f"metered:{row.id}:{phone}",
            phone,
            "notice",
            say("work.told_changed", request=row.number, stars=verdict.how(row.asks), service=service),
            connection_id=row.connection_id,
        )
        for row in rows
        if row.done
        for phone in row.phones
    ]
    post_many(session, messages, default_language=default_language)
    return len(rows)
