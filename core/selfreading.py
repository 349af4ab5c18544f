"""Customers read their own meters: what they saw waits until somebody of the plant has checked it."""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Row, text

from core import metering, photos, readings
from core.clock import local, today
from core.db import Reader
from core.doing import Doing
from core.energy import units
from core.errors import Refusal
from core.metering import Meter
from core.payments import tell
from core.readings import Shown
from core.text import Named, Param, Text, say

BILLS = """
    SELECT coalesce(organisation.features -> 'self_reading_bills' = 'true', false) FROM plant
    JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id
    JOIN organisation ON organisation.id = state.organisation_id WHERE plant.id = {plant}"""
"""Whether bills of a plant go by a self reading where they would be estimated."""

_LINE = text(f"""
    SELECT connection.number, ({BILLS.format(plant="connection.plant_id")}) AS bills,
        last.wh - last.before_wh AS shown, last.taken_on, coalesce(last.before_wh, 0) AS before_wh,
        EXISTS (SELECT FROM reading WHERE connection_id = connection.id AND taken_on >= :day) AS read
    FROM connection
    JOIN connection_phone AS link ON link.connection_id = connection.id AND link.role IN ('holder', 'payer')
    LEFT JOIN LATERAL ({readings.LAST.format(connection="connection.id", day=":day")}) AS last ON true
    WHERE connection.id = :connection AND link.e164 = :phone
""")
_READ_TODAY = "SELECT 1 FROM reading WHERE connection_id = %(connection)s AND taken_on >= %(day)s LIMIT 1"
_REPLACE = text("""
    UPDATE self_reading SET state = 'replaced', settled_at = :at
    WHERE connection_id = :connection AND state = 'waiting'
""")
_KEEP = text("""
    INSERT INTO self_reading (connection_id, taken_on, wh, before_wh, turned_wh, noted_at)
    VALUES (:connection, :day, :wh, :before, :turned, :at) RETURNING id
""")
_WAITING = """
SELECT own.id, connection.number, customer.name, customer.name_local, own.wh - own.before_wh, own.taken_on,
    EXISTS (SELECT FROM photo WHERE photo.self_reading_id = own.id AND photo.state = 'kept')
FROM self_reading AS own
JOIN connection ON connection.id = own.connection_id
JOIN customer ON customer.id = connection.customer_id
WHERE own.state = 'waiting' AND connection.plant_id IN (
    SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
ORDER BY own.taken_on, connection.number LIMIT %(limit)s
"""
_SETTLE = text("""
    UPDATE self_reading SET settled_at = :at, settled_by = :staff, state = CASE
        WHEN CAST(:wh AS bigint) IS NULL OR wh - before_wh = :wh THEN 'right' ELSE 'wrong' END
    WHERE id = :own AND connection_id = :connection AND state = 'waiting'
    RETURNING wh - before_wh AS shown, turned_wh, taken_on
""")


class Waiting(Named, msgspec.Struct, frozen=True, array_like=True):
    """A self reading that nobody has checked yet: what its customer saw, in Wh."""

    id: int
    number: str
    name: str
    name_local: str | None
    wh: int
    day: date
    photo: bool = False
    """Whether they sent a photo of it."""


def waiting(reader: Reader, staff_id: int, limit: int) -> list[Waiting]:
    """What waits to be checked in one's plants, the oldest first."""
    return [Waiting(*row) for row in reader.rows(_WAITING, {"staff": staff_id, "limit": limit})]


def read_today(reader: Reader, connection_id: int) -> bool:
    """Whether somebody, or the meter itself, has read it today."""
    return bool(reader.rows(_READ_TODAY, {"connection": connection_id, "day": today()}))


def keep(doing: Doing, meter: Meter, wh: int, turned_wh: int) -> Text:
    """Keep what a customer saw until it is checked; an earlier one that still waits is replaced.

    Refusal for a phone that neither holds nor pays the connection, when the meter was read meanwhile,
    and when somebody has read it today.
    """
    session, day = doing.session, local(doing.at).date()
    readings.lock(session, [meter.connection_id])
    bind = {"connection": meter.connection_id, "phone": doing.caller.phone, "day": day, "at": doing.at}
    row = session.execute(_LINE, bind).one_or_none()
    if row is None:
        raise Refusal(say("selfread.not_yours", number=meter.number))
    if row.read:
        raise Refusal(say("selfread.read_today", number=meter.number))
    if (row.shown, row.taken_on) != (meter.last_wh, meter.last_on):
        raise Refusal(say("nav.changed"))
    before = row.before_wh + turned_wh
    session.execute(_REPLACE, bind)
    row_of = {"wh": before + wh, "before": before, "turned": turned_wh}
    photos.adopt(doing, self_reading_id=session.execute(_KEEP, bind | row_of).scalar_one())
    doing.audit("reading.self", f"connection:{meter.number}", wh=wh, turned=turned_wh)
    return say("selfread.noted_bill" if row.bills else "selfread.noted", number=meter.number, shown=units(wh))


def confirm(doing: Doing, own_id: int, meter: Meter) -> Text:
    """The customer saw right: it is a reading of its day now, and the customer hears so.

    Refusal outside one's plants, when it was settled meanwhile, or does not fit what is known by now.
    """
    row = _settle(doing, own_id, meter, None)
    shown = Shown(meter.connection_id, row.taken_on, row.shown, turned_wh=row.turned_wh)
    metering.record(doing, meter, shown, "self")
    figures: dict[str, Param] = {"number": meter.number, "shown": units(row.shown)}
    _tell(doing, meter, say("selfread.told_right", **figures))
    return say("selfread.right", name=meter.label, **figures)


def correct(doing: Doing, own_id: int, meter: Meter, wh: int, turned_wh: int) -> Text:
    """Somebody saw this on the meter: it counts instead, and the customer hears so; as `confirm`."""
    row = _settle(doing, own_id, meter, wh)
    words = metering.take(doing, meter, wh, turned_wh)
    if row.shown == wh:
        _tell(doing, meter, say("selfread.told_right", number=meter.number, shown=units(wh)))
    else:
        figures: dict[str, Param] = {"shown": units(wh), "yours": units(row.shown)}
        _tell(doing, meter, say("selfread.told_wrong", number=meter.number, **figures))
    return words


def _settle(doing: Doing, own_id: int, meter: Meter, wh: int | None) -> Row[Any]:
    """Take it off the list; `wh`: what its checker saw, None where that is the same."""
    staff = doing.caller.staff
    readings.lock(doing.session, [meter.connection_id])
    bind = {
        "own": own_id,
        "connection": meter.connection_id,
        "at": doing.at,
        "staff": staff.id if staff else None,
        "wh": wh,
    }
    row = doing.session.execute(_SETTLE, bind).one_or_none()
    if row is None:
        raise Refusal(say("selfread.gone", number=meter.number))
    return row


def _tell(doing: Doing, meter: Meter, words: Text) -> None:
    service = ("service", doing.settings.service_name)
    tell(doing, meter.connection_id, "notice", Text(words.key, (*words.params, service)))
