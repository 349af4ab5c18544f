"""What staff do at meters: read them, take a reading back, change them, and see what is still to be read."""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from datetime import date

import msgspec
from sqlalchemy import text

from core import readings
from core.clock import local, now, today
from core.collecting import UNDO_WITHIN
from core.db import Reader
from core.doing import Doing
from core.energy import round_of, units
from core.errors import Refusal
from core.people import StaffMember
from core.readings import Judged, Shown
from core.text import Name, Named, Param, Text, say

UNUSUAL_TIMES = 5
UNUSUAL_WH = 20_000
"""More than so many times the usual use, and more than so much, is asked about once more."""
STILL_DAYS = 20
"""A meter that has not moved for so many days is pointed out."""
LOOKED_BACK_DAYS = 120

FIRST_DAYS = 365
"""A meter's first reading above what its load limit lets through in so many days is asked about."""

_SCOPE = "(SELECT plant_id FROM staff_plant WHERE staff_id = {0})"
_SHOWN = readings.LAST.format(connection="connection.id", day="%(day)s::date")

_METER = f"""
SELECT connection.id, connection.number, customer.name, customer.name_local, plant.name,
    connection.plant_id IN {_SCOPE.format("%(staff)s")},
    package.metered, package.load_watts, last.wh - last.before_wh, last.taken_on,
    coalesce(%(day)s::date - last.taken_on, 0),
    (SELECT (max(wh) - min(wh)) / nullif(max(taken_on) - min(taken_on), 0) FROM reading
     WHERE connection_id = connection.id AND taken_on > %(day)s::date - {LOOKED_BACK_DAYS}
     AND taken_on < %(day)s::date)
FROM connection
JOIN customer ON customer.id = connection.customer_id
JOIN plant ON plant.id = connection.plant_id
JOIN package ON package.id = connection.package_id
LEFT JOIN LATERAL ({_SHOWN}) AS last ON true
WHERE connection.number = ANY(%(numbers)s)
"""

_MINE = text(f"""
    SELECT EXISTS (SELECT FROM connection JOIN staff ON staff.id = :staff AND staff.active
        WHERE connection.id = :connection AND connection.plant_id IN {_SCOPE.format(":staff")})
""")

_NEWEST = """
SELECT reading.id, connection.id, connection.number, customer.name, customer.name_local, wh - before_wh
FROM reading
JOIN connection ON connection.id = reading.connection_id
JOIN customer ON customer.id = connection.customer_id
WHERE staff_id = %(staff)s AND noted_at > %(since)s AND source = 'staff'
ORDER BY noted_at DESC, reading.id DESC LIMIT 1
"""

_FREE = text(f"""
    SELECT id FROM reading WHERE id = :reading AND staff_id = :staff AND noted_at > :since
    AND source = 'staff' AND NOT {readings.USED.format("reading")}
    AND NOT EXISTS (SELECT FROM reading AS later WHERE later.connection_id = reading.connection_id
        AND later.taken_on > reading.taken_on)
    AND NOT EXISTS (SELECT FROM meter_change WHERE meter_change.connection_id = reading.connection_id
        AND meter_change.at >= reading.noted_at)
""")
_UNDONE = text(f"{readings.KEEP_UNDONE} WHERE reading.id = :reading")
_BEFORE = text("""
    UPDATE reading SET wh = was.wh, before_wh = was.before_wh, bands = was.bands, source = was.source,
        staff_id = was.staff_id, noted_at = was.noted_at
    FROM (SELECT was.* FROM reading_was AS was JOIN reading ON reading.id = was.reading_id
        WHERE was.reading_id = :reading AND why = 'corrected'
        AND (was.noted_at IS NULL OR was.noted_at < reading.noted_at)
        ORDER BY was.id DESC LIMIT 1) AS was
    WHERE reading.id = was.reading_id RETURNING reading.id
""")
_GONE = text("DELETE FROM reading WHERE id = :reading")

_CHANGE = text("""
    INSERT INTO meter_change (source, connection_id, changed_on, old_number, closing_wh, new_number,
        opening_wh, wh, before_wh, staff_id, at)
    SELECT :source, connection.id, :day, meter_number, :closing, :new, :opening,
        reading.wh, reading.wh - :opening, :staff, :at
    FROM connection JOIN reading ON reading.connection_id = connection.id AND taken_on = :day
    WHERE connection.id = :connection
""")
_RENUMBER = text("UPDATE connection SET meter_number = :new WHERE id = :connection")

_LEDGER = """
SELECT day, shown, how, used FROM (
    SELECT taken_on AS day, wh - before_wh AS shown, source AS how,
        wh - lag(wh) OVER (ORDER BY taken_on) AS used, 1 AS rank
    FROM reading WHERE connection_id = %(connection)s
    UNION ALL
    SELECT changed_on, opening_wh, 'opening', NULL, 2 FROM meter_change WHERE connection_id = %(connection)s
    UNION ALL
    SELECT period_to, NULL, 'estimated', closing_wh - opening_wh, 0 FROM bill
    WHERE connection_id = %(connection)s AND estimated AND reversed_at IS NULL AND closing_wh IS NOT NULL
) AS known ORDER BY day DESC, rank DESC LIMIT %(limit)s
"""

_TO_READ = f"""
SELECT connection.number, customer.name, customer.name_local, customer.village, count(*) OVER ()
FROM connection
JOIN customer ON customer.id = connection.customer_id
JOIN package ON package.id = connection.package_id AND package.metered
WHERE connection.status = 'active' AND connection.plant_id IN {_SCOPE.format("%(staff)s")}
AND NOT EXISTS (SELECT FROM reading WHERE connection_id = connection.id
    AND taken_on >= date_trunc('month', %(day)s::date) AND taken_on <= %(day)s::date)
ORDER BY customer.village NULLS LAST, customer.name, connection.number LIMIT %(limit)s
"""


class Meter(Named, msgspec.Struct, frozen=True, array_like=True):
    """A meter as a reader meets it; `last_wh` is what its face showed `days` ago, before today."""

    connection_id: int
    number: str
    name: str
    name_local: str | None
    plant: str
    mine: bool
    metered: bool
    load_watts: int
    last_wh: int | None
    last_on: date | None
    days: int
    daily_wh: int | None

    def turned(self, wh: int) -> int:
        """One whole round of the register, in Wh, if `wh` is below what it showed last; else 0."""
        return round_of(self.last_wh) if self.last_wh is not None and wh < self.last_wh else 0

    def unlikely_first(self, wh: int) -> bool:
        """Whether a meter of which nothing is known yet shows more than its package lets through in years."""
        return wh > self.load_watts * 24 * FIRST_DAYS

    def unlikely(self, used_wh: int) -> bool:
        """Whether so much is far beyond what this house uses, or than its load limit lets through."""
        days = max(self.days, 1)
        most = self.load_watts * 24 * days
        if self.daily_wh is not None:
            most = min(most, max(UNUSUAL_TIMES * self.daily_wh * days, UNUSUAL_WH))
        return used_wh > most


class Mistaken(msgspec.Struct, frozen=True, array_like=True):
    """The newest reading that its reader may still take back."""

    reading_id: int
    connection_id: int
    number: str
    name: str
    name_local: str | None
    wh: int


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One line of a meter's ledger: what it showed (Wh), who says so, and what was used since the last."""

    day: date
    shown_wh: int | None
    how: str
    used_wh: int | None


class Unread(msgspec.Struct, frozen=True, array_like=True):
    """A connection whose meter nobody has read this month; `count` is how many there are."""

    number: str
    name: str
    name_local: str | None
    village: str | None
    count: int


def meters(reader: Reader, staff_id: int | None, numbers: list[str]) -> list[Meter]:
    """The meters of some connections, in scope or not."""
    return [Meter(*row) for row in reader.rows(_METER, _bind(staff_id, numbers=numbers))]


def meter(reader: Reader, staff_id: int | None, number: str) -> Meter | None:
    """The meter of one connection; without `staff_id` as its customer meets it, in nobody's scope."""
    found = meters(reader, staff_id, [number])
    return found[0] if found else None


def mistaken(reader: Reader, staff_id: int) -> Mistaken | None:
    """The newest reading of a reader, while it may be taken back."""
    rows = reader.rows(_NEWEST, {"staff": staff_id, "since": now() - UNDO_WITHIN})
    return Mistaken(*rows[0]) if rows else None


def ledger(reader: Reader, connection_id: int, limit: int) -> list[Entry]:
    """The last readings of a connection, changes of its meter and estimates, newest first."""
    return [Entry(*row) for row in reader.rows(_LEDGER, {"connection": connection_id, "limit": limit})]


def to_read(reader: Reader, staff_id: int, limit: int) -> list[Unread]:
    """Whose meter in one's plants has no reading this month, village by village."""
    return [Unread(*row) for row in reader.rows(_TO_READ, _bind(staff_id, limit=limit))]


def _bind(staff_id: int | None, **more: object) -> dict[str, object]:
    return {"staff": staff_id, "day": today(), **more}


def take(doing: Doing, meter: Meter, wh: int, turned_wh: int) -> Text:
    """Keep what a reader saw. Raises Refusal outside his plants, or where the reading can't be."""
    judged = record(doing, meter, Shown(meter.connection_id, _day(doing), wh, turned_wh=turned_wh), "staff")
    who: dict[str, Param] = {"name": meter.label, "number": meter.number, "shown": units(wh)}
    if judged.state == "same":
        return say("read.same", **who)
    if judged.last_on is None or judged.last_wh is None or judged.used_wh is None:
        return say("read.first", **who)
    used: dict[str, Param] = {
        "last": units(judged.last_wh),
        "day": judged.last_on,
        "used": units(judged.used_wh),
    }
    still = judged.used_wh == 0 and (_day(doing) - judged.last_on).days >= STILL_DAYS
    return say("read.still" if still else "read.taken", **who, **used)


def take_back(doing: Doing, mistaken: Mistaken) -> Text:
    """Take a reading back, or what corrected it. Raises Refusal after ten minutes and once it was used."""
    staff, session = _reader(doing), doing.session
    readings.lock(session, [mistaken.connection_id])
    bind = {
        "reading": mistaken.reading_id,
        "staff": staff.id,
        "since": doing.at - UNDO_WITHIN,
        "at": doing.at,
    }
    if session.execute(_FREE, bind).one_or_none() is None:
        raise Refusal(say("unread.too_late"))
    session.execute(_UNDONE, bind)
    if session.execute(_BEFORE, bind).one_or_none() is None:
        session.execute(_GONE, bind)
    doing.audit("reading.undo", f"connection:{mistaken.number}", wh=mistaken.wh)
    return say(
        "unread.done",
        name=Name(mistaken.name, mistaken.name_local),
        number=mistaken.number,
        shown=units(mistaken.wh),
    )


def change(doing: Doing, meter: Meter, closing_wh: int, new_number: str, opening_wh: int) -> Text:
    """Let a new meter follow the old one; the energy goes on from where the old one stopped.

    Raises Refusal outside the reader's plants, or where the old meter can't have shown that.
    """
    staff, day = _reader(doing), _day(doing)
    record(doing, meter, Shown(meter.connection_id, day, closing_wh), "change")
    bind = {
        "source": f"meter:{doing.key}",
        "connection": meter.connection_id,
        "day": day,
        "closing": closing_wh,
        "new": new_number,
        "opening": opening_wh,
        "staff": staff.id,
        "at": doing.at,
    }
    doing.session.execute(_CHANGE, bind)
    doing.session.execute(_RENUMBER, bind)
    doing.audit("meter.change", f"connection:{meter.number}", closing=closing_wh, opening=opening_wh)
    return say("meter.done", name=meter.label, number=meter.number, meter=new_number)


def record(doing: Doing, meter: Meter, shown: Shown, source: str) -> Judged:
    """Keep a reading in a reader's name. Raises Refusal outside his plants, or where it can't be."""
    staff = _reader(doing)
    bind = {"staff": staff.id, "connection": meter.connection_id}
    if not doing.session.execute(_MINE, bind).scalar_one():
        raise Refusal(say("pay.not_yours", number=meter.number))
    judged = readings.record(doing.session, shown, source=source, at=doing.at, staff_id=staff.id)
    if not judged.taken:
        raise Refusal(say(f"read.{judged.state}", number=meter.number))
    doing.audit(
        "reading", f"connection:{meter.number}", wh=shown.wh, turned=shown.turned_wh, how=judged.state
    )
    return judged


def _reader(doing: Doing) -> StaffMember:
    if doing.caller.staff is None:
        raise Refusal(say("pay.staff_only"))
    return doing.caller.staff


def _day(doing: Doing) -> date:
    return local(doing.at).date()
