"""A coupon becomes money once: credited to what its connection owes, or taken back and free again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from core import ledger
from core.clock import local
from core.coupons.making import MAKERS, ORDERERS
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import standing, tell
from core.text import Text, say

WRONG_A_DAY = 10
"""Wrong codes that one phone may try in a day: of a thousand million codes it finds none."""
BACK_WITHIN = timedelta(minutes=10)
"""So long may whoever typed a coupon in take it back; an in-charge may at any time."""

# The row is locked from here to the end, so that two guesses at once are two tries.
_TRIES = text("""
    INSERT INTO coupon_check (phone, day) VALUES (:phone, :day)
    ON CONFLICT (phone, day) DO UPDATE SET wrong = coupon_check.wrong RETURNING wrong
""")
_WRONG = text("UPDATE coupon_check SET wrong = wrong + 1 WHERE phone = :phone AND day = :day")
_COUPON = text("""
    SELECT coupon.*, scheme.code AS scheme, scheme.value_paise, scheme.percent, scheme.most_paise,
        connection.number, connection.plant_id,
        EXISTS (SELECT FROM connection_phone AS link WHERE link.connection_id = coupon.connection_id
            AND link.e164 = :phone AND link.role IN ('holder', 'payer')) AS theirs,
        (SELECT staff.role FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
         WHERE staff.id = :staff AND staff.active
         AND staff_plant.plant_id = connection.plant_id) AS role
    FROM coupon JOIN coupon_scheme AS scheme ON scheme.id = coupon.scheme_id
    JOIN connection ON connection.id = coupon.connection_id
    WHERE coupon.code = :code FOR NO KEY UPDATE OF coupon
""")
_USED = text("""
    UPDATE coupon SET redeemed_at = :at, redeemed_by = :staff, paise = :paise, entry_id = :entry
    WHERE id = :coupon
""")
_FREE = text("""
    UPDATE coupon SET redeemed_at = NULL, redeemed_by = NULL, paise = NULL, entry_id = NULL
    WHERE id = :coupon
""")


def redeem(doing: Doing, code: str) -> Text:
    """Credit a coupon; the answer says its worth and the new balance.

    A wrong code is counted, so it is answered, not refused: a refusal would take the count back. A coupon
    of rupees is credited whole, also beyond what is owed; one of per cent is that share of what is owed
    now, up to its most. Refusal: used, over, nothing owed, or guessed too often.
    """
    row = _found(doing, code)
    if row is None or not (row.theirs or row.role in MAKERS):
        return _wrong(doing)
    if row.entry_id is not None:
        raise Refusal(say("redeem.used", day=local(row.redeemed_at).date()))
    if row.expires_on < local(doing.at).date():
        raise Refusal(say("redeem.over", day=row.expires_on))
    dues = ledger.account_id(doing.session, "dues", connection_id=row.connection_id)
    paise = _worth(doing, row)
    entry = ledger.post(
        doing.session,
        source=f"coupon:{row.id}:{doing.key}",
        kind="coupon",
        plant_id=row.plant_id,
        at=doing.at,
        moves=[
            (ledger.account_id(doing.session, "discount", plant_id=row.plant_id), paise),
            (dues, -paise),
        ],
    )
    staff = doing.caller.staff
    by = staff.id if staff and not row.theirs else None
    doing.session.execute(
        _USED, {"coupon": row.id, "at": doing.at, "staff": by, "paise": paise, "entry": entry}
    )
    balance = _tell(doing, row, paise, "redeemed")
    doing.audit("coupon.redeem", f"connection:{row.number}", scheme=row.scheme, paise=paise)
    state, left = standing(balance)
    return say(f"redeem.done_{state}", amount=Money(paise), number=row.number, balance=left)


def take_back(doing: Doing, code: str) -> Text:
    """Take a redeemed coupon back by reversal; it can be redeemed again while it lives.

    Whoever typed it in may within ten minutes, an in-charge of the plant at any time.
    """
    row = _found(doing, code)
    if row is None or not (row.theirs or row.role):
        return _wrong(doing)
    if row.entry_id is None:
        raise Refusal(say("redeem.not_used"))
    staff = doing.caller.staff
    own = row.redeemed_by == (staff.id if staff and not row.theirs else None)
    fresh = doing.at - row.redeemed_at <= BACK_WITHIN
    if row.role not in ORDERERS and not (own and fresh):
        raise Refusal(say("redeem.too_late"))
    ledger.reverse(doing.session, row.entry_id, f"coupon-back:{doing.key}", doing.at)
    doing.session.execute(_FREE, {"coupon": row.id})
    _tell(doing, row, row.paise, "taken_back")
    doing.audit("coupon.back", f"connection:{row.number}", scheme=row.scheme, paise=row.paise)
    return say("redeem.taken_back", amount=Money(row.paise), number=row.number)


def _found(doing: Doing, code: str) -> Row[Any] | None:
    """The coupon, held; Refusal when this phone has guessed too often today."""
    bind = {"phone": doing.caller.phone, "day": local(doing.at).date()}
    if doing.session.execute(_TRIES, bind).scalar_one() >= WRONG_A_DAY:
        raise Refusal(say("redeem.too_many"))
    staff = doing.caller.staff
    ask = {"code": code, "phone": doing.caller.phone, "staff": staff.id if staff else None}
    return doing.session.execute(_COUPON, ask).one_or_none()


def _wrong(doing: Doing) -> Text:
    bind = {"phone": doing.caller.phone, "day": local(doing.at).date()}
    doing.session.execute(_WRONG, bind)
    return say("redeem.wrong")


def _worth(doing: Doing, row: Row[Any]) -> int:
    if row.value_paise is not None:
        return int(row.value_paise)
    owed = ledger.balance(doing.session, "dues", connection_id=row.connection_id)
    if owed <= 0:
        raise Refusal(say("redeem.nothing_owed"))
    return max(1, min(owed * int(row.percent) // 100, int(row.most_paise)))


def _tell(doing: Doing, row: Row[Any], paise: int, how: str) -> int:
    """Tell the connection's phones; gives the balance in paise."""
    balance = ledger.balance(doing.session, "dues", connection_id=row.connection_id)
    state, left = standing(balance)
    words = say(
        f"redeem.told_{how}_{state}",
        amount=Money(paise),
        number=row.number,
        balance=left,
        service=doing.settings.service_name,
    )
    tell(doing, row.connection_id, "notice", words)
    return balance
