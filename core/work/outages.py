"""Outages seen as one: many homes of a feeder or plant without light within an hour are one trouble.

Where the operator's sheet names feeders, enough dark homes of one are its outage; enough that lie on several,
or on none, are the plant's. Whoever reports next is told what is known and is added; when light is back all
are asked, and one who says no is a single fault again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text

from core.alerts import tell_staff
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.outbox import Message, post_many
from core.text import Name, say
from core.work.rules import FIELD, WAITS, Kind, reached

HOMES = 3
"""So many homes without light within the time below are no single faults."""
WITHIN = timedelta(hours=1)

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('outage'), CAST(:plant AS integer))")
# One outage at a time on a feeder, and of a plant (unique index); whoever comes second finds the first one's.
_JOIN = text("""
    WITH here AS (
        SELECT feeder FROM connection WHERE id = :connection
    ), dark AS (
        SELECT request.id, connection_id, request.created_at, connection.feeder
        FROM request JOIN connection ON connection.id = request.connection_id
        WHERE request.plant_id = :plant AND kind = 'fault' AND topic = 'no_power' AND closed_at IS NULL
        AND outage_id IS NULL AND state IN ('requested', 'in_process') AND request.created_at > :after
    ), standing AS (
        SELECT outage.id, outage.feeder FROM outage, here
        WHERE plant_id = :plant AND restored_at IS NULL
        AND (outage.feeder IS NULL OR outage.feeder = here.feeder) ORDER BY outage.id LIMIT 1
    ), enough AS (
        SELECT here.feeder, min(dark.created_at) AS since FROM dark JOIN here USING (feeder)
        GROUP BY here.feeder HAVING count(DISTINCT connection_id) >= :homes
        UNION ALL
        SELECT NULL, min(created_at) FROM dark HAVING count(DISTINCT connection_id) >= :homes
        ORDER BY feeder NULLS LAST LIMIT 1
    ), made AS (
        INSERT INTO outage (plant_id, feeder, since)
        SELECT :plant, feeder, since FROM enough WHERE NOT EXISTS (SELECT FROM standing)
        ON CONFLICT (plant_id, feeder) WHERE restored_at IS NULL DO NOTHING RETURNING id, feeder
    ), its AS (
        SELECT id, feeder FROM made UNION ALL SELECT id, feeder FROM standing LIMIT 1
    ), joined AS (
        UPDATE request SET outage_id = its.id FROM dark, its
        WHERE request.id = dark.id AND (its.feeder IS NULL OR dark.feeder = its.feeder)
    )
    SELECT its.id, (SELECT count(*) FROM made) FROM its
""")
_ABOUT = text("""
    SELECT outage.since, outage.feeder, plant.name, plant.name_local,
        count(DISTINCT request.connection_id) AS homes,
        (array_agg(staff.name ORDER BY staff.id))[1] AS doer,
        (array_agg(staff.name_local ORDER BY staff.id))[1] AS doer_local
    FROM outage JOIN plant ON plant.id = outage.plant_id
    LEFT JOIN request ON request.outage_id = outage.id AND request.closed_at IS NULL
    LEFT JOIN staff ON staff.id = request.assignee_id
    WHERE outage.id = :outage GROUP BY outage.id, plant.id
""")
_STAFF = text("""
    SELECT DISTINCT staff.phone FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
    WHERE staff_plant.plant_id = :plant AND staff.active AND staff.phone IS NOT NULL
    AND staff.role IN ('technician', 'csa', 'cluster_in_charge')
""")
_OPEN = """
SELECT outage.id, plant.name, plant.name_local, outage.since, count(DISTINCT request.connection_id),
    outage.feeder
FROM outage JOIN plant ON plant.id = outage.plant_id
JOIN staff_plant ON staff_plant.plant_id = plant.id AND staff_plant.staff_id = %(staff)s
LEFT JOIN request ON request.outage_id = outage.id AND request.closed_at IS NULL
WHERE outage.restored_at IS NULL
GROUP BY outage.id, plant.id ORDER BY outage.since LIMIT %(limit)s
"""
_LEVEL = text("""
    SELECT coalesce(max(level), 0) FROM request
    WHERE outage_id = :outage AND closed_at IS NULL AND state IN ('requested', 'in_process')
""")
_TAKE = text("""
    WITH taken AS (
        UPDATE request SET assignee_id = :staff, state = 'in_process', waits_since = :at, level = 0,
            goes_up_at = :later
        WHERE outage_id = :outage AND closed_at IS NULL AND state IN ('requested', 'in_process')
        AND assignee_id IS DISTINCT FROM :staff RETURNING id
    )
    INSERT INTO request_event (request_id, at, state, step, staff_id)
    SELECT id, :at, 'in_process', 'take', :staff FROM taken RETURNING request_id
""")
_RESTORE = text("""
    UPDATE outage SET restored_at = :at, restored_by = :staff
    WHERE id = :outage AND restored_at IS NULL AND plant_id IN (
        SELECT plant_id FROM staff_plant WHERE staff_id = :staff)
    RETURNING plant_id
""")
_MENDED = text("""
    WITH mended AS (
        UPDATE request SET state = 'review', done_by = :staff, waits_since = :at, goes_up_at = :later,
            level = 0, assignee_id = coalesce(assignee_id, CAST(:doer AS bigint))
        WHERE outage_id = :outage AND closed_at IS NULL AND state IN ('requested', 'in_process')
        RETURNING id, number, phone, connection_id
    ), noted AS (
        INSERT INTO request_event (request_id, at, state, step, staff_id)
        SELECT id, :at, 'review', 'done', :staff FROM mended
    )
    SELECT id, number, phone, connection_id FROM mended WHERE phone IS NOT NULL
""")


class OpenOutage(msgspec.Struct, frozen=True, array_like=True):
    """An outage that goes on, and how many homes have reported it."""

    id: int
    plant: str
    plant_local: str | None
    since: datetime
    homes: int
    feeder: str | None

    @property
    def label(self) -> Name:
        return _where(self.plant, self.plant_local, self.feeder)


class Known(msgspec.Struct, frozen=True):
    """What a caller hears of the outage their fault belongs to."""

    since: datetime
    homes: int
    doer: Name | None


def join(doing: Doing, plant_id: int, connection_id: int) -> Known | None:
    """Add single faults around this one to their outage, or make one of enough; None: still single ones.

    Field staff and in-charges hear of an outage once, when it begins.
    """
    # Homes that report at the same moment must see each other, or none of them would be the third.
    doing.session.execute(_TURN, {"plant": plant_id})
    bind = {"plant": plant_id, "connection": connection_id, "after": doing.at - WITHIN, "homes": HOMES}
    row = doing.session.execute(_JOIN, bind).one_or_none()
    if row is None:
        return None
    outage_id, new = row
    about = doing.session.execute(_ABOUT, {"outage": outage_id}).one()
    if new:
        words = say(
            "outage.alarm",
            plant=_where(about.name, about.name_local, about.feeder),
            since=about.since,
            homes=about.homes,
        )
        phones = doing.session.scalars(_STAFF, {"plant": plant_id}).all()
        tell_staff(doing.session, phones, f"outage:{outage_id}", words, doing.settings.default_language)
    doer = Name(about.doer, about.doer_local) if about.doer else None
    return Known(about.since, about.homes, doer)


def open_ones(reader: Reader, staff_id: int, limit: int) -> list[OpenOutage]:
    """The outages of one's plants that go on, oldest first."""
    return [OpenOutage(*row) for row in reader.rows(_OPEN, {"staff": staff_id, "limit": limit})]


def take(doing: Doing, outage_id: int) -> int:
    """All faults of an outage are one's own now; gives how many.

    Refusal for who is not of the field, as long as it has not gone up to them.
    """
    staff = doing.caller.staff
    level = doing.session.execute(_LEVEL, {"outage": outage_id}).scalar_one()
    if staff is None or staff.role not in FIELD | reached(Kind.FAULT, "requested", level):
        raise Refusal(say("outage.not_you"))
    later = doing.at + WAITS["in_process"]
    bind = {"outage": outage_id, "staff": staff.id, "at": doing.at, "later": later}
    taken = len(doing.session.execute(_TAKE, bind).all())
    doing.audit("outage.take", f"outage:{outage_id}", homes=taken)
    return taken


def restore(doing: Doing, outage_id: int) -> int:
    """Light is back: every home is asked whether it is; gives how many are. Refusal when it was over."""
    staff = doing.caller.staff
    bind = {"outage": outage_id, "staff": staff.id if staff else None, "at": doing.at}
    if staff is None or doing.session.execute(_RESTORE, bind).first() is None:
        raise Refusal(say("outage.over"))
    doer = staff.id if staff.role in FIELD else None
    bind |= {"doer": doer, "later": doing.at + WAITS["review"]}
    asked = doing.session.execute(_MENDED, bind).all()
    service = doing.settings.service_name
    messages = [
        Message(
            f"restored:{row.id}:{doing.key}",
            row.phone,
            "notice",
            say("outage.back", request=row.number, service=service),
            row.connection_id,
        )
        for row in asked
    ]
    post_many(doing.session, messages, default_language=doing.settings.default_language)
    doing.audit("outage.restore", f"outage:{outage_id}", homes=len(asked))
    return len(asked)


def _where(plant: str, plant_local: str | None, feeder: str | None) -> Name:
    """A plant, or a feeder of it, by the name that its people know."""
    if feeder is None:
        return Name(plant, plant_local)
    return Name(f"{plant} {feeder}", f"{plant_local} {feeder}" if plant_local else None)
