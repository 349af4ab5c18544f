"""A payment is taken back: by its collector within minutes, by an in-charge after a NO; by reversal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text

from core import ledger
from core.collecting import UNDO_WITHIN
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import standing, tell
from core.text import Name, say

TO_UNDO = text("""
    SELECT payment.id, payment.entry_id, payment.amount_paise, payment.paid_at, payment.staff_id,
           payment.payer, payment.purpose, payment.reversal_id, payment.connection_id, payment.mode,
           receipt.number AS receipt, connection.number, customer.name, customer.name_local
    FROM payment
    JOIN receipt ON receipt.payment_id = payment.id
    JOIN connection ON connection.id = payment.connection_id
    JOIN customer ON customer.id = connection.customer_id
    WHERE payment.id = :payment FOR UPDATE OF payment
""")

_REVERSED = text("UPDATE payment SET reversal_id = :reversal WHERE id = :payment")
_SETTLED = text("""
    UPDATE dispute SET settled_at = :at, settled_by = :staff, outcome = 'undo'
    WHERE payment_id = :payment AND settled_at IS NULL
""")
# A part of it went back to the payer after it was credited: its reversal would give that part back again.
_PAID_BACK = text("""
    SELECT 1 FROM online_payment AS online JOIN payment ON payment.id = online.payment_id
    WHERE payment.id = :payment AND online.amount_paise - online.refunded_paise < payment.amount_paise
""")
# Both accounts of a payment, in order, as postings lock them.
_LOCK_BOTH = text("""
    SELECT kind, balance_paise FROM account
    WHERE id IN (SELECT account_id FROM posting WHERE entry_id = :entry) ORDER BY id FOR NO KEY UPDATE
""")


def undo(doing: Doing, payment_id: int) -> tuple[Money, Name, int]:
    """Take a collector's own payment back by reversal; returns amount, name and the new balance in paise.

    Raises Refusal when it is not his, was taken back before, or is older than ten minutes.
    """
    session, staff = doing.session, doing.caller.staff
    row = session.execute(TO_UNDO, {"payment": payment_id}).one()
    if staff is None or row.staff_id != staff.id or row.reversal_id is not None:
        raise Refusal(say("undo.nothing"))
    if doing.at - row.paid_at > UNDO_WITHIN:
        raise Refusal(say("undo.too_late"))
    balance = take_back(doing, row)
    doing.audit("pay.undo", f"connection:{row.number}", paise=row.amount_paise, receipt=row.receipt)
    return Money(row.amount_paise), Name(row.name, row.name_local), balance


def take_back(doing: Doing, row: Row[Any]) -> int:
    """Reverse a payment (a row of TO_UNDO) and tell the customer; returns the new balance in paise.

    Whatever the customer said against it is settled with it.
    """
    session = doing.session
    if row.mode != "cash" and session.execute(_PAID_BACK, {"payment": row.id}).first() is not None:
        raise Refusal(say("undo.paid_back", number=row.number))
    if row.purpose == "deposit":
        held = {one.kind: -one.balance_paise for one in session.execute(_LOCK_BOTH, {"entry": row.entry_id})}
        if held["deposit"] < row.amount_paise:
            raise Refusal(say("deposit.used", number=row.number))
    reversal = ledger.reverse(session, row.entry_id, f"undo:{doing.key}", doing.at)
    session.execute(_REVERSED, {"reversal": reversal, "payment": row.id})
    staff = doing.caller.staff
    session.execute(_SETTLED, {"payment": row.id, "at": doing.at, "staff": staff.id if staff else None})
    balance = ledger.balance(session, "dues", connection_id=row.connection_id)
    state, amount = standing(balance)
    told = say(
        f"reversal.{state}",
        receipt=row.receipt,
        amount=Money(row.amount_paise),
        number=row.number,
        balance=amount,
        service=doing.settings.service_name,
    )
    tell(doing, row.connection_id, "reversal", told, also=row.payer)
    return balance
