"""A water unit's two counters, litres made and kWh used: read once a day, corrected by reading again.

What counts never falls: a counter that began anew goes on from where the old one stood. Readings are never
changed; the one that another replaced is ended, and stays to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import text

from core.clock import local, today
from core.db import Reader
from core.doing import Doing
from core.energy import round_of
from core.errors import Refusal
from core.text import say
from core.water.places import seller

LOOKED_BACK_DAYS = 120
UNUSUAL_TIMES = 5
"""More than so many times the usual is asked about, if it is also more than the smallest below."""
SMALLEST = {"litres": 5_000, "wh": 50_000}
MOST_A_DAY = {"litres": 30_000, "wh": 500_000}
"""In litres and Wh; what nobody asks about where a unit has no usual yet."""
KEPT = 3
"""Readings that are looked at: the last one may be wrong, and the one before it."""

# Each of the last readings, with what the kWh counter last showed until then.
_LAST = """
SELECT last.id, last.taken_on, %(day)s::date - last.taken_on, last.litres - last.before_litres,
    last.before_litres, power.taken_on, coalesce(%(day)s::date - power.taken_on, 0),
    power.wh - power.before_wh, coalesce(power.before_wh, 0)
FROM water_reading AS last
LEFT JOIN LATERAL (
    SELECT taken_on, wh, before_wh FROM water_reading
    WHERE plant_id = last.plant_id AND ended_at IS NULL AND wh IS NOT NULL AND taken_on <= last.taken_on
    ORDER BY taken_on DESC LIMIT 1
) AS power ON true
WHERE last.plant_id = %(plant)s AND last.ended_at IS NULL AND last.taken_on < %(day)s::date
ORDER BY last.taken_on DESC LIMIT %(limit)s
"""
_USUAL = """
SELECT ((max(litres) - min(litres)) / nullif(max(taken_on) - min(taken_on), 0))::bigint,
    ((max(wh) - min(wh)) / nullif(max(taken_on) FILTER (WHERE wh IS NOT NULL)
        - min(taken_on) FILTER (WHERE wh IS NOT NULL), 0))::bigint
FROM water_reading
WHERE plant_id = %(plant)s AND ended_at IS NULL AND taken_on < %(day)s::date
    AND taken_on >= %(day)s::date - %(days)s::int
"""
# One reader of a unit at a time.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('water'), CAST(:plant AS int))")
_STANDING = text("""
    SELECT id, taken_on, litres - before_litres AS shown, before_litres, wh, before_wh FROM water_reading
    WHERE plant_id = :plant AND ended_at IS NULL AND id <> ALL(CAST(:wrong AS bigint[]))
    AND taken_on >= coalesce((SELECT max(taken_on) FROM water_reading WHERE plant_id = :plant
        AND ended_at IS NULL AND id <> ALL(CAST(:wrong AS bigint[])) AND taken_on < :day), :day)
    ORDER BY taken_on
""")
_END = text("""
    UPDATE water_reading SET ended_at = :at, why = :why
    WHERE plant_id = :plant AND id = ANY(CAST(:ids AS bigint[])) AND ended_at IS NULL
""")
_KEEP = text("""
    INSERT INTO water_reading (source, plant_id, staff_id, taken_on, litres, before_litres, wh, before_wh,
        noted_at)
    VALUES (:source, :plant, :staff, :day, :litres, :before_litres, :wh, :before_wh, :at)
""")


class Last(msgspec.Struct, frozen=True, array_like=True):
    """A reading `days` ago: what the counters showed, and what had counted before they began (Wh)."""

    id: int
    day: date
    days: int
    litres: int
    before_litres: int
    power_day: date | None
    power_days: int
    wh: int | None
    before_wh: int


class Unit(msgspec.Struct, frozen=True, array_like=True):
    """A plant's water unit as its reader meets it: its last readings, newest first, and what is usual."""

    last: list[Last]
    litres_a_day: int | None
    wh_a_day: int | None

    def unlikely(self, what: str, used: int, days: int) -> bool:
        """Whether so much in so many days is far beyond what this unit makes (`litres`) or uses (`wh`)."""
        usual = self.litres_a_day if what == "litres" else self.wh_a_day
        if usual is None:
            return used > MOST_A_DAY[what] * max(days, 1)
        return used > max(UNUSUAL_TIMES * usual * max(days, 1), SMALLEST[what])


@dataclass(frozen=True, slots=True)
class Shown:
    """What the counters show today, against the reading `last_id`; `wh` is None where nobody looked.

    What had counted before they began grows by what the old counter showed, or by one whole round. `wrong`:
    later readings that were found to be wrong.
    """

    plant_id: int
    last_id: int | None
    litres: int
    before_litres: int
    wh: int | None
    before_wh: int
    wrong: tuple[int, ...] = ()


def unit(reader: Reader, plant_id: int) -> Unit:
    """A plant's water unit; without readings where nobody has read it yet."""
    bind = {"plant": plant_id, "day": today(), "limit": KEPT, "days": LOOKED_BACK_DAYS}
    last = [Last(*row) for row in reader.rows(_LAST, bind)]
    return Unit(last, *reader.rows(_USUAL, bind)[0])


def turn_of(shown: int) -> int:
    """After how many litres a counter that shows so many begins again at zero, by its number of digits."""
    return round_of(shown * 1000) // 1000


def note(doing: Doing, shown: Shown) -> bool:
    """Keep what the counters show today, in place of an earlier reading of today; False: it stood already.

    Raises Refusal outside the reader's plants, and where somebody else has read the unit meanwhile.
    """
    staff, session, day = seller(doing, shown.plant_id), doing.session, local(doing.at).date()
    bind: dict[str, Any] = {"plant": shown.plant_id, "day": day, "wrong": list(shown.wrong), "at": doing.at}
    session.execute(_TURN, bind)
    standing = session.execute(_STANDING, bind).all()
    before = [row.id for row in standing if row.taken_on < day]
    present = [row for row in standing if row.taken_on >= day]
    if (before[0] if before else None) != shown.last_id or any(row.taken_on > day for row in present):
        raise Refusal(say("watermeter.moved"))
    litres, before_wh = shown.before_litres + shown.litres, shown.before_wh
    wh = None if shown.wh is None else before_wh + shown.wh
    if wh is None and present:  # what was read of the other counter today stands
        wh, before_wh = present[0].wh, present[0].before_wh
    same = (shown.litres, shown.before_litres, wh)
    if not shown.wrong and any((row.shown, row.before_litres, row.wh) == same for row in present):
        return False
    session.execute(_END, {**bind, "ids": [row.id for row in present], "why": "corrected"})
    session.execute(_END, {**bind, "ids": list(shown.wrong), "why": "wrong"})
    kept = {"litres": litres, "before_litres": shown.before_litres, "wh": wh, "before_wh": before_wh}
    session.execute(_KEEP, {**bind, **kept, "source": f"water:{doing.key}", "staff": staff.id})
    doing.audit(
        "water.read", f"plant:{shown.plant_id}", litres=shown.litres, wh=shown.wh, wrong=list(shown.wrong)
    )
    return True
