"""Statements: a customer's year by month, and what the plants of a staff member took in."""

from __future__ import annotations

from datetime import date

import msgspec

from core.clock import financial_year, today
from core.db import Reader
from core.text import Name

# What was paid is a payment or its reversal; all else that moves dues was charged. So every month
# adds up: the balance before, and what was billed, less what was paid.
_YEAR = """
WITH moved AS (
    SELECT date_trunc('month', entry.at AT TIME ZONE 'Asia/Kolkata')::date AS month,
           entry.kind = 'opening' OR coalesce(undone.kind = 'opening', false) AS opening,
           entry.kind = 'payment' OR coalesce(undone.kind = 'payment', false) AS paid,
           posting.amount_paise AS paise
    FROM account
    JOIN posting ON posting.account_id = account.id
    JOIN entry ON entry.id = posting.entry_id
    LEFT JOIN entry AS undone ON undone.id = entry.reverses_id
    WHERE account.kind = 'dues' AND account.connection_id = %(connection)s
), summed AS (
    SELECT month, coalesce(sum(paise) FILTER (WHERE NOT paid AND NOT opening), 0) AS billed,
           coalesce(-sum(paise) FILTER (WHERE paid), 0) AS paid,
           sum(sum(paise)) OVER (ORDER BY month) AS balance
    FROM moved GROUP BY month
)
SELECT calendar.month, coalesce(summed.billed, 0)::bigint, coalesce(summed.paid, 0)::bigint,
       (SELECT balance FROM summed AS before WHERE before.month <= calendar.month
        ORDER BY before.month DESC LIMIT 1)::bigint
FROM (
    SELECT generate_series(%(this)s::date - interval '11 months', %(this)s::date, '1 month')::date
) AS calendar (month)
LEFT JOIN summed ON summed.month = calendar.month
WHERE calendar.month >= (SELECT min(month) FROM summed)
ORDER BY calendar.month DESC
"""

# Receipts lead from a plant to its payments of a financial year, in which each month lies whole.
_TOTALS = """
SELECT plant.name, plant.name_local, payment.mode,
       count(*) FILTER (WHERE payment.paid_at >= (%(day)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'),
       coalesce(sum(payment.amount_paise) FILTER (
           WHERE payment.paid_at >= (%(day)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'), 0)::bigint,
       count(*), sum(payment.amount_paise)::bigint
FROM staff_plant
JOIN plant ON plant.id = staff_plant.plant_id
JOIN receipt ON receipt.plant_id = plant.id AND receipt.year = %(year)s
JOIN payment ON payment.id = receipt.payment_id
WHERE staff_plant.staff_id = %(staff)s AND payment.reversal_id IS NULL
  AND payment.paid_at >= (%(month)s::date)::timestamp AT TIME ZONE 'Asia/Kolkata'
GROUP BY plant.id, payment.mode ORDER BY plant.name, plant.id, payment.mode
"""


class Month(msgspec.Struct, frozen=True, array_like=True):
    """One month of a connection, in paise: charged, paid, and what was owed when it ended."""

    first: date
    billed_paise: int
    paid_paise: int
    balance_paise: int


class Taken(msgspec.Struct, frozen=True, array_like=True):
    """What a plant took in by one way of paying: how many payments and paise, today and this month."""

    plant: str
    plant_local: str | None
    mode: str
    today: int
    today_paise: int
    month: int
    month_paise: int

    @property
    def label(self) -> Name:
        return Name(self.plant, self.plant_local)


def year_by_month(reader: Reader, connection_id: int) -> list[Month]:
    """The last twelve months, newest first; those before the connection's first entry are left out."""
    rows = reader.rows(_YEAR, {"connection": connection_id, "this": today().replace(day=1)})
    return [Month(*row) for row in rows]


def taken_in(reader: Reader, staff_id: int) -> list[Taken]:
    """What came in today and this month, per plant in scope and way of paying."""
    day = today()
    month = day.replace(day=1)
    params = {"staff": staff_id, "day": day, "month": month, "year": financial_year(month)}
    return [Taken(*row) for row in reader.rows(_TOTALS, params)]
