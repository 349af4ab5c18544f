"""In charge of a plant: in one's own right, or standing in for somebody who is away.

Only who is of an in-charge's role may stand in here: being away lends plants and limits, never a power that
the stand-in's role does not know (docs/decisions/0022-standing-in.md).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core import limits
from core.clock import local, now
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.limits import Limits
from core.money import Money
from core.text import say
from core.work.rules import CHARGE

PLANTS = """
    SELECT staff_plant.plant_id, holder.id, holder.role FROM staff AS me
    JOIN staff AS holder ON holder.active AND (holder.id = me.id OR holder.id IN (
        SELECT away.staff_id FROM away_on(%(day)s) AS away WHERE away.stand_in_id = me.id))
    JOIN staff_plant ON staff_plant.staff_id = holder.id
    WHERE me.id = %(staff)s AND me.active AND me.role = ANY(%(charge)s) AND holder.role = ANY(%(charge)s)
"""
"""The plants somebody is in charge of today, each with whose right it is: `staff`, `day`, `charge`."""
_RIGHTS = f"""
SELECT mine.id, mine.role FROM ({PLANTS}) AS mine WHERE mine.plant_id = %(plant)s
ORDER BY mine.id <> %(staff)s, mine.role = 'state_in_charge', mine.id
"""  # noqa: S608 (our own words)
_RIGHTS_OF = f"""
SELECT mine.plant_id, mine.role FROM ({PLANTS}) AS mine
JOIN connection ON connection.plant_id = mine.plant_id WHERE connection.id = %(connection)s
"""  # noqa: S608 (our own words)


@dataclass(frozen=True, slots=True)
class Right:
    """Whose right to decide is used, and their role; `away`: it is somebody else's, who is away."""

    staff_id: int
    role: str
    away: bool

    @property
    def kept(self) -> dict[str, int]:
        """For whom it was decided, as the audit keeps it."""
        return {"for_staff": self.staff_id} if self.away else {}


def bind(staff_id: int) -> dict[str, object]:
    """What a query with `PLANTS` in it is asked with, besides what is its own."""
    return {"staff": staff_id, "day": local(now()).date(), "charge": sorted(CHARGE)}


def right(doing: Doing, plant_id: int, *, but: Collection[int | None] = ()) -> Right | None:
    """By whose right this caller is in charge of a plant, the own one first; `but` for what these did."""
    found = _rights(doing, plant_id, but)
    return found[0] if found else None


def check(doing: Doing, plant_id: int, paise: int, *, but: Collection[int | None] = ()) -> Right:
    """By whose right this caller decides alone about an amount; Refusal where it is too much for each."""
    given = limits.of_plant(doing.session, plant_id)
    found = [one for one in _rights(doing, plant_id, but) if given.alone(one.role, paise)]
    if not found:
        raise Refusal(say("work.above", amount=Money(paise)))
    return found[0]


def reaches(reader: Reader, staff_id: int, connection_id: int) -> bool:
    """Whether somebody is in charge of a connection's plant, also in another's right."""
    return bool(reader.rows(_RIGHTS_OF, {**bind(staff_id), "connection": connection_id}))


def decides(reader: Reader, staff_id: int, connection_id: int, paise: int) -> bool:
    """Whether somebody decides alone about an amount of a connection, also in another's right."""
    rows = reader.rows(_RIGHTS_OF, {**bind(staff_id), "connection": connection_id})
    given: Limits | None = limits.of(reader, rows[0][0]) if rows else None
    return given is not None and any(given.alone(role, paise) for _, role in rows)


def _rights(doing: Doing, plant_id: int, but: Collection[int | None]) -> list[Right]:
    staff = doing.caller.staff
    if staff is None or staff.id in but:
        return []
    asked = {**bind(staff.id), "day": local(doing.at).date(), "plant": plant_id}
    rows = doing.session.connection().exec_driver_sql(_RIGHTS, asked).all()
    return [Right(row[0], row[1], row[0] != staff.id) for row in rows if row[0] not in but]
