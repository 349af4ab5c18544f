"""What a plant's water comes to in a month: made, sold, lost, taken, and the power it took."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import msgspec

from core.clock import today
from core.db import Reader
from core.text import Named
from core.water.selling import per_litre

# What was made between two readings is spread evenly over its days, so that months always add up to what
# the counter showed. What is lost compares only the days that readings cover.
_MONTHS = """
WITH month (place, first, last) AS (
    VALUES (0, %(before)s::date, %(first)s::date - 1), (1, %(first)s::date, %(upto)s::date - 1)
), mine AS (
    SELECT plant.id, plant.name, plant.name_local
    FROM staff_plant JOIN plant ON plant.id = staff_plant.plant_id
    WHERE staff_plant.staff_id = %(staff)s
      AND (%(plant)s::text IS NULL OR upper(plant.code) = upper(%(plant)s))
), shown AS (
    SELECT plant_id, taken_on, litres, wh FROM water_reading JOIN mine ON mine.id = plant_id
    WHERE ended_at IS NULL AND taken_on < %(upto)s::date + 366 AND taken_on >= coalesce((
        SELECT max(sooner.taken_on) FROM water_reading AS sooner
        WHERE sooner.plant_id = mine.id AND sooner.ended_at IS NULL AND sooner.wh IS NOT NULL
          AND sooner.taken_on < %(before)s), %(before)s::date - 366)
), span AS (
    SELECT plant_id, 'litres' AS what, lag(taken_on) OVER days AS since, taken_on AS until,
        litres - lag(litres) OVER days AS litres, NULL AS wh
    FROM shown WINDOW days AS (PARTITION BY plant_id ORDER BY taken_on)
    UNION ALL
    SELECT plant_id, 'power', lag(taken_on) OVER days, taken_on,
        litres - lag(litres) OVER days, wh - lag(wh) OVER days
    FROM shown WHERE wh IS NOT NULL WINDOW days AS (PARTITION BY plant_id ORDER BY taken_on)
), part AS (
    SELECT plant_id, what, place, overlap.since, overlap.until, litres, wh,
        (overlap.until - overlap.since)::numeric / (span.until - span.since) AS share
    FROM span JOIN month ON since < month.last AND until >= month.first
    CROSS JOIN LATERAL (
        SELECT greatest(span.since, month.first - 1) AS since, least(span.until, month.last) AS until
    ) AS overlap
), made AS (
    SELECT plant_id, place, min(since) FILTER (WHERE what = 'litres') AS since,
        max(until) FILTER (WHERE what = 'litres') AS until,
        round(sum(litres * share) FILTER (WHERE what = 'litres'))::bigint AS litres,
        round(sum(wh * share))::bigint AS wh,
        round(sum(litres * share) FILTER (WHERE what = 'power'))::bigint AS powered
    FROM part GROUP BY plant_id, place
), sale AS (
    SELECT plant_id, place, sold_on AS day, litres, amount_paise
    FROM mine JOIN water_sale ON water_sale.plant_id = mine.id CROSS JOIN month
    WHERE undone_at IS NULL AND sold_on BETWEEN month.first AND month.last
), sold AS (
    SELECT sale.plant_id, sale.place, sum(sale.litres)::bigint AS litres, sum(amount_paise)::bigint AS paise,
        (sum(sale.litres) FILTER (WHERE day > made.since AND day <= made.until))::bigint AS measured
    FROM sale LEFT JOIN made ON made.plant_id = sale.plant_id AND made.place = sale.place
    GROUP BY sale.plant_id, sale.place
)
SELECT mine.name, mine.name_local, month.first, made.litres, made.until,
    coalesce(sold.litres, 0), coalesce(sold.paise, 0), coalesce(sold.measured, 0), made.wh, made.powered
FROM mine CROSS JOIN month
LEFT JOIN made ON made.plant_id = mine.id AND made.place = month.place
LEFT JOIN sold ON sold.plant_id = mine.id AND sold.place = month.place
WHERE mine.id IN (SELECT plant_id FROM made UNION SELECT plant_id FROM sold)
ORDER BY mine.name, mine.id, month.place
"""


class Month(msgspec.Struct, frozen=True, array_like=True):
    """One month of one plant's water: litres, paise and Wh.

    `made`, `read_on` and `wh` are None where no reading says so; `measured` was sold on days that readings
    cover, `powered` was made on days on which the power was read, too.
    """

    first: date
    made: int | None
    read_on: date | None
    sold: int
    paise: int
    measured: int
    wh: int | None
    powered: int | None

    @property
    def lost(self) -> Fraction | None:
        """The share of what was made that was not sold; below zero: more was sold than made."""
        return 1 - Fraction(self.measured, self.made) if self.made else None

    @property
    def price(self) -> int | None:
        """Paise for a litre."""
        return per_litre(self.paise, self.sold)

    @property
    def wh_per_kilolitre(self) -> int | None:
        """Wh for a thousand litres."""
        return None if self.wh is None or not self.powered else round(Fraction(1000 * self.wh, self.powered))


class PlantWater(Named, msgspec.Struct, frozen=True, array_like=True):
    """A plant's month, and the month before it."""

    name: str
    name_local: str | None
    before: Month
    month: Month


def months(
    reader: Reader, staff_id: int, month: date | None = None, plant: str | None = None
) -> list[PlantWater]:
    """A month (None: this one) beside the one before, per plant in scope where water was made or sold."""
    first = month or today().replace(day=1)
    bind = {
        "staff": staff_id,
        "plant": plant,
        "before": (first - timedelta(days=1)).replace(day=1),
        "first": first,
        "upto": (first + timedelta(days=31)).replace(day=1),
    }
    rows = reader.rows(_MONTHS, bind)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [PlantWater(now[0], now[1], Month(*before[2:]), Month(*now[2:])) for before, now in pairs]
