"""Payments that came without saying for whom: shown to in-charges with a guess, credited by their word."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import online
from core.clock import local
from core.db import Reader
from core.disputes import SETTLERS
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.outbox import Message, post_many
from core.text import Text, say

# A number in the payer's words is a better guess than the payer's phone, which may pay for several.
_WAITING = """
SELECT waits.id, waits.amount_paise - waits.refunded_paise,
       (waits.at AT TIME ZONE 'Asia/Kolkata')::date, coalesce(guess.number, owed.number)
FROM online_payment AS waits
LEFT JOIN LATERAL (
    SELECT connection.number FROM connection
    WHERE connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
      AND (connection.number = ANY(regexp_split_to_array(waits.note, '[^0-9]+'))
           OR connection.id IN (SELECT connection_id FROM connection_phone WHERE e164 = waits.payer))
    ORDER BY connection.number = ANY(regexp_split_to_array(waits.note, '[^0-9]+')) DESC, connection.number
    LIMIT 1) AS guess ON true
LEFT JOIN connection AS owed ON owed.id = waits.guess_id
    AND owed.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s)
WHERE NOT EXISTS (SELECT FROM payment WHERE payment.id = waits.payment_id AND payment.reversal_id IS NULL)
  AND waits.refunded_paise < waits.amount_paise
  AND EXISTS (
      SELECT FROM staff_plant JOIN plant_organisation AS mine USING (plant_id)
      JOIN plant_organisation AS its USING (organisation_id)
      WHERE staff_plant.staff_id = %(staff)s AND its.plant_id = waits.plant_id)
  AND EXISTS (SELECT FROM staff WHERE staff.id = %(staff)s AND staff.active AND staff.role = ANY(%(roles)s))
"""
_LIST = _WAITING + "ORDER BY waits.id LIMIT %(limit)s"
_ONE = _WAITING + "AND waits.id = %(id)s"
# Money never goes from one organisation to another.
_ROW = text("""
    SELECT reference, amount_paise - refunded_paise AS paise
    FROM online_payment JOIN plant_organisation USING (plant_id)
    WHERE online_payment.id = :id AND organisation_id = (
        SELECT organisation_id FROM connection JOIN plant_organisation USING (plant_id)
        WHERE connection.id = :connection)
""")
_NEW = text("SELECT 1 FROM online_payment WHERE payment_id IS NULL AND guessed_at IS NULL LIMIT 1")
# One look through the balances for all that is new: an index on balances would cost every posting.
_GUESS = text("""
    WITH new AS MATERIALIZED (
        SELECT online_payment.id, amount_paise - refunded_paise AS paise, organisation_id
        FROM online_payment JOIN plant_organisation USING (plant_id)
        WHERE payment_id IS NULL AND guessed_at IS NULL ORDER BY online_payment.id LIMIT :batch
    ), owed AS (
        SELECT new.id, min(connection.id) AS connection_id, count(*) AS many
        FROM new JOIN account ON account.kind = 'dues' AND account.balance_paise = new.paise
        JOIN connection ON connection.id = account.connection_id
        JOIN plant_organisation AS its ON its.plant_id = connection.plant_id
            AND its.organisation_id = new.organisation_id
        GROUP BY new.id
    )
    UPDATE online_payment SET guessed_at = :at, guess_id = found.connection_id
    FROM (SELECT new.id, CASE WHEN owed.many = 1 THEN owed.connection_id END AS connection_id
          FROM new LEFT JOIN owed USING (id)) AS found
    WHERE online_payment.id = found.id
""")
_TOLD = text("""
    WITH waits AS (
        SELECT organisation_id, count(*) AS payments, sum(amount_paise - refunded_paise) AS paise
        FROM online_payment JOIN plant_organisation USING (plant_id)
        WHERE refunded_paise < amount_paise AND NOT EXISTS (
            SELECT FROM payment WHERE payment.id = online_payment.payment_id AND payment.reversal_id IS NULL)
        GROUP BY organisation_id
    )
    SELECT staff.phone, sum(waits.payments)::bigint AS payments, sum(waits.paise)::bigint AS paise FROM staff
    JOIN LATERAL (
        SELECT DISTINCT organisation_id FROM staff_plant JOIN plant_organisation USING (plant_id)
        WHERE staff_id = staff.id) AS mine ON true
    JOIN waits USING (organisation_id)
    WHERE staff.active AND staff.phone IS NOT NULL AND staff.role = ANY(:roles) GROUP BY staff.id, staff.phone
""")
GUESSED = 500
"""Payments in one look."""
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
    row = doing.session.execute(_ROW, {"id": id_, "connection": connection_id}).one_or_none()
    if row is None or not online.match(doing, row.reference, connection_id):
        raise Refusal(say("unmatched.gone", id=id_))
    doing.audit("pay.match", f"connection:{number}", reference=row.reference)
    return say("unmatched.done", amount=Money(row.paise), number=number)


def guess(session: Session, at: datetime) -> None:
    """Note, for each payment that is new here, the only connection that owes just its amount."""
    if session.execute(_NEW).first() is not None:
        session.execute(_GUESS, {"at": at, "batch": GUESSED})


def tell(session: Session, at: datetime, default_language: str) -> int:
    """Tell in-charges of what waits in their organisations, once a day; gives how many were told."""
    rows = session.execute(_TOLD, {"roles": list(SETTLERS)}).all()
    messages = [
        Message(
            f"unmatched:{local(at).date()}:{row.phone}",
            row.phone,
            "staff_alert",
            say("alerts.unmatched", payments=row.payments, amount=Money(row.paise)),
        )
        for row in rows
    ]
    return post_many(session, messages, default_language=default_language)
