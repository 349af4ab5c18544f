"""Nothing waits on someone who is away: leave with a stand-in, and what waits too long goes a step up."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import local, now
from core.db import Database, Reader
from core.doing import Doing
from core.errors import Refusal
from core.outbox import Message, post_many
from core.text import Named, say
from core.work import telling

LONGEST = 60
"""Days of one leave."""
AGAIN = timedelta(hours=24)
"""After so long without a step it goes up once more."""
BATCH = 200

_LEAVE = text("""
    INSERT INTO leave (source, staff_id, stand_in_id, first, last)
    VALUES (:source, :staff, :stand_in, :first, :last)
""")
_END = text("""
    UPDATE leave SET ended_at = :at WHERE staff_id = :staff AND ended_at IS NULL
    AND last >= CAST(:day AS date) RETURNING id
""")
_AWAY = """
SELECT leave.id, staff.name, staff.name_local, leave.last FROM leave
JOIN staff ON staff.id = leave.stand_in_id
WHERE leave.staff_id = %(staff)s AND leave.ended_at IS NULL AND %(day)s BETWEEN leave.first AND leave.last
ORDER BY leave.id DESC LIMIT 1
"""
# The first time it goes to the cluster in-charges, then to the state in-charges, once a day. Supply that is
# off has reminders of its own (core/work/switching.py).
_GO_UP = text("""
    WITH late AS (
        SELECT id FROM request WHERE closed_at IS NULL AND goes_up_at <= :at AND kind <> 'supply_off'
        ORDER BY goes_up_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), up AS (
        UPDATE request SET level = level + 1, goes_up_at = :next FROM late WHERE request.id = late.id
        RETURNING request.id, request.number, kind, topic, plant_id, level, waits_since
    )
    SELECT up.*, staff.phone FROM up
    LEFT JOIN staff_plant ON staff_plant.plant_id = up.plant_id
    LEFT JOIN staff ON staff.id = staff_plant.staff_id AND staff.active AND staff.phone IS NOT NULL
        AND staff.role = CASE WHEN up.level = 1 THEN 'cluster_in_charge' ELSE 'state_in_charge' END
""")


class Away(Named, msgspec.Struct, frozen=True, array_like=True):
    """A leave that goes on: who stands in, and until when (ISO date)."""

    id: int
    name: str
    name_local: str | None
    last: str


def leave(doing: Doing, days: int, stand_in_id: int) -> None:
    """Be away from today for some days; what is one's own is also the stand-in's meanwhile."""
    staff = doing.caller.staff
    if staff is None:
        raise Refusal(say("work.not_you", who=say("work.role_technician")))
    first = local(doing.at).date()
    doing.session.execute(_END, {"staff": staff.id, "at": doing.at, "day": first})
    doing.session.execute(
        _LEAVE,
        {
            "source": f"leave:{doing.key}",
            "staff": staff.id,
            "stand_in": stand_in_id,
            "first": first,
            "last": first + timedelta(days=days - 1),
        },
    )
    doing.audit("staff.leave", f"staff:{staff.id}", days=days, stand_in=stand_in_id)


def back(doing: Doing) -> None:
    """Be back before the leave was over; Refusal when one is not away."""
    staff = doing.caller.staff
    bind = {"staff": staff.id if staff else None, "at": doing.at, "day": local(doing.at).date()}
    if doing.session.execute(_END, bind).first() is None:
        raise Refusal(say("leave.not_away"))
    doing.audit("staff.back", f"staff:{staff.id if staff else 0}")


def go_up(database: Database, default_language: str) -> int:
    """Tell the next one up of what has waited too long, a batch at a time; gives how many requests."""
    return database.in_batches(BATCH, lambda session: _go_up(session, default_language))


def _go_up(session: Session, default_language: str) -> int:
    at = now()
    rows = session.execute(_GO_UP, {"at": at, "next": at + AGAIN, "batch": BATCH}).all()
    messages = [
        Message(
            f"goes-up:{row.id}:{row.level}:{row.waits_since.isoformat()}:{row.phone}",
            row.phone,
            "staff_alert",
            say(
                "work.goes_up",
                request=row.number,
                what=telling.what(row.kind, row.topic),
                since=row.waits_since,
            ),
        )
        for row in rows
        if row.phone
    ]
    post_many(session, messages, default_language=default_language)
    return len({row.id for row in rows})


def away(reader: Reader, staff_id: int) -> Away | None:
    """One's own leave that goes on."""
    rows = reader.rows(_AWAY, {"staff": staff_id, "day": local(now()).date()})
    return Away(rows[0][0], rows[0][1], rows[0][2], rows[0][3].isoformat()) if rows else None
