"""Money that is no payment of a connection yet: a link to pay, one whose owner nobody knows, a list."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from core.db import Reader
from core.money import Money
from core.people import Caller
from core.text import Text, say
from core.whereabouts import named

# Whoever has the provider's or the bank's own number of a payment may know that we were told of it.
_TRACE = """
WITH spelled AS (
    SELECT unnest(CAST(%(spelled)s AS text[])) AS reference
    UNION SELECT 'bank:' || id || ':' || lower(%(reference)s) FROM organisation
)
SELECT CASE WHEN payment_link.state IN ('asked', 'open') THEN 'link_' || payment_link.state
            ELSE 'link_over' END,
       asked_at, amount_paise, connection.number, expires_at
FROM payment_link JOIN connection ON connection.id = payment_link.connection_id
WHERE payment_link.reference = %(link)s
  AND (EXISTS (SELECT FROM connection_phone WHERE connection_id = connection.id AND e164 = %(phone)s)
       OR EXISTS (SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
                  WHERE staff.id = %(staff)s AND staff.active AND staff_plant.plant_id = connection.plant_id))
UNION ALL
SELECT CASE WHEN refunded_paise = amount_paise THEN 'refunded' ELSE 'kept' END, at, amount_paise, '', NULL
FROM online_payment
WHERE lower(online_payment.reference) IN (SELECT reference FROM spelled) AND payment_id IS NULL
  AND (payer = %(phone)s OR EXISTS (
      SELECT FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
      JOIN plant_organisation AS mine ON mine.plant_id = staff_plant.plant_id
      JOIN plant_organisation AS its USING (organisation_id)
      WHERE staff.id = %(staff)s AND staff.active AND its.plant_id = online_payment.plant_id))
UNION ALL
SELECT 'arrived', received_at, 0, '', NULL FROM provider_event
WHERE handled_at IS NULL AND length(%(reference)s) >= 12 AND strpos(lower(body), lower(%(reference)s)) > 0
UNION ALL
SELECT 'arrived', loaded_at, 0, '', NULL FROM bank_line
WHERE handled_at IS NULL AND lower(reference) = lower(%(reference)s)
LIMIT 1
"""
_LIST = """
SELECT cash_list.at, connection.number, payment.amount_paise, receipt.number
FROM cash_list
LEFT JOIN payment ON payment.staff_id = cash_list.staff_id AND payment.paid_at = cash_list.at
LEFT JOIN connection ON connection.id = payment.connection_id
LEFT JOIN receipt ON receipt.payment_id = payment.id
WHERE cash_list.staff_id = %(staff)s AND cash_list.number = %(number)s ORDER BY payment.id
"""


class Trace(msgspec.Struct, frozen=True, array_like=True):
    """Where money is that has no receipt yet, amounts in paise."""

    kind: Literal["link_asked", "link_open", "link_over", "kept", "refunded", "arrived"]
    at: datetime
    paise: int
    number: str
    until: datetime | None


class Line(msgspec.Struct, frozen=True, array_like=True):
    """A payment of a collector's list; without any, the list's only row has none of the last three."""

    at: datetime
    number: str | None
    paise: int | None
    receipt: str | None


def trace(reader: Reader, caller: Caller, reference: str) -> Trace | None:
    """What is known of a reference that no payment has; None out of the caller's reach."""
    rows = reader.rows(_TRACE, named(caller, reference))
    return Trace(*rows[0]) if rows else None


def listed(reader: Reader, staff_id: int, running: int) -> list[Line]:
    """The payments of one's own list with this running number; empty where it has not come."""
    return [Line(*row) for row in reader.rows(_LIST, {"staff": staff_id, "number": running})]


def in_words(found: Trace, reference: str) -> Text:
    """One sentence about where the money is now."""
    return say(
        f"where.{found.kind}",
        amount=Money(found.paise),
        number=found.number,
        at=found.at,
        until=found.until or found.at,
        reference=reference,
    )


def list_in_words(lines: list[Line], running: int) -> Text:
    """When a list came and what was entered by it, one payment to a line."""
    entered = [
        say("batch.taken", number=one.number, amount=Money(one.paise), receipt=one.receipt)
        for one in lines
        if one.number is not None and one.paise is not None and one.receipt is not None
    ]
    total = Money(sum(one.paise or 0 for one in lines))
    head = say("where.list", running=running, at=lines[0].at, total=len(entered), amount=total)
    return say("nav.lines", lines=(head, *entered))
