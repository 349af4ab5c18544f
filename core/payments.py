"""Money comes in, whatever the way of paying: credited once, with a receipt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, text

from core import floats, ledger, outbox
from core.clock import financial_year, local
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.picture import Picture
from core.settings import Settings
from core.text import Text, say

CASH_LAW_PAISE = 2_00_000_00
"""Section 269ST of the Income-tax Act bars cash of two lakh rupees and more from one person in a day."""

_RECEIVER = text("""
    SELECT connection.id, connection.number, connection.plant_id, plant.number AS plant_number,
           customer.name, customer.name_local,
           EXISTS (
               SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
               WHERE staff.id = :staff AND staff.active AND staff_plant.plant_id = connection.plant_id
           ) AS mine
    FROM connection
    JOIN plant ON plant.id = connection.plant_id
    JOIN customer ON customer.id = connection.customer_id
    WHERE connection.id = :connection
""")

_PHONES = text("""
    SELECT e164 FROM connection_phone
    WHERE connection_id = :connection AND role IN ('holder', 'payer') ORDER BY position
""")

# The counter's row lock makes receipts of one plant queue up, so that no number is left out.
_RECEIPT = text("""
    WITH counted AS (
        INSERT INTO receipt_counter (plant_id, year, last) VALUES (:plant, :year, 1)
        ON CONFLICT (plant_id, year) DO UPDATE SET last = receipt_counter.last + 1
        RETURNING last
    ), paid AS (
        INSERT INTO payment (connection_id, amount_paise, mode, staff_id, paid_at, entry_id, reference, payer,
            purpose)
        VALUES (:connection, :paise, :mode, :staff, :at, :entry, :reference, :payer, :purpose)
        RETURNING id
    )
    INSERT INTO receipt (payment_id, plant_id, year, serial, number)
    SELECT paid.id, :plant, :year, counted.last, :prefix || lpad(counted.last::text, 5, '0')
    FROM paid, counted
    RETURNING id, number, code, payment_id
""")

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:mode || ' ' || :reference, 0))")
_BY_REFERENCE = text("""
    SELECT receipt.number AS receipt, connection.number
    FROM payment
    JOIN receipt ON receipt.payment_id = payment.id
    JOIN connection ON connection.id = payment.connection_id
    WHERE payment.mode = :mode AND payment.reference = :reference AND payment.reversal_id IS NULL
""")


Purpose: TypeAlias = Literal["dues", "deposit"]
_KINDS: dict[Purpose, str] = {"dues": "payment", "deposit": "deposit"}
"""The kind of the entry that a payment makes."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money that came for a connection: `account` is where it now is, `payer` the phone that paid.

    `purpose` names the account of the connection that it is credited to.
    """

    connection_id: int
    paise: int
    mode: str
    account: int
    reference: str | None = None
    payer: str | None = None
    purpose: Purpose = "dues"


@dataclass(frozen=True, slots=True)
class Credited:
    """A payment that was credited, its receipt's number, and the new balance of its account in paise."""

    payment_id: int
    receipt: str
    balance: int


def standing(balance_paise: int) -> tuple[str, Money]:
    """How a balance reads: `due`, `clear` or `ahead`, with its amount."""
    if balance_paise == 0:
        return "clear", Money(0)
    return ("due" if balance_paise > 0 else "ahead"), Money(abs(balance_paise))


def take_cash(doing: Doing, connection_id: int, paise: int, purpose: Purpose = "dues") -> tuple[str, int]:
    """Credit cash that a collector received; returns the receipt's number and the new balance in paise.

    The ledger moves dues to the collector's cash, the customer's phones get the receipt from the
    outbox, all in the caller's transaction. Raises Refusal outside the collector's plants, at
    the legal limit for cash, and where the collector must hand over first.
    """
    staff, session = doing.caller.staff, doing.session
    if staff is None:
        raise Refusal(say("pay.staff_only"))
    row = session.execute(_RECEIVER, {"connection": connection_id, "staff": staff.id}).one()
    if not row.mine:
        raise Refusal(say("pay.not_yours", number=row.number))
    if paise >= CASH_LAW_PAISE:
        raise Refusal(say("pay.too_large", most=Money(CASH_LAW_PAISE - 100)))
    floats.check(doing, staff.id)
    cash = ledger.account_id(session, "cash", staff_id=staff.id)
    done = credit(doing, Incoming(connection_id, paise, "cash", cash, purpose=purpose))
    floats.tell(doing, staff, row.plant_id)
    return done.receipt, done.balance


def take_by_reference(
    doing: Doing, connection_id: int, paise: int, mode: str, reference: str
) -> tuple[str, int]:
    """Credit a card or wallet payment that staff entered with its slip's reference; as take_cash.

    Raises Refusal outside the plants of the staff member, and for a reference that was credited
    before, naming its receipt.
    """
    staff, session = doing.caller.staff, doing.session
    if staff is None:
        raise Refusal(say("pay.staff_only"))
    row = session.execute(_RECEIVER, {"connection": connection_id, "staff": staff.id}).one()
    if not row.mine:
        raise Refusal(say("pay.not_yours", number=row.number))
    # Two entries of one slip at the same moment wait for each other here.
    known = {"mode": mode, "reference": reference}
    session.execute(_ONE_AT_A_TIME, known)
    before = session.execute(_BY_REFERENCE, known).one_or_none()
    if before is not None:
        raise Refusal(say("slip.known", reference=reference, receipt=before.receipt, number=before.number))
    clearing = ledger.account_id(session, "clearing", plant_id=row.plant_id)
    done = credit(doing, Incoming(connection_id, paise, mode, clearing, reference))
    return done.receipt, done.balance


def credit(doing: Doing, incoming: Incoming) -> Credited:
    """Credit money to a connection: ledger, receipt and the messages about it, in one transaction.

    Moves dues, or the deposit, to the account the money is in; the connection's phones, and the
    payer's if it is another, get the receipt from the outbox. Scope is the caller's to check.
    """
    session = doing.session
    bind = {"connection": incoming.connection_id, "staff": _staff_id(doing)}
    row = session.execute(_RECEIVER, bind).one()
    owner = ledger.account_id(session, incoming.purpose, connection_id=incoming.connection_id)
    entry = ledger.post(
        session,
        source=f"pay:{doing.key}",
        kind=_KINDS[incoming.purpose],
        plant_id=row.plant_id,
        at=doing.at,
        moves=[(incoming.account, incoming.paise), (owner, -incoming.paise)],
    )
    given = _give_receipt(doing, row, incoming, entry)
    balance = ledger.balance(session, incoming.purpose, connection_id=incoming.connection_id)
    told = received(
        incoming.purpose, incoming.paise, row.number, balance, given.number, given.code, doing.settings
    )
    shown = told.beside(Picture("receipt", given.id))
    tell(doing, incoming.connection_id, "receipt", shown, also=incoming.payer)
    target = f"connection:{row.number}"
    doing.audit(f"pay.{incoming.mode}", target, paise=incoming.paise, receipt=given.number)
    return Credited(given.payment_id, str(given.number), balance)


def received(
    purpose: Purpose, paise: int, number: str, balance: int, receipt: str, code: str, settings: Settings
) -> Text:
    """The words of a receipt; `balance` (paise) is the account's just after the payment."""
    state, amount = standing(balance)
    return say(
        "receipt.deposit" if purpose == "deposit" else f"receipt.{state}",
        amount=Money(paise),
        number=number,
        balance=amount,
        receipt=receipt,
        code=code,
        service=settings.service_name,
    )


def _staff_id(doing: Doing) -> int | None:
    return doing.caller.staff.id if doing.caller.staff else None


def _give_receipt(doing: Doing, row: Row[Any], incoming: Incoming, entry_id: int) -> Row[Any]:
    """Write payment and receipt; gives its number (plant, year, serial, all digits), code and payment."""
    year = financial_year(local(doing.at).date())
    return doing.session.execute(
        _RECEIPT,
        {
            "plant": row.plant_id,
            "year": year,
            "connection": incoming.connection_id,
            "paise": incoming.paise,
            "mode": incoming.mode,
            "staff": _staff_id(doing),
            "at": doing.at,
            "entry": entry_id,
            "reference": incoming.reference,
            "payer": incoming.payer,
            "purpose": incoming.purpose,
            "prefix": f"{row.plant_number}{year % 100:02d}",
        },
    ).one()


def tell(doing: Doing, connection_id: int, kind: str, told: Text, also: str | None = None) -> None:
    """Put the same words on the way to every phone that pays for or holds the connection, and to `also`."""
    phones = doing.session.execute(_PHONES, {"connection": connection_id}).scalars().all()
    if also is not None and also not in phones:
        phones = [*phones, also]
    outbox.post_many(
        doing.session,
        [outbox.Message(f"{kind}:{doing.key}:{phone}", phone, kind, told, connection_id) for phone in phones],
        default_language=doing.settings.default_language,
    )
