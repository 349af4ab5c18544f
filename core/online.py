"""Money that comes online: links to pay, each payment at the provider credited once, refunds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import ledger, outbox
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import Incoming, credit, standing, tell
from core.settings import Settings
from core.text import say

LINK_LIFE = timedelta(days=7)
NEARLY_OVER = timedelta(hours=1)
"""A link with less left than this is not sent again: another is made."""
LINKS_A_DAY = 10
"""New links for one connection in a day; an open one is only sent again."""
GIVE_UP = timedelta(hours=1)
LEAST_PAISE = 1_00
"""The provider takes a rupee and more."""

_MAY_PAY = text("""
    SELECT connection.number FROM connection
    WHERE connection.id = :connection AND (
        EXISTS (SELECT FROM connection_phone WHERE connection_id = connection.id AND e164 = :phone)
        OR EXISTS (SELECT FROM staff_plant WHERE staff_id = :staff AND plant_id = connection.plant_id))
""")
_END_OLD = text("""
    UPDATE payment_link SET state = 'expired'
    WHERE connection_id = :connection AND state = 'open' AND expires_at < :soon
""")
_MADE_TODAY = text("""
    SELECT count(*) FROM payment_link WHERE connection_id = :connection AND asked_at > :since
""")
_ASK = text("""
    INSERT INTO payment_link (reference, connection_id, amount_paise, asked_by, asked_at, expires_at)
    VALUES (:reference, :connection, :paise, :to, :at, :until)
    ON CONFLICT (connection_id, amount_paise) WHERE state IN ('asked', 'open') DO NOTHING RETURNING id
""")
_LINK = """
    SELECT payment_link.id, payment_link.reference, payment_link.connection_id, payment_link.amount_paise,
           payment_link.asked_by, payment_link.state, payment_link.url, payment_link.asked_at,
           payment_link.expires_at, connection.number, connection.plant_id
    FROM payment_link JOIN connection ON connection.id = payment_link.connection_id
"""
_SAME = text(
    _LINK + "WHERE connection_id = :connection AND amount_paise = :paise AND state IN ('asked', 'open')"
)
_ASKED = text(_LINK + "WHERE payment_link.state = 'asked' ORDER BY payment_link.id LIMIT :limit")
_BY_REFERENCE = text(_LINK + "WHERE payment_link.reference = :reference")
_OPEN = text("""
    UPDATE payment_link SET state = 'open', provider_id = :provider, url = :url
    WHERE id = :id AND state = 'asked' RETURNING id
""")
_FAIL = text("UPDATE payment_link SET state = 'failed' WHERE id = :id AND state = 'asked' RETURNING id")
_END = text("""
    UPDATE payment_link SET state = :state WHERE reference = :reference AND state IN ('asked', 'open')
""")
_EVENT = text("""
    INSERT INTO provider_event (id, body, received_at) VALUES (:id, :body, :at) ON CONFLICT DO NOTHING
""")
_HANDLED = text("UPDATE provider_event SET handled_at = :at WHERE id = :id AND handled_at IS NULL")
_HOME = text("SELECT min(id) FROM plant")
_ARRIVED = text("""
    INSERT INTO online_payment (reference, amount_paise, payer, note, at, plant_id)
    VALUES (:reference, :paise, :payer, :note, :at, :plant) ON CONFLICT (reference) DO NOTHING RETURNING id
""")
# First the lock, then the look: a statement that waits for a lock sees the other tables as they were before.
_LOCK = text("SELECT id FROM online_payment WHERE reference = :reference FOR UPDATE")
_ONE = text("""
    SELECT online_payment.id, online_payment.reference, online_payment.amount_paise, online_payment.payer,
           online_payment.plant_id, online_payment.refunded_paise, payment.id AS payment_id,
           payment.connection_id, connection.number, receipt.number AS receipt
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
    """A payment at the provider; `link` is our reference, `note` what the payer or link said."""

    reference: str
    paise: int
    payer: str | None
    note: str
    link: str | None


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


def ask_link(doing: Doing, connection_id: int, paise: int, to: str) -> None:
    """Ask for a link to pay an amount, to be texted to a phone; an open one is sent again.

    Raises Refusal where nothing is paid online, out of the caller's reach, for less than a rupee, and
    after too many links in a day.
    """
    session, staff = doing.session, doing.caller.staff
    if doing.settings.razorpay is None:
        raise Refusal(say("paylink.closed"))
    if paise < LEAST_PAISE:
        raise Refusal(say("paylink.small", least=Money(LEAST_PAISE)))
    who = {"connection": connection_id, "phone": doing.caller.phone, "staff": staff.id if staff else None}
    if session.execute(_MAY_PAY, who).one_or_none() is None:
        raise Refusal(say("paylink.not_yours"))
    session.execute(_END_OLD, {"connection": connection_id, "soon": doing.at + NEARLY_OVER})
    same = session.execute(_SAME, {"connection": connection_id, "paise": paise}).one_or_none()
    if same is not None:
        if same.url is not None:
            _send_link(session, doing.settings, same, to, doing.key)
        return
    day = {"connection": connection_id, "since": doing.at - timedelta(days=1)}
    if session.execute(_MADE_TODAY, day).scalar_one() >= LINKS_A_DAY:
        raise Refusal(say("paylink.too_many"))
    asked = {
        "reference": f"BL{secrets.token_hex(12)}",
        "connection": connection_id,
        "paise": paise,
        "to": to,
        "at": doing.at,
        "until": doing.at + LINK_LIFE,
    }
    session.execute(_ASK, asked)
    doing.audit("link.ask", f"connection:{connection_id}", paise=paise)


def asked_links(session: Session, limit: int) -> list[Row[Any]]:
    """Links that are still to be made at the provider, oldest first."""
    return list(session.execute(_ASKED, {"limit": limit}).all())


def link_made(session: Session, settings: Settings, link: Row[Any], made: tuple[str, str]) -> None:
    """The provider made a link (its id and address): text it, once."""
    provider, url = made
    if session.execute(_OPEN, {"id": link.id, "provider": provider, "url": url}).one_or_none() is None:
        return
    fresh = session.execute(_BY_REFERENCE, {"reference": link.reference}).one()
    _send_link(session, settings, fresh, link.asked_by, link.reference)


def link_refused(session: Session, settings: Settings, link: Row[Any]) -> None:
    """The provider will not make a link: say so, once."""
    if session.execute(_FAIL, {"id": link.id}).one_or_none() is None:
        return
    outbox.post(
        session,
        source=f"link:{link.reference}:{link.asked_by}",
        recipient=link.asked_by,
        kind="link",
        text=say("paylink.failed", number=link.number, service=settings.service_name),
        connection_id=link.connection_id,
        default_language=settings.default_language,
    )


def _send_link(session: Session, settings: Settings, link: Row[Any], to: str, cause: str) -> None:
    told = say(
        "paylink.message",
        amount=Money(link.amount_paise),
        number=link.number,
        url=link.url,
        day=link.expires_at.date(),
        service=settings.service_name,
    )
    outbox.post(
        session,
        source=f"link:{cause}:{to}",
        recipient=to,
        kind="link",
        text=told,
        connection_id=link.connection_id,
        default_language=settings.default_language,
    )


def keep_event(session: Session, event_id: str, body: str, at: datetime) -> None:
    """Keep a webhook as it came, once."""
    session.execute(_EVENT, {"id": event_id, "body": body, "at": at})


def take_event(doing: Doing, event_id: str, event: Event) -> None:
    """Do what a webhook says; whatever it repeats is done already and changes nothing."""
    if event.paid is not None:
        _take_payment(doing, event.paid)
    if event.refund is not None:
        _give_back(doing, event.refund)
    if event.link is not None and event.link_state is not None:
        doing.session.execute(_END, {"reference": event.link, "state": event.link_state})
    doing.session.execute(_HANDLED, {"id": event_id, "at": doing.at})


def _take_payment(doing: Doing, paid: Paid) -> None:
    """Credit a payment to its link's connection; without one it waits in suspense.

    The row of the payment is unique by the provider's id: two events at once wait for each other here.
    """
    session = doing.session
    link = session.execute(_BY_REFERENCE, {"reference": paid.link}).one_or_none() if paid.link else None
    plant = link.plant_id if link else session.execute(_HOME).scalar_one()
    row = {
        "reference": paid.reference,
        "paise": paid.paise,
        "payer": paid.payer,
        "note": paid.note,
        "at": doing.at,
        "plant": plant,
    }
    new = session.execute(_ARRIVED, row).one_or_none() is not None
    one = _hold_still(session, paid.reference)
    if one is None:
        raise LookupError(f"{paid.reference} was neither kept nor known")
    if new and link is None:
        _hold(doing, one)
    elif link is not None and (new or (one.payment_id is None and one.refunded_paise == 0)):
        _credit(doing, one, link.connection_id, in_suspense=not new)


def _hold_still(session: Session, reference: str) -> Row[Any] | None:
    """A payment at the provider, locked to the transaction's end; None where it is unknown."""
    session.execute(_LOCK, {"reference": reference})
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
    done = credit(doing, Incoming(connection_id, paise, "link", account, one.reference, one.payer))
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
