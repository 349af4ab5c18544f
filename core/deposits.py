"""Security deposits: what is held for a connection and what should be; set off, and given back.

The account `deposit` is negative while we hold something; it is locked before it is drawn on, so that
never more leaves it than is held. Cash for it comes in through core.payments.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import text

from core import ledger, limits
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import standing, tell
from core.text import Param, Text, say

MONTHS = 2
"""A deposit is so many expected monthly bills, where the package names no sum."""
BILLS = 3
"""The expected bill is the mean of so many last ones."""
STEP_PAISE = 10_00
KEEPERS = ("cluster_in_charge", "state_in_charge")
"""Who may set a deposit off or give it back."""

# A package's own sum goes first. Else a package paid after use asks for some expected monthly bills: the
# mean of the last ones, or for another package its monthly price and the energy that was used.
_NEEDED = f"""
SELECT CASE
    WHEN package.deposit_paise > 0 THEN package.deposit_paise
    WHEN package.prepaid THEN 0
    ELSE ceil({MONTHS} * coalesce(CASE WHEN package.id = connection.package_id THEN past.paise END,
        package.monthly_paise + coalesce(past.wh, 0) * package.energy_paise / 1000) / {STEP_PAISE})
        * {STEP_PAISE}
    END::bigint
FROM connection
JOIN package ON package.id = coalesce(%(package)s::bigint, connection.package_id)
CROSS JOIN LATERAL (
    SELECT avg(amount_paise) AS paise, avg(closing_wh - opening_wh) AS wh FROM (
        SELECT amount_paise - instalment_paise AS amount_paise, closing_wh, opening_wh FROM bill
        WHERE bill.connection_id = connection.id AND reversed_at IS NULL
        ORDER BY period_from DESC LIMIT {BILLS}) AS last
) AS past
WHERE connection.id = %(connection)s
"""  # noqa: S608 (our own words)
_HELD = """
SELECT -coalesce((SELECT balance_paise FROM account
                  WHERE kind = 'deposit' AND connection_id = %(connection)s), 0)
"""
_OF = text("""
    SELECT connection.number, connection.plant_id FROM connection
    JOIN staff_plant ON staff_plant.plant_id = connection.plant_id
    JOIN staff ON staff.id = staff_plant.staff_id
    WHERE connection.id = :connection AND staff.id = :staff AND staff.active AND staff.role = ANY(:roles)
""")


class Deposit(msgspec.Struct, frozen=True, array_like=True):
    """What is held for a connection and what its package asks for, in paise."""

    held_paise: int
    needed_paise: int


def deposit_of(reader: Reader, connection_id: int, package_id: int | None = None) -> Deposit:
    """How the deposit of a connection stands, on its own package or on another."""
    [(held,)] = reader.rows(_HELD, {"connection": connection_id})
    bind = {"connection": connection_id, "package": package_id}
    [(needed,)] = reader.rows(_NEEDED, bind)
    return Deposit(int(held), int(needed))


def set_off(doing: Doing, connection_id: int, paise: int) -> Text:
    """Pay what is owed out of the deposit; the customer is told.

    Refusal for who is no in-charge of the plant, above their limit, and beyond what is held or owed.
    """
    _, plant_id = _mine(doing, connection_id)
    limits.check(doing, plant_id, paise)
    return pay_dues(doing, connection_id, paise)


def may_set_off(doing: Doing, connection_id: int, paise: int) -> int:
    """The plant, if this in-charge may ask to set so much off; Refusal as for `set_off`."""
    number, plant_id = _mine(doing, connection_id)
    _check_owed(doing, connection_id, number, paise)
    return plant_id


def _check_owed(doing: Doing, connection_id: int, number: str, paise: int) -> tuple[int, int, int, int]:
    """Hold deposit and dues; gives both accounts and what is held and owed. Refusal beyond either."""
    deposit = ledger.account_id(doing.session, "deposit", connection_id=connection_id)
    dues = ledger.account_id(doing.session, "dues", connection_id=connection_id)
    balances = ledger.locked(doing.session, deposit, dues)
    held, owed = -balances[deposit], max(0, balances[dues])
    if paise > held:
        raise Refusal(say("deposit.too_much", number=number, held=Money(held)))
    if paise > owed:
        raise Refusal(say("deposit.owes_less", number=number, owed=Money(owed)))
    return deposit, dues, held, owed


def pay_dues(doing: Doing, connection_id: int, paise: int) -> Text:
    """Set off what was decided; Refusal as for `set_off`, whatever the limit."""
    number, plant_id = _mine(doing, connection_id)
    deposit, dues, held, owed = _check_owed(doing, connection_id, number, paise)
    ledger.post(
        doing.session,
        source=f"setoff:{doing.key}",
        kind="setoff",
        plant_id=plant_id,
        at=doing.at,
        moves=[(deposit, paise), (dues, -paise)],
    )
    state, left = standing(owed - paise)
    figures: dict[str, Param] = {
        "amount": Money(paise),
        "number": number,
        "balance": left,
        "held": Money(held - paise),
    }
    told = say(f"receipt.setoff_{state}", **figures, service=doing.settings.service_name)
    tell(doing, connection_id, "receipt", told)
    doing.audit("deposit.setoff", f"connection:{number}", paise=paise)
    return say(f"deposit.setoff_{state}", **figures)


def give_back(doing: Doing, connection_id: int, paise: int) -> Text:
    """Give the deposit, or a part of it, back in cash; the customer is told.

    Refusal for who is no in-charge of the plant, above their limit, with open dues, beyond what is held,
    and without so much cash in hand.
    """
    _, plant_id = _mine(doing, connection_id)
    limits.check(doing, plant_id, paise)
    return pay_out(doing, connection_id, paise)


def may_give_back(doing: Doing, connection_id: int, paise: int) -> int:
    """The plant, if this in-charge may ask to give back so much; Refusal as for `give_back`."""
    number, plant_id = _mine(doing, connection_id)
    deposit = ledger.account_id(doing.session, "deposit", connection_id=connection_id)
    dues = ledger.account_id(doing.session, "dues", connection_id=connection_id)
    balances = ledger.locked(doing.session, deposit, dues)
    _check_held(number, paise, held=-balances[deposit], owed=balances[dues])
    return plant_id


def _check_held(number: str, paise: int, *, held: int, owed: int) -> None:
    if owed > 0:
        raise Refusal(say("deposit.owes", number=number, owed=Money(owed)))
    if paise > held:
        raise Refusal(say("deposit.too_much", number=number, held=Money(held)))


def pay_out(doing: Doing, connection_id: int, paise: int) -> Text:
    """Give back what was decided, out of the cash of who does it; Refusal as for `give_back`."""
    number, plant_id = _mine(doing, connection_id)
    session, staff_id = doing.session, _staff_id(doing)
    deposit = ledger.account_id(session, "deposit", connection_id=connection_id)
    dues = ledger.account_id(session, "dues", connection_id=connection_id)
    cash = ledger.account_id(session, "cash", staff_id=staff_id)
    balances = ledger.locked(session, deposit, dues, cash)
    held, in_hand = -balances[deposit], balances[cash]
    _check_held(number, paise, held=held, owed=balances[dues])
    if paise > in_hand:
        raise Refusal(say("deposit.no_cash", in_hand=Money(max(0, in_hand)), amount=Money(paise)))
    ledger.post(
        session,
        source=f"giveback:{doing.key}",
        kind="deposit_refund",
        plant_id=plant_id,
        at=doing.at,
        moves=[(deposit, paise), (cash, -paise)],
    )
    figures: dict[str, Param] = {"amount": Money(paise), "number": number, "held": Money(held - paise)}
    tell(
        doing,
        connection_id,
        "receipt",
        say("receipt.refunded", **figures, service=doing.settings.service_name),
    )
    doing.audit("deposit.refund", f"connection:{number}", paise=paise)
    return say("deposit.refunded", **figures)


def _mine(doing: Doing, connection_id: int) -> tuple[str, int]:
    """Number and plant of a connection that this in-charge may settle; Refusal otherwise."""
    bind = {"connection": connection_id, "staff": _staff_id(doing), "roles": list(KEEPERS)}
    row = doing.session.execute(_OF, bind).one_or_none()
    if row is None:
        raise Refusal(say("deposit.not_you"))
    return str(row.number), int(row.plant_id)


def _staff_id(doing: Doing) -> int | None:
    return doing.caller.staff.id if doing.caller.staff else None
