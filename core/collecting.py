"""What staff ask of the books: whom a number belongs to, who owes most, what cash they carry.

Scope is part of every statement: a collector sees the plants he serves and no others.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from core import floats
from core.clock import now, today
from core.db import Reader
from core.text import Named

_PAYEE = """
SELECT connection.id, connection.number, customer.name, customer.name_local,
       coalesce(account.balance_paise, 0), connection.status,
       connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s), plant.name
FROM connection
JOIN customer ON customer.id = connection.customer_id
JOIN plant ON plant.id = connection.plant_id
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
WHERE connection.number = %(number)s
"""

_FIND = """
SELECT connection.id, connection.number, customer.name, customer.name_local, customer.village
FROM connection
JOIN customer ON customer.id = connection.customer_id
WHERE connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
  AND (connection.number = %(term)s OR connection.reference = %(term)s
       OR customer.name ILIKE %(like)s OR customer.name_local LIKE %(like)s
       OR connection.id IN (SELECT connection_id FROM connection_phone WHERE e164 = %(phone)s))
ORDER BY customer.name, connection.number LIMIT %(limit)s
"""

_CARD = """
SELECT connection.number, customer.name, customer.name_local, customer.village, connection.status,
       package.name, package.name_local, coalesce(account.balance_paise, 0),
       payment.amount_paise, (payment.paid_at AT TIME ZONE 'Asia/Kolkata')::date,
       (SELECT e164 FROM connection_phone WHERE connection_id = connection.id ORDER BY position LIMIT 1),
       (SELECT until_on FROM promise WHERE promise.connection_id = connection.id AND state = 'open')
FROM connection
JOIN customer ON customer.id = connection.customer_id
JOIN package ON package.id = connection.package_id
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
LEFT JOIN LATERAL (
    SELECT amount_paise, paid_at FROM payment
    WHERE payment.connection_id = connection.id AND reversal_id IS NULL
    ORDER BY paid_at DESC LIMIT 1) AS payment ON true
WHERE connection.id = %(connection)s
  AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
"""

_DUES = """
SELECT connection.number, customer.name, customer.name_local, account.balance_paise,
       sum(account.balance_paise) OVER (), count(*) OVER ()
FROM account
JOIN connection ON connection.id = account.connection_id
JOIN customer ON customer.id = connection.customer_id
WHERE account.kind = 'dues' AND account.balance_paise > 0
  AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
ORDER BY account.balance_paise DESC, connection.number LIMIT %(limit)s
"""

# Our own words only are put into it.
_CASH = f"""
SELECT coalesce((SELECT balance_paise FROM account WHERE kind = 'cash' AND staff_id = %(staff)s), 0),
       paid.payments, paid.paise,
       (SELECT count(*) FROM dispute JOIN payment ON payment.id = dispute.payment_id
        WHERE payment.staff_id = %(staff)s AND dispute.settled_at IS NULL),
       (SELECT {floats.LIMIT} FROM staff WHERE id = %(staff)s), water.litres, water.paise
FROM (
    SELECT count(*) AS payments, coalesce(sum(amount_paise), 0)::bigint AS paise FROM payment
    WHERE staff_id = %(staff)s AND mode = 'cash' AND reversal_id IS NULL
      AND paid_at >= %(day)s::date::timestamp AT TIME ZONE 'Asia/Kolkata') AS paid
CROSS JOIN (
    SELECT coalesce(sum(litres), 0)::bigint AS litres, coalesce(sum(amount_paise), 0)::bigint AS paise
    FROM water_sale WHERE staff_id = %(staff)s AND undone_at IS NULL
      AND sold_at >= %(day)s::date::timestamp AT TIME ZONE 'Asia/Kolkata') AS water
"""  # noqa: S608 (our own words)

_LAST = """
SELECT id, amount_paise, number, name, name_local, litres FROM (
    (SELECT payment.id, payment.amount_paise, connection.number, customer.name, customer.name_local,
        NULL::bigint AS litres, payment.paid_at AS at
    FROM payment
    JOIN connection ON connection.id = payment.connection_id
    JOIN customer ON customer.id = connection.customer_id
    WHERE payment.staff_id = %(staff)s AND payment.reversal_id IS NULL AND payment.paid_at > %(since)s
    ORDER BY payment.paid_at DESC, payment.id DESC LIMIT 1)
    UNION ALL
    (SELECT water_sale.id, amount_paise, plant.code, plant.name, plant.name_local, litres, sold_at
    FROM water_sale JOIN plant ON plant.id = water_sale.plant_id
    WHERE water_sale.staff_id = %(staff)s AND undone_at IS NULL AND sold_at > %(since)s
    ORDER BY sold_at DESC, water_sale.id DESC LIMIT 1)
) AS latest ORDER BY at DESC LIMIT 1
"""

UNDO_WITHIN = timedelta(minutes=10)


class Payee(Named, msgspec.Struct, frozen=True, array_like=True):
    """Whom a collector is about to credit; dues in paise; `mine` says that the plant is in his scope."""

    connection_id: int
    number: str
    name: str
    name_local: str | None
    dues_paise: int
    status: str
    mine: bool
    plant: str


class Found(Named, msgspec.Struct, frozen=True, array_like=True):
    """One search result."""

    connection_id: int
    number: str
    name: str
    name_local: str | None
    village: str | None


class Card(msgspec.Struct, frozen=True, array_like=True):
    """A customer as staff see them in one message."""

    number: str
    name: str
    name_local: str | None
    village: str | None
    status: str
    package: str
    package_local: str | None
    dues_paise: int
    paid_paise: int | None
    paid_on: date | None
    phone: str | None
    promised_on: date | None


class Debtor(Named, msgspec.Struct, frozen=True, array_like=True):
    """One line of the arrears list, with the totals of the whole list, in paise."""

    number: str
    name: str
    name_local: str | None
    dues_paise: int
    total_paise: int
    count: int


class Cash(msgspec.Struct, frozen=True, array_like=True):
    """Cash in a collector's hand, what today brought, in paise, and how many receipts are disputed."""

    held_paise: int
    payments: int
    today_paise: int
    disputed: int
    limit_paise: int | None
    """How much may be held before handing over; None: no limit."""
    water_litres: int
    water_paise: int
    """What of it came for water today, which no payment tells of."""


class Last(Named, msgspec.Struct, frozen=True, array_like=True):
    """What an UNDO would take back: a payment of a connection, or with `litres` a sale of a plant's water."""

    id: int
    amount_paise: int
    number: str
    name: str
    name_local: str | None
    litres: int | None


def payee(reader: Reader, staff_id: int, number: str) -> Payee | None:
    """The connection with this number, or None if nobody has it."""
    rows = reader.rows(_PAYEE, {"staff": staff_id, "number": number})
    return Payee(*rows[0]) if rows else None


def find(reader: Reader, staff_id: int, term: str, phone: str | None, limit: int) -> list[Found]:
    """Connections in scope by number, the operator's reference, name in either script, or phone."""
    like = "%" + term.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = reader.rows(_FIND, {"staff": staff_id, "term": term, "like": like, "phone": phone, "limit": limit})
    return [Found(*row) for row in rows]


def card(reader: Reader, staff_id: int, connection_id: int) -> Card | None:
    """One customer on a card, if in scope."""
    rows = reader.rows(_CARD, {"staff": staff_id, "connection": connection_id})
    return Card(*rows[0]) if rows else None


def largest_dues(reader: Reader, staff_id: int, limit: int) -> list[Debtor]:
    """Who owes most in the plants of a staff member."""
    rows = reader.rows(_DUES, {"staff": staff_id, "limit": limit})
    return [
        Debtor(number, name, local_name, dues, int(total), count)
        for number, name, local_name, dues, total, count in rows
    ]


def cash_in_hand(reader: Reader, staff_id: int) -> Cash:
    """What a collector carries now."""
    rows = reader.rows(_CASH, {"staff": staff_id, "day": today()})
    return Cash(*rows[0])


def last_taken(reader: Reader, staff_id: int) -> Last | None:
    """The newest payment or sale of water that this collector may still take back."""
    rows = reader.rows(_LAST, {"staff": staff_id, "since": now() - UNDO_WITHIN})
    return Last(*rows[0]) if rows else None
