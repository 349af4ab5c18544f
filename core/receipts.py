"""Receipts as proof: what one shows, whether it is genuine, and the link to its page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from hmac import compare_digest

import msgspec
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import outbox
from core.clock import local
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.picture import Picture
from core.settings import Settings
from core.text import Text, say

WRONG_A_DAY = 10
"""Wrong codes that one phone may try in a day: one receipt's code takes it years to guess."""
LINK_LIFE = timedelta(days=400)
"""A financial year, and the month in which its accounts are looked through."""
MODES = ("cash", "card", "wallet", "upi", "link", "bank", "water")
"""Ways of paying that have words of their own; water is cash, too, but not for electricity."""

_COLUMNS = """
SELECT receipt.id, receipt.number, receipt.code, payment.amount_paise, payment.mode, payment.paid_at,
       payment.reversal_id IS NOT NULL, connection.number, customer.name, customer.name_local,
       plant.name, plant.name_local, staff.name, staff.name_local, payment.purpose
FROM receipt
JOIN payment ON payment.id = receipt.payment_id
JOIN connection ON connection.id = payment.connection_id
JOIN customer ON customer.id = connection.customer_id
JOIN plant ON plant.id = receipt.plant_id
LEFT JOIN staff ON staff.id = payment.staff_id
"""
_BY_ID = _COLUMNS + "WHERE receipt.id = %(id)s"
_BY_NUMBER = text(_COLUMNS + "WHERE receipt.number = :number")
_IN_REACH = """
WHERE receipt.number = :number AND (connection.id = ANY(CAST(:lines AS bigint[]))
    OR receipt.plant_id IN (SELECT plant_id FROM staff_plant WHERE staff_id = :staff))
"""
_MINE = text(_COLUMNS + _IN_REACH)
_LAST = text("""
    SELECT receipt.id, receipt.number, receipt.code, payment.amount_paise, payment.paid_at, payment.purpose
    FROM payment JOIN receipt ON receipt.payment_id = payment.id
    WHERE payment.connection_id = :connection AND payment.reversal_id IS NULL
    ORDER BY payment.paid_at DESC, payment.id DESC LIMIT 1
""")
# The row is locked from here to the end, so that two guesses at once are two tries.
_TRIES = text("""
    INSERT INTO receipt_check (phone, day) VALUES (:phone, :day)
    ON CONFLICT (phone, day) DO UPDATE SET wrong = receipt_check.wrong RETURNING wrong
""")
_WRONG = text("UPDATE receipt_check SET wrong = wrong + 1 WHERE phone = :phone AND day = :day")


class Proof(msgspec.Struct, frozen=True, array_like=True):
    """All that a receipt shows; `cancelled` once its payment was taken back."""

    id: int
    number: str
    code: str
    amount_paise: int
    mode: str
    paid_at: datetime
    cancelled: bool
    connection: str
    name: str
    name_local: str | None
    plant: str
    plant_local: str | None
    staff: str | None
    staff_local: str | None
    purpose: str

    @property
    def day(self) -> date:
        return local(self.paid_at).date()

    @property
    def amount(self) -> Money:
        return Money(self.amount_paise)


def mode_words(mode: str) -> Text:
    """How a payment came, in words; `other` for a way that has none of its own."""
    return say(f"mode.{mode if mode in MODES else 'other'}")


def masked(connection: str) -> str:
    """A connection's number as strangers may see it: enough for its owner to know it again."""
    return "*" * (len(connection) - 3) + connection[-3:]


def show(doing: Doing, number: str) -> Text:
    """A receipt for somebody whose connection or plant it belongs to, with its link where links are allowed.

    Raises Refusal when there is none with this number, or it is none of the caller's.
    """
    staff = doing.caller.staff
    who = {
        "number": number,
        "lines": [line.id for line in doing.caller.lines],
        "staff": staff.id if staff else None,
    }
    row = doing.session.execute(_MINE, who).one_or_none()
    if row is None:
        raise Refusal(say("proof.none", receipt=number))
    proof = Proof(*row)
    lines = [
        say(
            "proof.cancelled" if proof.cancelled else "proof.shown",
            receipt=proof.number,
            amount=proof.amount,
            day=proof.paid_at,
            number=proof.connection,
            mode=mode_words(proof.mode),
            code=proof.code,
        ),
        *([say("proof.deposit")] if proof.purpose == "deposit" else []),
        *link_lines(doing, proof.id),
    ]
    return say("nav.lines", lines=tuple(lines)).beside(Picture("receipt", proof.id))


def last_number(session: Session, connection_id: int) -> str | None:
    """The number of the last receipt that counts; None if there is none."""
    row = session.execute(_LAST, {"connection": connection_id}).one_or_none()
    return None if row is None else str(row.number)


def send_last(doing: Doing, connection_id: int) -> str | None:
    """Text the last receipt again to the phone that asks; returns its number, None if there is none."""
    row = doing.session.execute(_LAST, {"connection": connection_id}).one_or_none()
    if row is None:
        return None
    told = say(
        "receipt.again_deposit" if row.purpose == "deposit" else "receipt.again",
        receipt=row.number,
        code=row.code,
        amount=Money(row.amount_paise),
        day=local(row.paid_at).date(),
        service=doing.settings.service_name,
    )
    outbox.post(
        doing.session,
        source=f"receipt-again:{doing.key}",
        recipient=doing.caller.phone,
        kind="receipt",
        text=told.beside(Picture("receipt", row.id)),
        connection_id=connection_id,
        default_language=doing.settings.default_language,
    )
    return str(row.number)


def link_lines(doing: Doing, receipt_id: int) -> list[Text]:
    """The link to a receipt's page, if the operator's messages may carry one."""
    if not doing.settings.receipt_links:
        return []
    return [say("proof.link", url=page_url(doing.settings, receipt_id, doing.caller.language))]


def id_of(session: Session, number: str) -> int:
    """The id of the receipt with this number."""
    return int(
        session.execute(
            text("SELECT id FROM receipt WHERE number = :number"), {"number": number}
        ).scalar_one()
    )


def try_code(doing: Doing, number: str, code: str) -> str:
    """Whether a number and a code belong together: `right`, `wrong`, or `dead` after too many of a day."""
    try_ = {"phone": doing.caller.phone, "day": local(doing.at).date()}
    if doing.session.execute(_TRIES, try_).scalar_one() >= WRONG_A_DAY:
        return "dead"
    row = doing.session.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is not None and row.code == code:
        return "right"
    doing.session.execute(_WRONG, try_)
    return "wrong"


def verify(doing: Doing, number: str, code: str) -> Text:
    """Whether a receipt is genuine, for anybody; a wrong code and an unknown number sound the same."""
    try_ = {"phone": doing.caller.phone, "day": local(doing.at).date()}
    if doing.session.execute(_TRIES, try_).scalar_one() >= WRONG_A_DAY:
        return say("verify.too_many", helpline=say("brand.helpline"))
    row = doing.session.execute(_BY_NUMBER, {"number": number}).one_or_none()
    if row is None or not compare_digest(row.code, code):
        doing.session.execute(_WRONG, try_)
        return say("verify.wrong", receipt=number, code=code, helpline=say("brand.helpline"))
    proof = Proof(*row)
    return say(
        "verify.cancelled" if proof.cancelled else "verify.genuine",
        receipt=proof.number,
        amount=proof.amount,
        day=proof.day,
        number=masked(proof.connection),
    )


def proof_of(reader: Reader, receipt_id: int) -> Proof | None:
    """What the receipt with this id shows."""
    rows = reader.rows(_BY_ID, {"id": receipt_id})
    return Proof(*rows[0]) if rows else None


def page_url(settings: Settings, receipt_id: int, language: str | None = None) -> str:
    """The address of a receipt's page: signed, so that nobody can guess another one's."""
    url = f"{settings.public_url}/r/{_signer(settings).dumps(receipt_id)}"
    return f"{url}?l={language}" if language else url


def opened(settings: Settings, token: str) -> int | None:
    """The receipt a link leads to; None when the link was changed or is too old."""
    try:
        found = _signer(settings).loads(token, max_age=int(LINK_LIFE.total_seconds()))
    except BadSignature:
        return None
    return found if isinstance(found, int) else None


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="receipt page")
