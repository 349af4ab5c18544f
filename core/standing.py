"""Whether a connection is active: changed here alone, and each change is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import text
from sqlalchemy.orm import Session

Status: TypeAlias = Literal["active", "inactive", "disconnected"]

_CHANGE = text("""
WITH moved AS (
    UPDATE connection SET status = :status
    WHERE id = ANY(CAST(:connections AS bigint[])) AND status = :before
    RETURNING id
), kept AS (
    INSERT INTO connection_status (connection_id, at, status, reason, staff_id)
    SELECT id, :at, :status, :reason, CAST(:staff AS bigint) FROM moved
)
SELECT id FROM moved
""")


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
