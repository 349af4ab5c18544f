"""Payments that came without saying for whom: shown to in-charges with a guess, credited by their word."""

from __future__ import annotations

from datetime import date

import msgspec
from sqlalchemy import text

from core import online
from core.db import Reader
from core.disputes import SETTLERS
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.text import Text, say

# A number in the payer's words is a better guess than the payer's phone, which may pay for several.
_WAITING = """
SELECT waits.id, waits.amount_paise - waits.refunded_paise,
       (waits.at AT TIME ZONE 'Asia/Kolkata')::date, guess.number
FROM online_payment AS waits
LEFT JOIN LATERAL (
    SELECT connection.number FROM connection
    WHERE connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
      AND (connection.number = ANY(regexp_split_to_array(waits.note, '[^0-9]+'))
           OR connection.id IN (SELECT connection_id FROM connection_phone WHERE e164 = waits.payer))
    ORDER BY connection.number = ANY(regexp_split_to_array(waits.note, '[^0-9]+')) DESC, connection.number
    LIMIT 1) AS guess ON true
WHERE NOT EXISTS (SELECT FROM payment WHERE payment.id = waits.payment_id AND payment.reversal_id IS NULL)
  AND waits.refunded_paise < waits.amount_paise
  AND EXISTS (SELECT FROM staff WHERE staff.id = %(staff)s AND staff.active AND staff.role = ANY(%(roles)s))
"""
_LIST = _WAITING + "ORDER BY waits.id LIMIT %(limit)s"
_ONE = _WAITING + "AND waits.id = %(id)s"
_ROW = text("SELECT reference, amount_paise - refunded_paise AS paise FROM online_payment WHERE id = :id")
_NUMBER = text("""
    SELECT connection.number FROM connection JOIN staff_plant USING (plant_id)
    JOIN staff ON staff.id = staff_plant.staff_id
    WHERE connection.id = :connection AND staff.id = :staff AND staff.active AND staff.role = ANY(:roles)
""")


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """A payment in suspense, and the number of the connection it may be for."""

    id: int
    paise: int
    on: date
    guess: str | None


def waiting(reader: Reader, staff_id: int, limit: int) -> list[Waiting]:
    """What waits to be matched, oldest first; nothing for who is no in-charge."""
    bind = {"staff": staff_id, "roles": list(SETTLERS), "limit": limit}
    return [Waiting(*row) for row in reader.rows(_LIST, bind)]


def one(reader: Reader, staff_id: int, id_: int) -> Waiting | None:
    """The waiting payment with this number."""
    rows = reader.rows(_ONE, {"staff": staff_id, "roles": list(SETTLERS), "id": id_})
    return Waiting(*rows[0]) if rows else None


def match(doing: Doing, id_: int, connection_id: int) -> Text:
    """Credit a waiting payment to a connection; Refusal for who is no in-charge there, or too late."""
    staff = doing.caller.staff
    bind = {"connection": connection_id, "staff": staff.id if staff else None, "roles": list(SETTLERS)}
    number = doing.session.execute(_NUMBER, bind).scalar_one_or_none()
    if number is None:
        raise Refusal(say("unmatched.not_you"))
    row = doing.session.execute(_ROW, {"id": id_}).one()
    if not online.match(doing, row.reference, connection_id):
        raise Refusal(say("unmatched.gone", id=id_))
    doing.audit("pay.match", f"connection:{number}", reference=row.reference)
    return say("unmatched.done", amount=Money(row.paise), number=number)
