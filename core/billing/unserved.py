"""Days of a month paid in advance on which the connection was off: given back with the next bill.

Nothing is kept beside the bills. What a month's bill charged stands in its line, what bills after it gave
back stands in theirs; the difference to what was served is still to be given. So a run that is taken back
takes along what it gave.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from typing import LiteralString

from sqlalchemy import text

from core.billing.due import OFF

# Bills that charged days in advance, of connections that have been switched since; only the days that
# are over by the day of issue are known to be without light.
_CHARGED: LiteralString = """
    SELECT bill.id, bill.connection_id, bill.period_from,
        CAST(bill.lines -> 0 ->> 'rate' AS bigint) AS rate,
        CAST(bill.lines -> 0 ->> 'days' AS bigint) AS days,
        CAST(bill.lines -> 0 ->> 'paise' AS bigint) AS paise,
        CAST(extract(day FROM bill.period_to) AS bigint) AS month_days,
        bill.period_to - bill.period_from + 1 - (
            SELECT coalesce(sum(upper(part) - lower(part)), 0) FROM unnest(
                off.dark * datemultirange(daterange(bill.period_from, least(bill.period_to + 1, :issued)))
            ) AS part
        ) AS served
    FROM off
    JOIN connection ON connection.id = off.connection_id
        AND upper_inf(off.dark) <> (connection.status = 'active')
    JOIN bill ON bill.connection_id = off.connection_id AND reversed_at IS NULL
    WHERE bill.issued_on <= bill.period_to AND bill.period_from < :issued
    AND bill.lines -> 0 ->> 'kind' = 'fixed'
"""

_GIVEN: LiteralString = """
    SELECT coalesce(-sum(line.paise), 0)::bigint AS paise, coalesce(sum(line.days), 0)::bigint AS days
    FROM bill AS later CROSS JOIN LATERAL jsonb_to_recordset(later.lines)
        AS line (kind text, bill bigint, paise bigint, days bigint)
    WHERE later.connection_id = charged.connection_id AND later.reversed_at IS NULL
    AND later.period_from > charged.period_from AND line.kind = 'unserved' AND line.bill = charged.id
"""

# What is to be given back for each such bill, and how much of the new one is left for it: months go in
# their order, instalments are paid all the same, and what finds no room waits for the bill after.
_OPEN: LiteralString = f"""
    SELECT owed.*, draft.amount_paise - draft.instalment_paise AS room,
        coalesce(sum(owed.paise) OVER before, 0)::bigint AS earlier
    FROM (
        SELECT charged.id, charged.connection_id, charged.period_from, charged.rate,
            charged.days - charged.served - given.days AS days,
            charged.paise - given.paise - (
                (2 * charged.rate * charged.served + charged.month_days) / (2 * charged.month_days)
            ) AS paise
        FROM ({_CHARGED}) AS charged CROSS JOIN LATERAL ({_GIVEN}) AS given
    ) AS owed
    JOIN draft ON draft.connection_id = owed.connection_id
    WHERE owed.paise > 0
    WINDOW before AS (
        PARTITION BY owed.connection_id ORDER BY owed.period_from
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
"""

GIVE_BACK = text(f"""
    WITH off AS MATERIALIZED ({OFF}), given AS (
        SELECT *, least(paise, room - earlier) AS back FROM ({_OPEN}) AS open WHERE room > earlier
    ), of_bill AS (
        SELECT connection_id, sum(back)::bigint AS paise, jsonb_agg(jsonb_build_object(
            'kind', 'unserved', 'rate', rate, 'paise', -back, 'days', days, 'bill', id,
            'month', period_from, 'left', paise - back) ORDER BY period_from) AS lines
        FROM given GROUP BY connection_id
    )
    UPDATE draft SET amount_paise = draft.amount_paise - of_bill.paise, lines = draft.lines || of_bill.lines
    FROM of_bill WHERE draft.connection_id = of_bill.connection_id
""")
