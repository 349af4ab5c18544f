"""Which plants a member of staff notes water for: all of theirs, those that have a unit first."""

from __future__ import annotations

from sqlalchemy import text

from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.people import StaffMember
from core.plants import Place
from core.text import say

_PLACES = """
SELECT plant.id, plant.code, plant.name, plant.name_local
FROM staff_plant JOIN plant ON plant.id = staff_plant.plant_id
WHERE staff_plant.staff_id = %(staff)s
  AND (%(code)s::text IS NULL OR upper(%(code)s) IN (upper(plant.code), upper(plant.name), plant.name_local))
ORDER BY NOT (EXISTS (SELECT FROM water_sale WHERE water_sale.plant_id = plant.id AND undone_at IS NULL)
    OR EXISTS (SELECT FROM water_reading WHERE water_reading.plant_id = plant.id AND ended_at IS NULL)),
    plant.name, plant.id
LIMIT %(limit)s
"""
_MINE = text("""
    SELECT 1 FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
    WHERE staff.id = :staff AND staff.active AND staff_plant.plant_id = :plant
""")


def places(reader: Reader, staff_id: int, limit: int) -> list[Place]:
    """The plants in scope, those with a water unit first."""
    rows = reader.rows(_PLACES, {"staff": staff_id, "code": None, "limit": limit})
    return [Place(*row) for row in rows]


def named(reader: Reader, staff_id: int, term: str) -> Place | None:
    """The plant in scope of this code or name."""
    rows = reader.rows(_PLACES, {"staff": staff_id, "code": term, "limit": 1})
    return Place(*rows[0]) if rows else None


def seller(doing: Doing, plant_id: int) -> StaffMember:
    """Who notes something at a plant; Refusal for anybody who does not work there."""
    staff = doing.caller.staff
    if staff is None:
        raise Refusal(say("pay.staff_only"))
    if doing.session.execute(_MINE, {"staff": staff.id, "plant": plant_id}).first() is None:
        raise Refusal(say("water.not_yours"))
    return staff
