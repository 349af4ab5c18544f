"""What counts as arrears: what is owed, less the bills not yet due or still in their days of grace."""

from __future__ import annotations

from typing import LiteralString

ARREARS: LiteralString = """
SELECT connection.id AS connection_id, connection.plant_id, connection.number, connection.status,
    connection.meter_driver, organisation.features,
    coalesce(package.credit_limit_paise, organisation.credit_limit_paise) AS limit_paise,
    coalesce(account.balance_paise, 0) AS balance_paise,
    coalesce(account.balance_paise, 0) - coalesce((
        SELECT sum(bill.amount_paise) FROM bill
        WHERE bill.connection_id = connection.id AND bill.reversed_at IS NULL
          AND bill.due_on + coalesce(package.grace_days, organisation.grace_days)::integer >= :today
    ), 0)::bigint AS arrears_paise
FROM connection
JOIN package ON package.id = connection.package_id
JOIN organisation ON organisation.id = package.organisation_id
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
"""
"""One row a connection, as of `:today`; `limit_paise` is NULL where there is no limit.

A payment goes against what is overdue first, so a bill that is not yet due never hides behind one that is.
"""
