"""What staff see of the inbox, and what the doors must know of a phone before a text is passed on."""

from __future__ import annotations

from datetime import datetime

import msgspec

from core.clock import today
from core.db import Reader
from core.inbox import ANSWERERS
from core.text import Named

LINES = 4
"""Of a note are shown at once."""

# One statement for both, because a note's card is its row of the list; who may answer is asked here
# as in the act.
_NOTES = """
WITH mine AS (
    SELECT DISTINCT staff_plant.plant_id FROM staff_plant
    JOIN staff ON staff.id = staff_plant.staff_id AND staff.active AND staff.role = ANY(%(roles)s)
    WHERE staff.id = %(staff)s OR staff.id IN (
        SELECT staff_id FROM away_on(%(day)s) WHERE stand_in_id = %(staff)s)
)
SELECT note.number, coalesce(connection.number, '-'), coalesce(customer.name, '-'), customer.name_local,
    note.phone, note.last_at, note.waits_since, said.lines, said.staff
FROM note JOIN mine USING (plant_id)
LEFT JOIN connection ON connection.id = note.connection_id
LEFT JOIN customer ON customer.id = connection.customer_id
CROSS JOIN LATERAL (
    SELECT array_agg(body ORDER BY id) AS lines, array_agg(staff_id IS NOT NULL ORDER BY id) AS staff
    FROM (SELECT id, body, staff_id FROM note_line WHERE note_id = note.id ORDER BY id DESC
        LIMIT %(lines)s) AS last
) AS said
WHERE note.closed_at IS NULL AND (%(number)s::text IS NULL OR note.number = %(number)s)
ORDER BY note.waits_since NULLS LAST, note.last_at LIMIT %(limit)s
"""
_TALKING = """
SELECT EXISTS (SELECT FROM note WHERE phone = %(phone)s AND closed_at IS NULL),
    EXISTS (SELECT FROM connection_phone WHERE e164 = %(phone)s) OR EXISTS (
        SELECT FROM request WHERE phone = %(phone)s AND kind = 'new_connection'
        AND plant_id IS NOT NULL AND closed_at IS NULL)
"""


class Open(Named, msgspec.Struct, frozen=True, array_like=True):
    """An open note: whose it is, since when it waits (None: answered), the newest lines, oldest first.

    `by_staff` says of each line whether it was ours.
    """

    number: str
    connection: str
    name: str
    name_local: str | None
    phone: str
    last_at: datetime
    waits_since: datetime | None
    lines: list[str]
    by_staff: list[bool]


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """Of a phone: whether a note is open, and whether it belongs to a plant whose people could read one."""

    talking: bool
    at_home: bool


def open_notes(reader: Reader, staff_id: int, limit: int) -> list[Open]:
    """The open notes that a member of staff may answer, those that wait longest first."""
    return _notes(reader, staff_id, None, limit)


def one(reader: Reader, staff_id: int, number: str) -> Open | None:
    """An open note that a member of staff may answer."""
    found = _notes(reader, staff_id, number, 1)
    return found[0] if found else None


def standing(reader: Reader, phone: str) -> Standing:
    """What is known of a phone whose text nobody understood."""
    return Standing(*reader.rows(_TALKING, {"phone": phone})[0])


def _notes(reader: Reader, staff_id: int, number: str | None, limit: int) -> list[Open]:
    bind = {
        "staff": staff_id,
        "roles": list(ANSWERERS),
        "day": today(),
        "number": number,
        "lines": LINES,
        "limit": limit,
    }
    return [Open(*row) for row in reader.rows(_NOTES, bind)]
