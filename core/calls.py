"""A missed call is a question: what is owed goes back by SMS, and costs the caller nothing.

The caller's number can be forged, so the answer goes to the number itself and nothing is changed by it. Who
has sent STOP is still answered about their own account; a stranger is not (docs/decisions/0012-whatsapp.md).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.money import Money
from core.outbox import post
from core.payments import standing
from core.settings import Settings
from core.text import Text, say

REST = timedelta(minutes=10)
"""Whoever rings again within this has the answer already, or soon."""
STRANGERS_REST = timedelta(days=1)

# One at a time for a phone, so that a webhook that comes twice at once finds the first one's answer.
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('call'), hashtext(:phone))")
_ABOUT = text("""
    SELECT (SELECT max(created_at) FROM outbox WHERE recipient = :phone AND kind = 'call') AS last,
        (SELECT stopped IS NOT NULL FROM phone WHERE e164 = caller.e164) AS stopped,
        staff.id AS staff_id, coalesce(cash.balance_paise, 0) AS cash,
        count(connection.id) AS homes, min(connection.number) AS number,
        coalesce(sum(dues.balance_paise), 0) AS balance
    FROM (SELECT CAST(:phone AS text) AS e164) AS caller
    LEFT JOIN staff ON staff.phone = caller.e164 AND staff.active
    LEFT JOIN account AS cash ON cash.kind = 'cash' AND cash.staff_id = staff.id
    LEFT JOIN connection_phone AS link ON link.e164 = caller.e164
    LEFT JOIN connection ON connection.id = link.connection_id
    LEFT JOIN account AS dues ON dues.kind = 'dues' AND dues.connection_id = connection.id
    GROUP BY caller.e164, staff.id, cash.balance_paise
""")


def answer(session: Session, settings: Settings, *, phone: str, call: str, at: datetime) -> bool:
    """Write the one SMS for a missed call (`call`: its id); False when this phone had one or wants none."""
    session.execute(_TURN, {"phone": phone})
    row = session.execute(_ABOUT, {"phone": phone}).one()
    known = row.homes > 0 or row.staff_id is not None
    if row.last is not None and at - row.last < (REST if known else STRANGERS_REST):
        return False
    if row.stopped and not known:
        return False
    if row.homes:
        words = _owed(int(row.homes), row.number, int(row.balance), settings.service_name)
    elif known:
        words = say("call.staff", amount=Money(int(row.cash)), service=settings.service_name)
    else:
        words = say("call.stranger", service=settings.service_name)
    return post(
        session,
        source=f"call:{call}",
        recipient=phone,
        kind="call",
        text=words,
        default_language=settings.default_language,
    )


def _owed(homes: int, number: str, balance: int, service: str) -> Text:
    """What one connection owes, or all of them together (`balance` in paise, owed is above zero)."""
    state, amount = standing(balance)
    if homes == 1:
        return say(f"call.{state}", number=number, amount=amount, service=service)
    return say(f"call.many_{state}", homes=homes, amount=amount, service=service)
