"""By the clock: answered notes are closed after a time of quiet, those that wait too long go up."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import now
from core.db import Database
from core.inbox import AGAIN, QUIET
from core.outbox import Message, post_many
from core.text import say

BATCH = 200

_CLOSE = text("""
    UPDATE note SET closed_at = :at WHERE id IN (
        SELECT id FROM note WHERE closed_at IS NULL AND waits_since IS NULL AND last_at < :before
        LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING id
""")
# The first time it goes to the cluster in-charges, then to the state in-charges, once a day.
_GO_UP = text("""
    WITH late AS (
        SELECT id FROM note WHERE closed_at IS NULL AND goes_up_at <= :at
        ORDER BY goes_up_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), up AS (
        UPDATE note SET level = level + 1, goes_up_at = :next FROM late WHERE note.id = late.id
        RETURNING note.id, note.number, note.plant_id, note.level, note.waits_since
    )
    SELECT up.*, staff.phone FROM up
    LEFT JOIN staff_plant ON staff_plant.plant_id = up.plant_id
    LEFT JOIN staff ON staff.id = staff_plant.staff_id AND staff.active AND staff.phone IS NOT NULL
        AND staff.role = CASE WHEN up.level = 1 THEN 'cluster_in_charge' ELSE 'state_in_charge' END
""")


def close_quiet(database: Database) -> int:
    """Close what was answered and has been quiet; gives how many."""
    at = now()
    bind = {"at": at, "before": at - QUIET, "batch": BATCH}
    return database.in_batches(BATCH, lambda session: len(session.execute(_CLOSE, bind).all()))


def go_up(database: Database, default_language: str) -> int:
    """Tell the next one up of what nobody has answered; gives how many notes."""
    return database.in_batches(BATCH, lambda session: _go_up(session, default_language))


def _go_up(session: Session, default_language: str) -> int:
    at = now()
    rows = session.execute(_GO_UP, {"at": at, "next": at + AGAIN, "batch": BATCH}).all()
    messages = [
        Message(
            f"note-up:{row.id}:{row.level}:{row.waits_since.isoformat()}:{row.phone}",
            row.phone,
            "staff_alert",
            say("note.goes_up", note=row.number, since=row.waits_since),
        )
        for row in rows
        if row.phone
    ]
    post_many(session, messages, default_language=default_language)
    return len({row.id for row in rows})
