"""Money that comes online: each payment at a provider credited once, and its refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import ledger, links
from core.doing import Doing
from core.money import Money
from core.payments import Incoming, credit, standing, tell
from core.text import say

_EVENT = text("""
    INSERT INTO provider_event (id, body, received_at) VALUES (:id, :body, :at) ON CONFLICT DO NOTHING
""")
_HANDLED = text("UPDATE provider_event SET handled_at = :at WHERE id = :id AND handled_at IS NULL")
# The plant that the payer's words or phone name, so that its organisation sees the money; else the first.
_HOME = text("""
    SELECT coalesce(
        (SELECT min(plant_id) FROM connection WHERE number = ANY(regexp_split_to_array(:note, '[^0-9]+'))),
        (SELECT min(plant_id) FROM connection JOIN connection_phone AS link
         ON link.connection_id = connection.id WHERE link.e164 = :payer),
        (SELECT min(id) FROM plant))
""")
_ARRIVED = text("""
    INSERT INTO online_payment (reference, amount_paise, payer, note, at, plant_id, mode)
    VALUES (:reference, :paise, :payer, :note, :at, :plant, :mode)
    ON CONFLICT (reference) DO NOTHING RETURNING id
""")
# First the lock, then the look: a statement that waits for a lock sees the other tables as they were before.
_LOCK = text("SELECT payment_id FROM online_payment WHERE reference = :reference FOR UPDATE")
_LOCK_PAYMENT = text("SELECT id FROM payment WHERE id = :payment FOR UPDATE")
_ONE = text("""
    SELECT online_payment.id, online_payment.reference, online_payment.amount_paise, online_payment.payer,
           online_payment.plant_id, online_payment.mode, online_payment.refunded_paise,
           payment.id AS payment_id, payment.connection_id, connection.number, receipt.number AS receipt
    FROM online_payment
    LEFT JOIN payment ON payment.id = online_payment.payment_id AND payment.reversal_id IS NULL
    LEFT JOIN connection ON connection.id = payment.connection_id
    LEFT JOIN receipt ON receipt.payment_id = payment.id
    WHERE online_payment.reference = :reference
""")
_FOR_WHOM = text("UPDATE online_payment SET payment_id = :payment WHERE id = :id")
_POSTED = text("SELECT 1 FROM entry WHERE source = :source")
_REFUNDED = text("UPDATE online_payment SET refunded_paise = refunded_paise + :paise WHERE id = :id")
_REVERSED = text("UPDATE payment SET reversal_id = :entry WHERE id = :payment")
_BALANCE = text("SELECT balance_paise FROM account WHERE kind = 'dues' AND connection_id = :connection")


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment at a provider or bank; `link` is our link's reference, `note` what the payer or link said."""

    reference: str
    paise: int
    payer: str | None
    note: str
    link: str | None = None
    mode: str = "link"


@dataclass(frozen=True, slots=True)
class Home:
    """Where money belongs: the plant whose clearing account it is in, and the connection where known."""

    plant_id: int
    connection_id: int | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that the provider gave back to the payer."""

    id: str
    payment: str
    paise: int


@dataclass(frozen=True, slots=True)
class Event:
    """What a webhook says: a payment, a refund, the end of a link, any of them or none."""

    paid: Paid | None = None
    refund: Refund | None = None
    link: str | None = None
    link_state: str | None = None


def keep_event(session: Session, event_id: str, body: str, at: datetime) -> None:
    """Keep a webhook as it came, once."""
    session.execute(_EVENT, {"id": event_id, "body": body, "at": at})


def take_event(doing: Doing, event_id: str, event: Event) -> None:
    """Do what a webhook says; whatever it repeats is done already and changes nothing."""
    if event.paid is not None:
        take(doing, event.paid, _home_of(doing.session, event.paid))
    if event.refund is not None:
        _give_back(doing, event.refund)
    if event.link is not None and event.link_state is not None:
        links.end(doing.session, event.link, event.link_state)
    doing.session.execute(_HANDLED, {"id": event_id, "at": doing.at})


def _home_of(session: Session, paid: Paid) -> Home:
    link = links.find(session, paid.link) if paid.link else None
    if link is not None:
        return Home(link.plant_id, link.connection_id)
    return Home(session.execute(_HOME, {"note": paid.note, "payer": paid.payer}).scalar_one())


def take(doing: Doing, paid: Paid, home: Home) -> None:
    """Credit a payment to its connection; where that is not known, it waits in suspense.

    The row of the payment is unique by its reference: two who tell of it at once wait for each other here.
    """
    session = doing.session
    row = {
        "reference": paid.reference,
        "paise": paid.paise,
        "payer": paid.payer,
        "note": paid.note,
        "at": doing.at,
        "plant": home.plant_id,
        "mode": paid.mode,
    }
    new = session.execute(_ARRIVED, row).one_or_none() is not None
    one = _hold_still(session, paid.reference)
    if one is None:
        raise LookupError(f"{paid.reference} was neither kept nor known")
    if home.connection_id is None:
        if new:
            _hold(doing, one)
    elif new or (one.payment_id is None and one.refunded_paise == 0):
        _credit(doing, one, home.connection_id, in_suspense=not new)


def _hold_still(session: Session, reference: str) -> Row[Any] | None:
    """A payment at the provider, locked to the transaction's end; None where it is unknown.

    Locked with the payment it became: it is not undone while it is paid back (core/taking_back.py).
    """
    payment = session.execute(_LOCK, {"reference": reference}).scalar_one_or_none()
    if payment is not None:
        session.execute(_LOCK_PAYMENT, {"payment": payment})
    return session.execute(_ONE, {"reference": reference}).one_or_none()


def _hold(doing: Doing, one: Row[Any]) -> None:
    """Money that nobody knows the connection of."""
    clearing = ledger.account_id(doing.session, "clearing", plant_id=one.plant_id)
    suspense = ledger.account_id(doing.session, "suspense", plant_id=one.plant_id)
    ledger.post(
        doing.session,
        source=f"unmatched:{one.reference}",
        kind="unmatched",
        plant_id=one.plant_id,
        at=doing.at,
        moves=[(clearing, one.amount_paise), (suspense, -one.amount_paise)],
    )


def _credit(doing: Doing, one: Row[Any], connection_id: int, *, in_suspense: bool) -> None:
    kind: ledger.AccountKind = "suspense" if in_suspense else "clearing"
    account = ledger.account_id(doing.session, kind, plant_id=one.plant_id)
    paise = one.amount_paise - one.refunded_paise
    done = credit(doing, Incoming(connection_id, paise, one.mode, account, one.reference, one.payer))
    doing.session.execute(_FOR_WHOM, {"payment": done.payment_id, "id": one.id})


def match(doing: Doing, reference: str, connection_id: int) -> bool:
    """Credit a payment that waits in suspense; False when somebody did, or it was paid back."""
    one = _hold_still(doing.session, reference)
    if one is None or one.payment_id is not None or one.refunded_paise == one.amount_paise:
        return False
    _credit(doing, one, connection_id, in_suspense=True)
    return True


def _give_back(doing: Doing, refund: Refund) -> None:
    """Book a refund, once by its id; a payment paid back in full has its receipt cancelled."""
    session, source = doing.session, f"refund:{refund.id}"
    one = _hold_still(session, refund.payment)
    if one is None or session.execute(_POSTED, {"source": source}).first() is not None:
        return
    clearing = ledger.account_id(session, "clearing", plant_id=one.plant_id)
    if one.payment_id is None:
        other = ledger.account_id(session, "suspense", plant_id=one.plant_id)
    else:
        other = ledger.account_id(session, "dues", connection_id=one.connection_id)
    moves = [(other, refund.paise), (clearing, -refund.paise)]
    entry = ledger.post(
        session, source=source, kind="refund", plant_id=one.plant_id, at=doing.at, moves=moves
    )
    session.execute(_REFUNDED, {"paise": refund.paise, "id": one.id})
    if one.payment_id is None:
        return
    if one.refunded_paise + refund.paise == one.amount_paise:
        session.execute(_REVERSED, {"entry": entry, "payment": one.payment_id})
    _tell_refund(doing, one, refund)


def _tell_refund(doing: Doing, one: Row[Any], refund: Refund) -> None:
    balance = doing.session.execute(_BALANCE, {"connection": one.connection_id}).scalar_one()
    state, amount = standing(int(balance))
    told = say(
        f"refund.{state}",
        amount=Money(refund.paise),
        number=one.number,
        receipt=one.receipt,
        balance=amount,
        service=doing.settings.service_name,
    )
    told_by = Doing(
        doing.session, doing.caller, doing.channel, f"refund:{refund.id}", doing.at, doing.settings
    )
    tell(told_by, one.connection_id, "reversal", told, also=one.payer)
