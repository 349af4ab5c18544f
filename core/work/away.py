"""Nothing waits on someone who is away: leave with a stand-in, and what waits too long goes a step up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.alerts import tell_staff
from core.clock import local, now
from core.db import Database, Reader
from core.doing import Doing
from core.errors import Refusal
from core.outbox import Message, post_many
from core.text import Name, Named, say
from core.work import telling
from core.work.rules import CHARGE, OPEN, RULES, Kind, lends, rung

LONGEST = 60
"""Days of one leave."""
AGAIN = timedelta(hours=24)
"""After so long without a step it goes up once more."""
BATCH = 200

_LEAVE = text("""
    INSERT INTO leave (source, staff_id, stand_in_id, first, last)
    VALUES (:source, :staff, :stand_in, :first, :last)
""")
_STAND_IN = text("SELECT phone, role FROM staff WHERE id = :staff")
_END = text("""
    UPDATE leave SET ended_at = :at WHERE staff_id = :staff AND ended_at IS NULL
    AND last >= CAST(:day AS date) RETURNING id
""")
_AWAY = """
SELECT away.leave_id, staff.name, staff.name_local, away.until FROM away_on(%(day)s) AS away
JOIN staff ON staff.id = away.stand_in_id
WHERE away.staff_id = %(staff)s ORDER BY away.leave_id DESC LIMIT 1
"""
# From whom it waits for (`turn`, a rung of core/work/rules.py) to the next one up, then daily to the state
# in-charges; where a plant has no cluster in-charge, straight past. What waits for cluster in-charges who are
# all away, and for whom nobody may decide, does not wait for its hours. Supply that is off has reminders of
# its own (core/work/switching.py).
_GO_UP = text("""
    WITH away AS (
        SELECT away_on.*, stand_in.phone, stand_in.active AND stand_in.role = ANY(:charge) AS decides
        FROM away_on(CAST(:day AS date)) JOIN staff AS stand_in ON stand_in.id = away_on.stand_in_id
    ), decided AS (
        SELECT staff_id, bool_or(decides) AS decided FROM away GROUP BY staff_id
    ), cluster_led AS (
        SELECT staff_plant.plant_id, bool_or(coalesce(decided.decided, true)) AS there
        FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
        LEFT JOIN decided ON decided.staff_id = staff.id
        WHERE staff.active AND staff.role = 'cluster_in_charge' GROUP BY staff_plant.plant_id
    ), late AS (
        SELECT request.id, turn.rung, turn.rung + request.level = 0 AND NOT EXISTS (
            SELECT FROM cluster_led WHERE plant_id = request.plant_id AND there) AS past
        FROM request
        JOIN unnest(CAST(:kinds AS text[]), CAST(:states AS text[]), CAST(:rungs AS int[]))
            AS turn (kind, state, rung) ON turn.kind = request.kind AND turn.state = request.state
        WHERE closed_at IS NULL AND (goes_up_at <= :at OR turn.rung + request.level = 1
            AND request.plant_id IN (SELECT plant_id FROM cluster_led WHERE NOT there))
        AND NOT (request.state = 'review' AND outage_id IS NOT NULL)
        ORDER BY goes_up_at LIMIT :batch FOR NO KEY UPDATE OF request SKIP LOCKED
    ), up AS (
        UPDATE request SET level = level + CASE WHEN past THEN 2 ELSE 1 END, goes_up_at = :next
        FROM late WHERE request.id = late.id
        RETURNING request.id, request.number, request.kind, topic, plant_id, level, waits_since, state,
            outage_id, rung
    ), noted AS (
        INSERT INTO request_event (request_id, at, state, step) SELECT id, :at, state, 'up' FROM up
    )
    SELECT up.*, staff.phone, plant.name, plant.name_local, away.phone AS also FROM up
    LEFT JOIN plant ON plant.id = up.plant_id
    LEFT JOIN staff_plant ON staff_plant.plant_id = up.plant_id
    LEFT JOIN staff ON staff.id = staff_plant.staff_id AND staff.active AND staff.phone IS NOT NULL
        AND staff.role = CASE WHEN up.rung + up.level = 1 THEN 'cluster_in_charge' ELSE 'state_in_charge' END
    LEFT JOIN away ON away.staff_id = staff.id AND away.decides
""")
_TURNS = [
    (str(kind), state, rung(kind, state)) for kind in RULES if kind is not Kind.SUPPLY for state in OPEN
]
# Who was asked after an outage whether light is back and has not answered until it would go up.
_QUIET = text("""
    WITH quiet AS (
        SELECT id FROM request WHERE closed_at IS NULL AND goes_up_at <= :at AND outage_id IS NOT NULL
        AND state = 'review' ORDER BY goes_up_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), noted AS (
        INSERT INTO request_event (request_id, at, state, step)
        SELECT id, :at, 'completed', 'quiet' FROM quiet
    )
    UPDATE request SET state = 'completed', closed_at = :at, waits_since = :at, goes_up_at = NULL
    FROM quiet WHERE request.id = quiet.id RETURNING request.id
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
    stand_in = doing.session.execute(_STAND_IN, {"staff": stand_in_id}).one()
    much = lends(stand_in.role, staff.role) in ("all", "some")
    words = say(
        "leave.yours_decides" if much else "leave.yours",
        name=Name(staff.name, staff.name_local),
        until=first + timedelta(days=days - 1),
    )
    tell_staff(doing.session, [stand_in.phone], f"leave:{doing.key}", words, doing.settings.default_language)


def back(doing: Doing) -> None:
    """Be back before the leave was over; Refusal when one is not away."""
    staff = doing.caller.staff
    bind = {"staff": staff.id if staff else None, "at": doing.at, "day": local(doing.at).date()}
    if doing.session.execute(_END, bind).first() is None:
        raise Refusal(say("leave.not_away"))
    doing.audit("staff.back", f"staff:{staff.id if staff else 0}")


def go_up(database: Database, default_language: str) -> int:
    """Let what has waited too long go a step up, where it can be acted on; gives how many requests.

    Whoever it has gone up to is told; of an outage once. Homes that don't answer after one are taken as light
    again: they can still reopen it.
    """
    return database.in_batches(BATCH, lambda session: _go_up(session, default_language))


def _go_up(session: Session, default_language: str) -> int:
    at = now()
    session.execute(_QUIET, {"at": at, "batch": BATCH})
    kinds, states, rungs = (list(column) for column in zip(*_TURNS, strict=True))
    turns = {"kinds": kinds, "states": states, "rungs": rungs}
    bind = {"at": at, "next": at + AGAIN, "batch": BATCH, "day": local(at).date(), "charge": sorted(CHARGE)}
    rows = session.execute(_GO_UP, {**bind, **turns}).all()
    # Whoever stands in for two who are away hears of it once.
    told = {(row.id, phone): row for row in rows for phone in (row.phone, row.also) if phone}
    messages = [_gone_up(row, phone) for (_, phone), row in told.items()]
    post_many(session, messages, default_language=default_language)
    return len({row.id for row in rows})


def _gone_up(row: Row[Any], phone: str) -> Message:
    if row.outage_id is not None:
        words = say("outage.goes_up", plant=Name(row.name, row.name_local), since=row.waits_since)
        return Message(f"outage-up:{row.outage_id}:{row.level}:{phone}", phone, "staff_alert", words)
    words = say(
        "work.goes_up",
        request=row.number,
        what=telling.what(row.kind, row.topic),
        since=row.waits_since,
    )
    cause = f"goes-up:{row.id}:{row.level}:{row.waits_since.isoformat()}"
    return Message(f"{cause}:{phone}", phone, "staff_alert", words)


def away(reader: Reader, staff_id: int) -> Away | None:
    """One's own leave that goes on."""
    rows = reader.rows(_AWAY, {"staff": staff_id, "day": local(now()).date()})
    return Away(rows[0][0], rows[0][1], rows[0][2], rows[0][3].isoformat()) if rows else None
