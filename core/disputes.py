"""A customer says NO to a receipt for cash never given; the in-charge settles it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Row, text

from core import charge, payments, taking_back
from core.alerts import tell_staff
from core.charge import PLANTS, Right
from core.clock import local, now
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.handing import IN_CHARGE
from core.money import Money
from core.text import Name, Text, say

DENY_WITHIN = timedelta(days=3)
SETTLERS = ("cluster_in_charge", "state_in_charge")

Outcome: TypeAlias = Literal["keep", "undo"]

_DENIABLE = """
SELECT payment.id, payment.amount_paise, payment.paid_at, connection.number, receipt.number
FROM payment
JOIN receipt ON receipt.payment_id = payment.id
JOIN connection ON connection.id = payment.connection_id
WHERE payment.connection_id = ANY(%(connections)s) AND payment.mode = 'cash'
  AND payment.reversal_id IS NULL AND payment.paid_at > %(since)s
  AND NOT EXISTS (SELECT FROM dispute WHERE dispute.payment_id = payment.id)
ORDER BY payment.paid_at DESC, payment.id DESC LIMIT %(limit)s
"""
_OPEN = f"""
SELECT payment.id, payment.amount_paise, connection.id, connection.number, staff.name, staff.name_local
FROM dispute
JOIN payment ON payment.id = dispute.payment_id
JOIN receipt ON receipt.payment_id = payment.id
JOIN connection ON connection.id = payment.connection_id
JOIN staff ON staff.id = payment.staff_id
WHERE receipt.number = %(receipt)s AND dispute.settled_at IS NULL
  AND connection.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = %(staff)s
      UNION SELECT mine.plant_id FROM ({PLANTS}) AS mine)
"""  # noqa: S608 (our own words)
_ROW = text("""
    SELECT connection.plant_id, staff.phone, staff.name, staff.name_local
    FROM payment JOIN connection ON connection.id = payment.connection_id
    JOIN staff ON staff.id = payment.staff_id WHERE payment.id = :payment
""")
_MINE = text("""
    SELECT EXISTS (SELECT FROM connection_phone WHERE connection_id = :connection AND e164 = :phone
                   AND role IN ('holder', 'payer'))
""")
_DENY = text("""
    INSERT INTO dispute (payment_id, phone, at) VALUES (:payment, :phone, :at)
    ON CONFLICT DO NOTHING RETURNING payment_id
""")
_KEEP = text("""
    UPDATE dispute SET settled_at = :at, settled_by = :staff, outcome = 'keep'
    WHERE payment_id = :payment AND settled_at IS NULL RETURNING payment_id
""")
_STILL = text("SELECT 1 FROM dispute WHERE payment_id = :payment AND settled_at IS NULL FOR UPDATE")


class Deniable(msgspec.Struct, frozen=True, array_like=True):
    """A cash payment that its customer may still say no to."""

    payment_id: int
    amount_paise: int
    paid_at: datetime
    number: str
    receipt: str


class OpenDispute(msgspec.Struct, frozen=True, array_like=True):
    """A disputed payment and the collector who entered it."""

    payment_id: int
    amount_paise: int
    connection_id: int
    number: str
    name: str
    name_local: str | None


def deniable(reader: Reader, connection_ids: list[int], limit: int) -> list[Deniable]:
    """Cash of the last three days that nobody has taken back or disputed, newest first."""
    bind = {"connections": connection_ids, "since": now() - DENY_WITHIN, "limit": limit}
    return [Deniable(*row) for row in reader.rows(_DENIABLE, bind)]


def open_dispute(reader: Reader, staff_id: int, receipt: str) -> OpenDispute | None:
    """The unsettled dispute of a receipt in one's plants."""
    rows = reader.rows(_OPEN, {**charge.bind(staff_id), "receipt": receipt})
    return OpenDispute(*rows[0]) if rows else None


def deny(doing: Doing, payment_id: int) -> str:
    """Note that the cash was never given; collector and in-charge hear of it. Returns the receipt.

    The payment stands until it is settled. Refusal when it is no cash, not this phone's, taken back or
    too old.
    """
    paid = doing.session.execute(taking_back.TO_UNDO, {"payment": payment_id}).one()
    bind = {"connection": paid.connection_id, "phone": doing.caller.phone}
    mine = doing.session.execute(_MINE, bind).scalar_one()
    given = paid.mode == "cash" and paid.reversal_id is None
    if not (mine and given) or doing.at - paid.paid_at > DENY_WITHIN:
        raise Refusal(say("deny.none"))
    bind = {"payment": payment_id, "phone": doing.caller.phone, "at": doing.at}
    if doing.session.execute(_DENY, bind).scalar_one_or_none() is None:
        raise Refusal(say("deny.known", receipt=paid.receipt))
    row = doing.session.execute(_ROW, {"payment": payment_id}).one()
    words = say(
        "alerts.disputed",
        receipt=paid.receipt,
        amount=Money(paid.amount_paise),
        number=paid.number,
        name=Name(row.name, row.name_local),
    )
    in_charge = (
        doing.session.execute(IN_CHARGE, {"plant": row.plant_id, "day": local(doing.at).date()})
        .scalars()
        .all()
    )
    _tell(doing, sorted({row.phone or "", *in_charge}), "denied", words)
    doing.audit("pay.deny", f"payment:{payment_id}", receipt=paid.receipt)
    return str(paid.receipt)


@dataclass(frozen=True, slots=True)
class Disputed:
    """A disputed payment that is held (a row of TO_UNDO), with its plant and its collector."""

    paid: Row[Any]
    plant_id: int
    collector: str | None
    """The collector's phone."""


def settle(doing: Doing, payment_id: int, outcome: Outcome) -> None:
    """Let a disputed payment stand or take it back; customer and collector hear of it.

    Refusal for who entered it, who is no in-charge of the plant, and for taking back above one's limit.
    """
    found = disputed(doing, payment_id)
    but = (found.paid.staff_id,)
    right = charge.right(doing, found.plant_id, but=but)
    if outcome == "undo":
        right = charge.check(doing, found.plant_id, found.paid.amount_paise, but=but)
    decide(doing, found, outcome, right)


def disputed(doing: Doing, payment_id: int) -> Disputed:
    """The payment, held, if this in-charge may settle it; Refusal otherwise, and when it is settled."""
    session, staff = doing.session, doing.caller.staff
    if staff is None or staff.role not in SETTLERS:
        raise Refusal(say("settle.not_you"))
    paid = session.execute(taking_back.TO_UNDO, {"payment": payment_id}).one()
    row = session.execute(_ROW, {"payment": payment_id}).one()
    if charge.right(doing, row.plant_id, but=(paid.staff_id,)) is None:
        raise Refusal(say("settle.not_you"))
    if session.execute(_STILL, {"payment": payment_id}).first() is None:
        raise Refusal(say("settle.none", receipt=paid.receipt))
    return Disputed(paid, row.plant_id, row.phone)


def decide(doing: Doing, found: Disputed, outcome: Outcome, right: Right | None = None) -> None:
    """Settle as was decided by some `right`, whatever the limit; customer and collector hear of it."""
    staff, paid = doing.caller.staff, found.paid
    if outcome == "undo":
        taking_back.take_back(doing, paid)
    else:
        by = staff.id if staff else None
        doing.session.execute(_KEEP, {"payment": paid.id, "at": doing.at, "staff": by})
        told = say(
            "reversal.kept",
            receipt=paid.receipt,
            amount=Money(paid.amount_paise),
            number=paid.number,
            service=doing.settings.service_name,
        )
        payments.tell(doing, paid.connection_id, "reversal", told)
    words = say(f"alerts.settled_{outcome}", receipt=paid.receipt, amount=Money(paid.amount_paise))
    _tell(doing, [found.collector], "settled", words)
    kept = right.kept if right else {}
    doing.audit(f"pay.settle_{outcome}", f"payment:{paid.id}", receipt=paid.receipt, **kept)


def _tell(doing: Doing, phones: Iterable[str | None], cause: str, words: Text) -> None:
    tell_staff(doing.session, phones, f"{cause}:{doing.key}", words, doing.settings.default_language)
