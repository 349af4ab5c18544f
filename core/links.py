"""Links to pay: asked for by a customer or for one, made at the provider by a job, texted once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import ledger, outbox, upi
from core.clock import local
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.settings import Settings
from core.text import Text, say
from core.upi import Wish

LINK_LIFE = timedelta(days=7)
NEARLY_OVER = timedelta(hours=1)
"""A link with less left than this is not sent again: another is made."""
LINKS_A_DAY = 10
"""New links for one connection in a day; an open one is only sent again."""
GIVE_UP = timedelta(hours=1)
LEAST_PAISE = 1_00
"""The provider takes a rupee and more."""
AHEAD_PAISE = 10_000_00
"""Who owes less may still pay so much at once, for months to come; more is a slip of the finger."""
AT_ONCE_PAISE = 1_00_000_00
"""What UPI takes in one payment; whoever owes more pays in parts."""

_MAY_PAY = text("""
    SELECT connection.number FROM connection
    WHERE connection.id = :connection AND (
        EXISTS (SELECT FROM connection_phone WHERE connection_id = connection.id AND e164 = :phone)
        OR EXISTS (SELECT FROM staff_plant WHERE staff_id = :staff AND plant_id = connection.plant_id))
""")
_PAYER = text("""
    SELECT e164 FROM connection_phone
    WHERE connection_id = :connection AND role IN ('holder', 'payer') ORDER BY position LIMIT 1
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


def ask(doing: Doing, connection_id: int, paise: int, to: str) -> None:
    """Ask for a link to pay an amount, to be texted to a phone; an open one is sent again.

    Raises Refusal where nothing is paid online, as `check`, and after too many links in a day.
    """
    same = _same(doing, connection_id, paise)
    if same is None:
        _ask_new(doing, connection_id, paise, to)
    elif same.url is not None:
        _send(doing.session, doing.settings, same, to, doing.key)


def ask_for(doing: Doing, connection_id: int, paise: int) -> tuple[str, bool]:
    """Ask for a link that goes to the customer: the phone it goes to, and whether it was not sent today.

    A phone gets the same link once a day, however often staff ask. Without Razorpay it is our page for
    UPI, where SMS may carry links. Refusal as `ask`, and without a phone.
    """
    if doing.settings.razorpay is None:
        return _send_page(doing, connection_id, paise)
    same = _same(doing, connection_id, paise)
    to = _payer(doing, connection_id)
    if same is None:
        _ask_new(doing, connection_id, paise, to)
        return to, True
    if same.url is None:
        return to, False
    day = local(doing.at).date()
    return to, _send(doing.session, doing.settings, same, to, f"{same.reference}:{day}")


def _send_page(doing: Doing, connection_id: int, paise: int) -> tuple[str, bool]:
    if doing.settings.upi is None or not doing.settings.pay_links:
        raise Refusal(say("sendlink.closed"))
    number = check(doing, connection_id, paise)
    to = _payer(doing, connection_id)
    doing.audit("link.page", f"connection:{connection_id}", paise=paise)
    cause = f"{number}:{paise}:{local(doing.at).date()}"
    return to, upi.send(doing, Wish(connection_id, paise), number, to, cause)


def _payer(doing: Doing, connection_id: int) -> str:
    """The first phone that holds or pays for the connection; Refusal without one."""
    to = doing.session.execute(_PAYER, {"connection": connection_id}).scalar_one_or_none()
    if to is None:
        raise Refusal(say("sendlink.no_phone"))
    return str(to)


def in_reach(doing: Doing, connection_id: int) -> str:
    """The number of a connection that the caller may pay for, or serves; else Refusal."""
    staff = doing.caller.staff
    who = {"connection": connection_id, "phone": doing.caller.phone, "staff": staff.id if staff else None}
    number = doing.session.execute(_MAY_PAY, who).scalar_one_or_none()
    if number is None:
        raise Refusal(say("paylink.not_yours"))
    return str(number)


def most(balance_paise: int) -> int:
    """The most that can be paid online at once by who owes so much, in paise."""
    return min(max(balance_paise, AHEAD_PAISE), AT_ONCE_PAISE)


def amounts(number: str, most_paise: int) -> Text:
    """Between what and what an amount can be."""
    return say("paylink.between", number=number, least=Money(LEAST_PAISE), most=Money(most_paise))


def check(doing: Doing, connection_id: int, paise: int) -> str:
    """The number of a connection in the caller's reach; Refusal for less than a rupee, and for too much."""
    number = in_reach(doing, connection_id)
    largest = most(ledger.balance(doing.session, "dues", connection_id=connection_id))
    if not LEAST_PAISE <= paise <= largest:
        raise Refusal(amounts(number, largest))
    return number


def _same(doing: Doing, connection_id: int, paise: int) -> Row[Any] | None:
    """A link over this amount that still works, once the caller may have one at all."""
    session = doing.session
    if doing.settings.razorpay is None:
        raise Refusal(say("paylink.closed"))
    check(doing, connection_id, paise)
    session.execute(_END_OLD, {"connection": connection_id, "soon": doing.at + NEARLY_OVER})
    return session.execute(_SAME, {"connection": connection_id, "paise": paise}).one_or_none()


def _ask_new(doing: Doing, connection_id: int, paise: int, to: str) -> None:
    day = {"connection": connection_id, "since": doing.at - timedelta(days=1)}
    if doing.session.execute(_MADE_TODAY, day).scalar_one() >= LINKS_A_DAY:
        raise Refusal(say("paylink.too_many"))
    row = {
        "reference": f"BL{secrets.token_hex(12)}",
        "connection": connection_id,
        "paise": paise,
        "to": to,
        "at": doing.at,
        "until": doing.at + LINK_LIFE,
    }
    doing.session.execute(_ASK, row)
    doing.audit("link.ask", f"connection:{connection_id}", paise=paise)


def asked(session: Session, limit: int) -> list[Row[Any]]:
    """Links that are still to be made at the provider, oldest first."""
    return list(session.execute(_ASKED, {"limit": limit}).all())


def made(session: Session, settings: Settings, link: Row[Any], found: tuple[str, str]) -> None:
    """The provider made a link (its id and address): text it, once."""
    provider, url = found
    if session.execute(_OPEN, {"id": link.id, "provider": provider, "url": url}).one_or_none() is None:
        return
    fresh = session.execute(_BY_REFERENCE, {"reference": link.reference}).one()
    cause = f"{link.reference}:{local(link.asked_at).date()}"
    _send(session, settings, fresh, link.asked_by, cause)


def refused(session: Session, settings: Settings, link: Row[Any]) -> None:
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


def _send(session: Session, settings: Settings, link: Row[Any], to: str, cause: str) -> bool:
    """Text a link, once for each cause and phone; whether it was not texted before."""
    told = say(
        "paylink.message",
        amount=Money(link.amount_paise),
        number=link.number,
        url=link.url,
        day=local(link.expires_at).date(),
        service=settings.service_name,
    )
    return outbox.post(
        session,
        source=f"link:{cause}:{to}",
        recipient=to,
        kind="link",
        text=told,
        connection_id=link.connection_id,
        default_language=settings.default_language,
    )


def find(session: Session, reference: str) -> Row[Any] | None:
    """The link with this reference of ours."""
    return session.execute(_BY_REFERENCE, {"reference": reference}).one_or_none()


def end(session: Session, reference: str, state: str) -> None:
    """A link can't be paid any more: it was, or it ran out, or was called off."""
    session.execute(_END, {"reference": reference, "state": state})
