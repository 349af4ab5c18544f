"""Statements: a customer's year by month, and the movements of dues and deposit."""

from __future__ import annotations

from datetime import date

import msgspec

from core.clock import today
from core.db import Reader
from core.ledger import AccountKind

KINDS = {
    "opening": "opening",
    "bill": "billed",
    "late_fee": "billed",
    "instalment": "billed",
    "deposit_raise": "billed",
    "payment": "paid",
    "refund": "paid",
    "coupon": "paid",
    "setoff": "paid",
}
"""What moves dues, and in which column of a year it stands; a reversal stands where what it reverses does."""
DEPOSIT_KINDS = ("opening", "deposit", "deposit_raise", "deposit_refund", "setoff")
"""What moves a deposit."""

# What is paid is named, all else that moves dues was charged. So every month adds up: the balance
# before, and what was billed, less what was paid.
_YEAR = """
WITH moved AS (
    SELECT date_trunc('month', entry.at AT TIME ZONE 'Asia/Kolkata')::date AS month,
           coalesce(undone.kind, entry.kind) = 'opening' AS opening,
           coalesce(undone.kind, entry.kind) = ANY(%(paid)s) AS paid,
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

# The newest postings of one account; each with what stood in the account after it.
_MOVES = """
SELECT (entry.at AT TIME ZONE 'Asia/Kolkata')::date, coalesce(undone.kind, entry.kind), undone.id IS NOT NULL,
       newest.amount_paise,
       (newest.balance_paise - coalesce(sum(newest.amount_paise) OVER (
           ORDER BY newest.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))::bigint
FROM (
    SELECT posting.id, posting.entry_id, posting.amount_paise, account.balance_paise
    FROM account JOIN posting ON posting.account_id = account.id
    WHERE account.kind = %(kind)s AND account.connection_id = %(connection)s
    ORDER BY posting.id DESC LIMIT %(limit)s
) AS newest
JOIN entry ON entry.id = newest.entry_id
LEFT JOIN entry AS undone ON undone.id = entry.reverses_id
ORDER BY newest.id DESC
"""


class Month(msgspec.Struct, frozen=True, array_like=True):
    """One month of a connection, in paise: charged, paid, and what was owed when it ended."""

    first: date
    billed_paise: int
    paid_paise: int
    balance_paise: int


class Move(msgspec.Struct, frozen=True, array_like=True):
    """One movement of an account, in paise, and what stood there after it; `undone`: it takes one back."""

    day: date
    kind: str
    undone: bool
    paise: int
    balance_paise: int


def year_by_month(reader: Reader, connection_id: int) -> list[Month]:
    """The last twelve months, newest first; those before the connection's first entry are left out."""
    paid = [kind for kind, column in KINDS.items() if column == "paid"]
    bind = {"connection": connection_id, "this": today().replace(day=1), "paid": paid}
    rows = reader.rows(_YEAR, bind)
    return [Month(*row) for row in rows]


def moves(reader: Reader, kind: AccountKind, connection_id: int, limit: int) -> list[Move]:
    """The newest movements of a connection's dues or deposit, newest first."""
    bind = {"kind": kind, "connection": connection_id, "limit": limit}
    return [Move(*row) for row in reader.rows(_MOVES, bind)]
