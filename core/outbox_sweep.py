"""What time does to messages: abandoned ones go again, doubtful ones are settled, late ones given up."""

from __future__ import annotations

from typing import LiteralString

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.outbox import KINDS


def count_waiting(session: Session) -> dict[str, int]:
    """Unfinished messages per state, and under `late` the seconds the oldest has been due."""
    rows = session.execute(
        text(
            "SELECT state, count(*), max(extract(epoch FROM now() - next_at)) FROM outbox "
            "WHERE state IN ('queued', 'sending', 'unsure') AND finished_at IS NULL GROUP BY state"
        )
    ).all()
    counts = dict.fromkeys(("queued", "sending", "unsure", "late"), 0)
    for state, count, age in rows:
        counts[state] = count
        if state == "queued":
            counts["late"] = max(0, int(age))
    return counts


def _count(session: Session, statement: LiteralString, **params: object) -> int:
    return len(session.execute(text(statement), params).all())


def requeue_abandoned(session: Session) -> int:
    """Queue what a killed sender left behind; a message that kills its sender waits longer each time."""
    return _count(
        session,
        "UPDATE outbox SET state = 'queued', "
        "next_at = now() + make_interval(secs => least(5 * (attempts - 1) ^ 2, 900)) "
        "WHERE id IN (SELECT id FROM outbox WHERE state = 'sending' AND next_at <= now() "
        "FOR NO KEY UPDATE SKIP LOCKED) RETURNING 1",
    )


def settle_unsure(session: Session) -> int:
    """After a while without any report, send a message in doubt once more, or leave it in doubt.

    The customer may get a receipt twice; that is better than never. Codes and mass messages are not
    repeated, and nothing is repeated a second time (`record` closes it).
    """
    return _count(
        session,
        "UPDATE outbox SET "
        "state = CASE WHEN kind = ANY(:again) AND expires_at > now() THEN 'queued' ELSE state END, "
        "finished_at = CASE WHEN kind = ANY(:again) AND expires_at > now() THEN finished_at ELSE now() END "
        "WHERE id IN (SELECT id FROM outbox WHERE state = 'unsure' AND finished_at IS NULL "
        "AND next_at <= now() FOR NO KEY UPDATE SKIP LOCKED) RETURNING 1",
        again=[name for name, kind in KINDS.items() if kind.again],
    )


def close_expired(session: Session) -> int:
    """Give up what is too late to send, and wipe every one-time code that no longer holds."""
    closed = _count(
        session,
        "UPDATE outbox SET state = 'expired', finished_at = now() "
        "WHERE id IN (SELECT id FROM outbox WHERE state = 'queued' AND expires_at <= now() "
        "FOR NO KEY UPDATE SKIP LOCKED) RETURNING 1",
    )
    session.execute(
        text(
            "UPDATE outbox SET body = '' "
            "WHERE kind IN ('code', 'mended') AND body <> '' AND expires_at <= now()"
        )
    )
    return closed
