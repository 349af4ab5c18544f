"""Who of a range of connections is to be billed, from which day on, and for how many days with light.

Parts of the statement that fills the draft (core/billing/statements.py), and with its parameters: they are
`changed`, `known` and `due` there.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from typing import LiteralString

CHANGED: LiteralString = """
    SELECT connection_id FROM connection_status WHERE connection_id > :after AND connection_id <= :upto
"""

# Who may be billed, from which day on, and after which bill. Prepaid packages pay the month in
# advance, all others once it is over.
KNOWN: LiteralString = """
    SELECT connection.id, connection.status = 'active' AS active,
        connection.id IN (SELECT connection_id FROM changed) AS changed,
        connection.package_id, package.prepaid,
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
    AND (package.prepaid OR :issued > :last)
    AND greatest(:first, connection.connected_on, last.period_to + 1) <= :last
"""

# When a connection became active or ceased to be. What was before the first change that is kept follows
# from it; changes between two ways of being off are none here.
_FLIP: LiteralString = """
    SELECT (at AT TIME ZONE 'Asia/Kolkata')::date AS day, active, row_number() OVER seq AS place,
        lead((at AT TIME ZONE 'Asia/Kolkata')::date) OVER seq AS until
    FROM (
        SELECT at, id, status = 'active' AS active, coalesce(
            lag(status = 'active') OVER (ORDER BY at, id), was = 'active', status <> 'active') AS before
        FROM connection_status WHERE known.changed AND connection_id = known.id
    ) AS kept WHERE active <> before
    WINDOW seq AS (ORDER BY at, id)
"""

# Days that were off from morning to night are not billed; the day of a change had light. Where what was
# kept does not end with what is, it is not believed. Looked up for those only that have changed.
DUE: LiteralString = f"""
    SELECT known.*, CAST(known.days - CASE WHEN off.still <> known.active THEN off.days ELSE 0 END AS bigint)
        AS active_days
    FROM known LEFT JOIN LATERAL (
        SELECT bool_or(upto = 'infinity') AS still,
            sum(greatest(least(upto, :last) - greatest(since, known.first) + 1, 0)) AS days
        FROM (
            SELECT CASE WHEN active THEN '-infinity' ELSE day + 1 END AS since,
                CASE WHEN active THEN day - 1 ELSE coalesce(until - 1, 'infinity') END AS upto
            FROM ({_FLIP}) AS flip WHERE NOT active OR place = 1
        ) AS dark
    ) AS off ON known.changed
    WHERE CASE WHEN off.still <> known.active THEN known.days > off.days ELSE known.active END
"""
