"""What a customer asks of the books: what is owed, what was paid, on which package.

Each question is one statement, because it runs on the hop. Days are days in India.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from datetime import date

import msgspec

from core.db import Reader
from core.text import Name

# The newest late fee since the last bill, charged or announced.
_FEE = """
LEFT JOIN LATERAL (
    SELECT paise, entry_id IS NOT NULL AS charged,
        CASE WHEN entry_id IS NULL THEN falls_on ELSE (closed_at AT TIME ZONE 'Asia/Kolkata')::date END AS day
    FROM bill_late_fee
    WHERE connection_id = %(connection)s AND reversal_id IS NULL AND waived_by IS NULL
        AND (entry_id > bill.entry_id OR closed_at IS NULL)
    ORDER BY bill_id DESC LIMIT 1) AS fee ON true
"""

_OWED = f"""
SELECT coalesce(account.balance_paise, 0), bill.amount_paise, bill.issued_on, bill.due_on,
       payment.amount_paise, (payment.paid_at AT TIME ZONE 'Asia/Kolkata')::date,
       fee.paise, fee.charged, fee.day
FROM connection
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
LEFT JOIN LATERAL (
    SELECT amount_paise, issued_on, due_on, entry_id FROM bill
    WHERE bill.connection_id = connection.id AND reversed_at IS NULL
    ORDER BY period_from DESC LIMIT 1) AS bill ON true
LEFT JOIN LATERAL (
    SELECT amount_paise, paid_at FROM payment
    WHERE payment.connection_id = connection.id AND reversal_id IS NULL
    ORDER BY paid_at DESC LIMIT 1) AS payment ON true
{_FEE}
WHERE connection.id = %(connection)s
"""

_PAYMENTS = """
SELECT payment.amount_paise, (payment.paid_at AT TIME ZONE 'Asia/Kolkata')::date, receipt.number
FROM payment JOIN receipt ON receipt.payment_id = payment.id
WHERE payment.connection_id = %(connection)s AND payment.reversal_id IS NULL
ORDER BY payment.paid_at DESC, payment.id DESC LIMIT %(limit)s
"""

_PACKAGE = """
SELECT package.name, package.name_local, package.load_watts, package.hours, package.energy_paise,
       package.monthly_paise, package.prepaid
FROM connection JOIN package ON package.id = connection.package_id
WHERE connection.id = %(connection)s
"""


_BILL = f"""
SELECT period_from, period_to, due_on, amount_paise, before_paise, opening_wh, closing_wh, estimated, lines,
    self_reading_id IS NOT NULL, bill.id, fee.paise, fee.charged, fee.day
FROM (
    SELECT * FROM bill WHERE connection_id = %(connection)s AND reversed_at IS NULL
    ORDER BY period_from DESC LIMIT 1
) AS bill
{_FEE}
"""

_SHEET = """
SELECT period_from, period_to, due_on, bill.amount_paise, before_paise, opening_wh, closing_wh, estimated,
    lines, self_reading_id IS NOT NULL, bill.id, reversed_at IS NOT NULL, connection.number,
    customer.name, customer.name_local, plant.name, plant.name_local, coalesce(account.balance_paise, 0)
FROM bill
JOIN connection ON connection.id = bill.connection_id
JOIN customer ON customer.id = connection.customer_id
JOIN plant ON plant.id = connection.plant_id
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
WHERE bill.id = %(bill)s
"""


class BillLine(msgspec.Struct, frozen=True):
    """One line of a bill: paise, days of a fixed charge, Wh at a rate, or which instalment of how many.

    `unserved` gives back days of an earlier `month`, paid in advance and then off; `left` paise follow later.
    """

    kind: str
    rate: int
    paise: int
    days: int = 0
    wh: int = 0
    band: str = ""
    number: int = 0
    of: int = 0
    name: str = ""
    local: str | None = None
    month: date | None = None
    left: int = 0

    @property
    def label(self) -> Name:
        """The appliance of an instalment."""
        return Name(self.name, self.local)


class BillView(msgspec.Struct, frozen=True, array_like=True):
    """A bill as its customer sees it; one from before our time has an amount and nothing else."""

    first: date
    last: date
    due_on: date
    amount_paise: int
    before_paise: int | None
    opening_wh: int | None
    closing_wh: int | None
    estimated: bool
    lines: list[BillLine] | None
    self_read: bool
    """Whether the customer's own reading stood in for an estimate."""
    id: int
    fee_paise: int | None = None
    fee_charged: bool | None = None
    """False: it is only announced."""
    fee_on: date | None = None
    """When it was charged, or the last day to pay without it."""


class BillSheet(msgspec.Struct, frozen=True, array_like=True):
    """A bill with whose it is; `taken_back` once it does not count any more, dues as they are now (paise)."""

    bill: BillView
    taken_back: bool
    number: str
    name: Name
    plant: Name
    dues_paise: int


class Owed(msgspec.Struct, frozen=True, array_like=True):
    """What a connection owes (negative: paid ahead), with its last bill and last payment, in paise."""

    balance_paise: int
    bill_paise: int | None
    billed_on: date | None
    due_on: date | None
    paid_paise: int | None
    paid_on: date | None
    fee_paise: int | None
    fee_charged: bool | None
    """A late fee since the last bill; False: it is only announced."""
    fee_on: date | None


class Paid(msgspec.Struct, frozen=True, array_like=True):
    """One payment and the number of its receipt."""

    amount_paise: int
    paid_on: date
    receipt: str


class PackageView(msgspec.Struct, frozen=True, array_like=True):
    """A package as its customer sees it: watts, hours, paise per kWh, paise per month."""

    name: str
    name_local: str | None
    load_watts: int
    hours: str
    energy_paise: int
    monthly_paise: int
    prepaid: bool


def what_is_owed(reader: Reader, connection_id: int) -> Owed:
    """Balance, last bill and last payment of one connection."""
    return Owed(*reader.rows(_OWED, {"connection": connection_id})[0])


def last_bill(reader: Reader, connection_id: int) -> BillView | None:
    """The newest bill that was not taken back."""
    rows = reader.rows(_BILL, {"connection": connection_id})
    return msgspec.convert(rows[0], BillView) if rows else None


def bill_sheet(reader: Reader, bill_id: int) -> BillSheet | None:
    """A bill as it stands on paper."""
    rows = reader.rows(_SHEET, {"bill": bill_id})
    if not rows:
        return None
    *bill, taken_back, number, name, name_local, plant, plant_local, dues = rows[0]
    view = msgspec.convert(bill, BillView)
    return BillSheet(view, taken_back, number, Name(name, name_local), Name(plant, plant_local), dues)


def last_payments(reader: Reader, connection_id: int, limit: int) -> list[Paid]:
    """The newest payments first; those taken back are not shown."""
    return [Paid(*row) for row in reader.rows(_PAYMENTS, {"connection": connection_id, "limit": limit})]


def package_of(reader: Reader, connection_id: int) -> PackageView:
    """The package a connection is on."""
    return PackageView(*reader.rows(_PACKAGE, {"connection": connection_id})[0])
