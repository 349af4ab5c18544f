"""Who of a range of connections is to be billed, from which day on, and for how many days with light.

Parts of the statement that fills the draft (core/billing/statements.py), and with its parameters: they are
`off` and `due` there.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from typing import LiteralString

# When connections became active or ceased to be. What was before the first change that is kept follows
# from it; changes between two ways of being off are none here.
_FLIP: LiteralString = """
    SELECT connection_id, (at AT TIME ZONE 'Asia/Kolkata')::date AS day, active,
        row_number() OVER seq AS place, lead((at AT TIME ZONE 'Asia/Kolkata')::date) OVER seq AS until
    FROM (
        SELECT connection_id, at, id, status = 'active' AS active, coalesce(
            lag(status = 'active') OVER (PARTITION BY connection_id ORDER BY at, id),
            was = 'active', status <> 'active') AS before
        FROM connection_status WHERE connection_id > :after AND connection_id <= :upto
    ) AS kept WHERE active <> before
    WINDOW seq AS (PARTITION BY connection_id ORDER BY at, id)
"""

# Days without light from morning to night, of those that have ever changed: the day of a change had some.
OFF: LiteralString = f"""
    SELECT connection_id, range_agg(CASE
        WHEN active THEN daterange(NULL, day)
        WHEN until IS NULL THEN daterange(day + 1, NULL)
        ELSE daterange(day + 1, greatest(day + 1, until)) END) AS dark
    FROM ({_FLIP}) AS flip WHERE NOT active OR place = 1 GROUP BY connection_id
"""

# Who may be billed, from which day on, and after which bill. Prepaid packages pay the month in
# advance, where the light is on; all others once it is over.
_KNOWN: LiteralString = """
    SELECT connection.id, connection.status = 'active' AS active, connection.package_id, package.prepaid,
        package.metered AND NOT package.prepaid AS metered,
        greatest(:first, connection.connected_on, last.period_to + 1) AS first,
        CAST(:last - greatest(:first, connection.connected_on, last.period_to + 1) + 1 AS bigint) AS days,
        last.closing_wh, last.reading_id, last.estimated AS presumed
    FROM connection JOIN package ON package.id = connection.package_id
    LEFT JOIN LATERAL (
        SELECT period_to, closing_wh, reading_id, estimated FROM bill
        WHERE bill.connection_id = connection.id AND reversed_at IS NULL
        ORDER BY period_from DESC LIMIT 1
    ) AS last ON true
    WHERE connection.plant_id = :plant AND connection.id > :after AND connection.id <= :upto
    AND (:issued > :last OR package.prepaid AND connection.status = 'active')
    AND greatest(:first, connection.connected_on, last.period_to + 1) <= :last
"""

# Where what was kept does not end with what is, it is not believed: there only what is counts.
DUE: LiteralString = f"""
    SELECT known.*, known.days - CASE WHEN upper_inf(off.dark) <> known.active THEN (
        SELECT coalesce(sum(upper(part) - lower(part)), 0)
        FROM unnest(off.dark * datemultirange(daterange(known.first, :last, '[]'))) AS part
    ) ELSE 0 END AS active_days
    FROM ({_KNOWN}) AS known LEFT JOIN off ON off.connection_id = known.id
    WHERE CASE WHEN upper_inf(off.dark) <> known.active
        THEN NOT off.dark @> daterange(known.first, :last, '[]') ELSE known.active END
"""
