"""What smart meters say of themselves: for the job that reads them, and for the staff who watch them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import local, now
from core.db import Reader
from core.text import Name

SILENT_AFTER = timedelta(hours=6)

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
# A smart meter is read all day; the day keeps what it showed last, and never less than it showed before.
_KEEP = text("""
INSERT INTO reading (connection_id, taken_on, wh, source)
SELECT shown.connection_id, shown.taken_on, max(shown.wh), 'smart'
FROM unnest(CAST(:connections AS bigint[]), CAST(:days AS date[]), CAST(:whs AS bigint[]))
    AS shown (connection_id, taken_on, wh)
WHERE shown.wh >= coalesce((SELECT max(wh) FROM reading WHERE reading.connection_id = shown.connection_id
                            AND reading.taken_on < shown.taken_on), 0)
GROUP BY shown.connection_id, shown.taken_on
ON CONFLICT (connection_id, taken_on) DO UPDATE SET wh = excluded.wh, source = excluded.source
WHERE reading.wh < excluded.wh AND reading.source = excluded.source
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


class MeterView(msgspec.Struct, frozen=True, array_like=True):
    """One smart meter on a list for staff; `supply` is on, off, turning_on, turning_off or unknown."""

    number: str
    name: str
    name_local: str | None
    seen_at: datetime | None
    wh: int | None
    supply: str
    silent: bool

    @property
    def label(self) -> Name:
        return Name(self.name, self.name_local)


def meters_of(session: Session, driver: str, after: int, limit: int) -> list[tuple[int, str]]:
    """The next connections with a meter of this driver, and what the driver calls it."""
    bind = {"driver": driver, "after": after, "limit": limit}
    return [(row.id, row.meter_id) for row in session.execute(_OF_DRIVER, bind)]


def note(session: Session, shown: Iterable[tuple[int, Shown]]) -> None:
    """Keep what meters said of themselves last; what is older than that is left out."""
    rows: Sequence[tuple[int, Shown]] = list(shown)
    session.execute(
        _NOTE,
        {
            "connections": [connection for connection, _ in rows],
            "moments": [one.at for _, one in rows],
            "whs": [one.wh for _, one in rows],
            "ons": [one.on for _, one in rows],
        },
    )


def keep(session: Session, shown: Iterable[tuple[int, Shown]]) -> None:
    """Keep what meters showed as the reading of that day in India."""
    rows: Sequence[tuple[int, Shown]] = list(shown)
    session.execute(
        _KEEP,
        {
            "connections": [connection for connection, _ in rows],
            "days": [local(one.at).date() for _, one in rows],
            "whs": [one.wh for _, one in rows],
        },
    )


def my_meters(reader: Reader, staff_id: int, limit: int) -> list[MeterView]:
    """The smart meters of one's plants: silent ones first, the longest silent at the top."""
    bind = {"staff": staff_id, "silent": now() - SILENT_AFTER, "limit": limit}
    return [MeterView(*row) for row in reader.rows(_MINE, bind)]
