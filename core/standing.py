"""Whether a connection is active: changed here alone, and each change is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, LiteralString, TypeAlias

from sqlalchemy import text
from sqlalchemy.orm import Session

Status: TypeAlias = Literal["active", "inactive", "disconnected"]

_CHANGE = text("""
WITH moved AS (
    UPDATE connection SET status = :status
    WHERE id = ANY(CAST(:connections AS bigint[])) AND status = :before
    RETURNING id
), kept AS (
    INSERT INTO connection_status (connection_id, at, status, was, reason, staff_id)
    SELECT id, :at, :status, :before, :reason, CAST(:staff AS bigint) FROM moved
)
SELECT id FROM moved
""")

CHANGE_LOADED: LiteralString = """
WITH moved AS (
    UPDATE connection SET status = given.status
    FROM load_customers AS given JOIN connection AS old ON old.id = given.connection_id
    WHERE connection.id = old.id AND connection.status <> given.status
    RETURNING connection.id, given.line, given.status, old.status AS was
), kept AS (
    INSERT INTO connection_status (connection_id, at, status, was, reason)
    SELECT id, moment, status, was, 'customers.csv' FROM moved CROSS JOIN load_day
)
INSERT INTO load_changed SELECT line FROM moved
"""
"""The same for the staged rows of customers.csv, in the transaction of their load."""


def change_status(
    session: Session,
    connection_ids: Sequence[int],
    *,
    before: Status,
    status: Status,
    reason: str,
    at: datetime,
    staff_id: int | None = None,
) -> list[int]:
    """Move connections from one status to another and keep that; gives those that were there to move."""
    bind = {"connections": list(connection_ids), "before": before, "status": status, "reason": reason}
    return list(session.execute(_CHANGE, {**bind, "at": at, "staff": staff_id}).scalars())
