"""How well the work goes: open and overdue, time and satisfaction, per plant and per customer."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from core.clock import now, today
from core.db import Reader
from core.text import Name

YEAR = timedelta(days=365)

_HEALTH = """
SELECT count(*) FILTER (WHERE kind = 'fault'), count(*) FILTER (WHERE kind = 'fault' AND state = 'completed'),
    coalesce(extract(epoch FROM avg(closed_at - created_at)
        FILTER (WHERE kind = 'fault' AND state = 'completed')), 0)::bigint,
    round(avg(rating), 1)::float8, count(rating)
FROM request
WHERE connection_id = %(connection)s AND created_at > %(since)s
"""
# Open work by its partial index, closed work of the time asked for by (plant, closed_at).
_REPORT = """
WITH mine AS (
    SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s
), open AS (
    SELECT request.plant_id, count(*) AS open,
        count(*) FILTER (WHERE level > 0 OR goes_up_at < %(at)s) AS overdue
    FROM request JOIN mine USING (plant_id) WHERE closed_at IS NULL GROUP BY request.plant_id
), closed AS (
    SELECT request.plant_id, count(*) FILTER (WHERE state = 'completed') AS done,
        count(*) FILTER (WHERE state = 'rejected') AS rejected,
        coalesce(extract(epoch FROM avg(closed_at - created_at) FILTER (WHERE state = 'completed')), 0)
            AS seconds,
        coalesce(avg(rating), 0) AS rating, count(rating) AS rated
    FROM request JOIN mine USING (plant_id)
    WHERE closed_at >= (%(since)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata' GROUP BY request.plant_id
)
SELECT plant.name, plant.name_local, coalesce(open.open, 0), coalesce(open.overdue, 0),
    coalesce(closed.done, 0), coalesce(closed.rejected, 0), coalesce(closed.seconds, 0)::bigint,
    coalesce(closed.rating, 0)::float8, coalesce(closed.rated, 0)
FROM mine JOIN plant ON plant.id = mine.plant_id
LEFT JOIN open ON open.plant_id = plant.id LEFT JOIN closed ON closed.plant_id = plant.id
WHERE open.open > 0 OR closed.done > 0 OR closed.rejected > 0
ORDER BY coalesce(open.overdue, 0) DESC, coalesce(open.open, 0) DESC, plant.name
"""


class Health(msgspec.Struct, frozen=True, array_like=True):
    """A connection's faults of the last year: how many, how many were mended, in how many seconds each;
    and how they liked whatever they had asked for (None: nobody said).
    """

    faults: int
    mended: int
    seconds: int
    stars: float | None
    rated: int


class PlantReport(msgspec.Struct, frozen=True, array_like=True):
    """A plant's work: open and overdue now; done, rejected, seconds each, rating since a day."""

    plant: str
    plant_local: str | None
    open: int
    overdue: int
    done: int
    rejected: int
    seconds: int
    rating: float
    rated: int

    @property
    def label(self) -> Name:
        return Name(self.plant, self.plant_local)


def report(reader: Reader, staff_id: int, period: str) -> list[PlantReport]:
    """Open and overdue now, done and average time this `week` (from Monday) or `month`, per plant in scope.

    The most overdue plant comes first.
    """
    day = today()
    since = day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())
    return [
        PlantReport(*row) for row in reader.rows(_REPORT, {"staff": staff_id, "at": now(), "since": since})
    ]


def health(reader: Reader, connection_id: int) -> Health:
    """How the faults of a connection went in the last year, for the card and the health score."""
    return Health(*reader.rows(_HEALTH, {"connection": connection_id, "since": now() - YEAR})[0])
