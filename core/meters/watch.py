"""What smart meters say of themselves: for the job that reads them, and for the staff who watch them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import readings
from core.clock import local, now
from core.db import Reader
from core.energy import MOST_WH
from core.text import Named

SILENT_AFTER = timedelta(hours=6)
FIRST_YEAR = 2000
"""No smart meter is older."""

_OF_DRIVER = text("""
SELECT id, meter_id FROM connection
WHERE meter_driver = :driver AND status <> 'disconnected' AND id > :after ORDER BY id LIMIT :limit
""")
_NOTE = text("""
INSERT INTO meter_state (connection_id, seen_at, wh, is_on)
SELECT * FROM unnest(CAST(:connections AS bigint[]), CAST(:moments AS timestamptz[]), CAST(:whs AS bigint[]),
                     CAST(:ons AS boolean[]))
ON CONFLICT (connection_id) DO UPDATE SET seen_at = excluded.seen_at, wh = excluded.wh, is_on = excluded.is_on
WHERE meter_state.seen_at < excluded.seen_at
""")
_BEFORE = text("""
SELECT connection_id, seen_at, wh FROM meter_state WHERE connection_id = ANY(CAST(:connections AS bigint[]))
ORDER BY connection_id FOR UPDATE
""")
_MINE = """
SELECT connection.number, customer.name, customer.name_local, seen_at, wh,
       CASE (SELECT action FROM meter_command
             WHERE connection_id = connection.id AND action LIKE 'switch%%' AND state IN ('queued', 'sending')
             ORDER BY id DESC LIMIT 1)
            WHEN 'switch_on' THEN 'turning_on' WHEN 'switch_off' THEN 'turning_off'
            ELSE CASE WHEN is_on THEN 'on' WHEN NOT is_on THEN 'off' ELSE 'unknown' END END,
       coalesce(seen_at < %(silent)s, true)
FROM connection
JOIN customer ON customer.id = connection.customer_id
LEFT JOIN meter_state ON meter_state.connection_id = connection.id
WHERE connection.meter_driver IS NOT NULL AND connection.status <> 'disconnected'
  AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
ORDER BY coalesce(seen_at < %(silent)s, true) DESC,
         CASE WHEN seen_at < %(silent)s THEN seen_at END NULLS FIRST, connection.number
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a meter showed: energy in Wh since it was made, and whether it lets power through, if it says."""

    meter: str
    wh: int
    at: datetime
    on: bool | None = None


class MeterView(Named, msgspec.Struct, frozen=True, array_like=True):
    """One smart meter on a list for staff; `supply` is on, off, turning_on, turning_off or unknown."""

    number: str
    name: str
    name_local: str | None
    seen_at: datetime | None
    wh: int | None
    supply: str
    silent: bool


def meters_of(session: Session, driver: str, after: int, limit: int) -> list[tuple[int, str]]:
    """The next connections with a meter of this driver, and what the driver calls it."""
    bind = {"driver": driver, "after": after, "limit": limit}
    return [(row.id, row.meter_id) for row in session.execute(_OF_DRIVER, bind)]


def keep(session: Session, shown: Sequence[tuple[int, Shown]], *, source: str, at: datetime) -> None:
    """Keep what meters said: their state now, and the readings of their days.

    A meter is read all day, and a correction keeps what it corrects: so a day's reading is what the meter
    showed first, and once the day is over, what it showed last. A meter whose clock is ahead has shown it
    now; one never heard of (services say so with the year 1, or 1970), or one that shows what none can, is
    left out.
    """
    shown = [
        (connection, replace(one, at=min(one.at, at)))
        for connection, one in shown
        if one.at.year >= FIRST_YEAR and 0 <= one.wh <= MOST_WH
    ]
    ids = [connection for connection, _ in shown]
    rows = session.execute(_BEFORE, {"connections": ids}).all()
    before = {row.connection_id: row for row in rows}
    days: list[readings.Shown] = []
    for connection, one in shown:
        last = before.get(connection)
        today = local(one.at).date()
        if last is not None and local(last.seen_at).date() >= today:
            continue
        if last is not None:
            days.append(readings.Shown(connection, local(last.seen_at).date(), last.wh))
        days.append(readings.Shown(connection, today, one.wh))
    if days:
        readings.record_many(session, days, source=source, at=at)
    session.execute(
        _NOTE,
        {
            "connections": ids,
            "moments": [one.at for _, one in shown],
            "whs": [one.wh for _, one in shown],
            "ons": [one.on for _, one in shown],
        },
    )


def my_meters(reader: Reader, staff_id: int, limit: int) -> list[MeterView]:
    """The smart meters of one's plants: silent ones first, the longest silent at the top."""
    bind = {"staff": staff_id, "silent": now() - SILENT_AFTER, "limit": limit}
    return [MeterView(*row) for row in reader.rows(_MINE, bind)]
