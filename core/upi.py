"""UPI to the operator's own address: the page that shows it, and our reference in it.

A bank tells nobody of such payments: they are known once its lines are loaded (core/bank.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

import msgspec

from core import outbox, seals
from core.clock import local
from core.db import Reader
from core.doing import Doing
from core.picture import Picture
from core.settings import Settings, Upi
from core.text import Text, say

PAGE_LIFE = timedelta(days=60)
LONGEST_NOTE = 50
"""Characters of `tn`, by NPCI's linking specification."""
_SEAL = seals.Seal("pay page", (5, 2, 5))
"""Connection, last day and paise: 28 characters."""
_REFERENCE = re.compile(r"(?<![A-Z0-9])BL([0-9]{5,10})D[0-9]{6}(?![0-9])")
_PAYABLE = """
SELECT connection.number, coalesce(account.balance_paise, 0)
FROM connection LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
WHERE connection.id = %(connection)s
"""

BillLink: TypeAlias = Callable[[int, str], Text]
"""The words that go with a bill, by its connection and that one's number."""


class Wish(NamedTuple):
    """What a page is for: a connection, and an amount; None is whatever is owed when it is looked at."""

    connection_id: int
    paise: int | None


class Payable(msgspec.Struct, frozen=True, array_like=True):
    """A connection as its page shows it; dues in paise."""

    number: str
    dues_paise: int


def token(settings: Settings, wish: Wish, at: datetime) -> str:
    """The end of a page's address: it says what it is for, signed, so that nobody can make up another."""
    last = seals.number_of(local(at).date() + PAGE_LIFE)
    return _SEAL.close(settings, (wish.connection_id, last, wish.paise or 0))


def opened(settings: Settings, given: str, on: date) -> Wish | None:
    """What a page's address is for; None when it was changed or is too old."""
    numbers = _SEAL.open(settings, given)
    if numbers is None:
        return None
    connection_id, last, paise = numbers
    return Wish(connection_id, paise or None) if on <= seals.day_of(last) else None


def site(settings: Settings) -> str:
    """What all our pages' addresses begin with; in India this is whitelisted."""
    return f"{settings.public_url}/pay"


def payable(reader: Reader, connection_id: int) -> Payable | None:
    """What a page shows of its connection."""
    rows = reader.rows(_PAYABLE, {"connection": connection_id})
    return Payable(*rows[0]) if rows else None


def uri(upi: Upi, number: str, paise: int, on: date) -> str:
    """What a UPI app opens: whom to pay, how much in rupees, and our reference."""
    fields = {
        "pa": upi.vpa,
        "pn": upi.name,
        "am": f"{paise // 100}.{paise % 100:02d}",
        "cu": "INR",
        "tr": f"BL{number}D{on:%y%m%d}",
        "tn": f"{number} {upi.name}"[:LONGEST_NOTE],
    }
    return "upi://pay?" + "&".join(f"{name}={quote(value, safe='@')}" for name, value in fields.items())


def number_in(words: str) -> str | None:
    """The connection that our reference in a bank's words names."""
    found = _REFERENCE.search(words.upper())
    return found[1] if found else None


def how_to_pay(doing: Doing, upi: Upi, number: str, wish: Wish) -> Text:
    """How a customer pays by UPI: the page, where a message may lead to one, else the bare address.

    Nobody can tap a link on a USSD screen: there it comes by SMS, as the one registered for it.
    """
    settings = doing.settings
    if doing.channel == "whatsapp":
        page = token(settings, wish, doing.at)
        words = say("payupi.page", number=number, site=site(settings), token=page)
        return words.beside(_code(wish))
    if not settings.pay_links:
        return say("payupi.by_hand", number=number, vpa=upi.vpa)
    send(doing, wish, number, doing.caller.phone, doing.key)
    return say("payupi.coming", number=number)


def send(doing: Doing, wish: Wish, number: str, to: str, cause: str) -> bool:
    """Text the page's address, once for each cause and phone; whether it was not texted before."""
    return outbox.post(
        doing.session,
        source=f"upi:{cause}:{to}",
        recipient=to,
        kind="link",
        text=_message(doing.settings, wish, number, doing.at),
        connection_id=wish.connection_id,
        default_language=doing.settings.default_language,
    )


def bill_link(settings: Settings, at: datetime) -> BillLink | None:
    """The words that go with each open bill; None where SMS carry no links."""
    if settings.upi is None or not settings.pay_links:
        return None
    return lambda connection_id, number: _message(settings, Wish(connection_id, None), number, at)


def _message(settings: Settings, wish: Wish, number: str, at: datetime) -> Text:
    return say(
        "payupi.message",
        number=number,
        site=site(settings),
        token=token(settings, wish, at),
        service=settings.service_name,
    ).beside(_code(wish))


def _code(wish: Wish) -> Picture:
    """What a UPI app scans, from the screen of another phone or from a picture that is kept."""
    return Picture("upi", wish.connection_id, wish.paise or 0)
