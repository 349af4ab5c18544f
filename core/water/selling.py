"""Water sold for cash: one entry from the plant's water to the cash of who sold it, and taking it back."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from sqlalchemy import text

from core import floats, ledger
from core.clock import local, now, today
from core.collecting import UNDO_WITHIN
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.payments import CASH_LAW_PAISE
from core.text import say
from core.water.places import seller

MUCH = 5_000
"""Litres of one sale: more is asked about."""
PRICES = (10, 20_00)
"""Paise for a litre, least and most, that nobody asks about where nothing was sold before."""
TIMES = 2
"""So many times dearer or cheaper than lately is asked about."""
LATELY = timedelta(days=90)
LATE = timedelta(days=7)
"""So long ago a sale may have been that is written down now; its cash is in hand from now on all the same."""

_USUAL = """
SELECT coalesce(sum(litres), 0)::bigint, coalesce(sum(amount_paise), 0)::bigint FROM (
    SELECT litres, amount_paise FROM water_sale
    WHERE plant_id = %(plant)s AND undone_at IS NULL AND sold_at > %(since)s
      AND litres > 0 AND amount_paise > 0
    ORDER BY sold_at DESC LIMIT 10) AS latest
"""
_SELL = text("""
    INSERT INTO water_sale (source, plant_id, staff_id, litres, amount_paise, sold_at, sold_on, entry_id)
    VALUES (:source, :plant, :staff, :litres, :paise, :at, :day, :entry)
""")
_TODAY = text("""
    SELECT coalesce(sum(litres), 0)::bigint AS litres, coalesce(sum(amount_paise), 0)::bigint AS paise
    FROM water_sale WHERE plant_id = :plant AND undone_at IS NULL AND sold_on = CAST(:day AS date)
""")
_TO_UNDO = text("SELECT * FROM water_sale WHERE id = :sale FOR UPDATE")
_UNDONE = text("UPDATE water_sale SET undone_at = :at, reversal_id = :reversal WHERE id = :sale")


class Usual(msgspec.Struct, frozen=True, array_like=True):
    """What a plant's last sales came to: litres and paise; nothing where none was sold lately."""

    litres: int
    paise: int

    @property
    def price(self) -> int | None:
        """Paise for a litre, as it was lately."""
        return per_litre(self.paise, self.litres)

    def unlikely(self, litres: int, paise: int) -> str | None:
        """Why a sale is asked about: `none` (no litres), `free`, `much`, `price` (unlike lately), `odd`."""
        if not litres:
            return "none"
        if not paise:
            return "free"
        if litres > MUCH:
            return "much"
        if self.price is not None:
            near = self.paise * litres <= TIMES * paise * self.litres <= TIMES**2 * self.paise * litres
            return None if near else "price"
        return None if PRICES[0] * litres <= paise <= PRICES[1] * litres else "odd"


class Sold(msgspec.Struct, frozen=True, array_like=True):
    """The day of a sale, as somebody said it: None for the year where they left it out."""

    day: int
    month: int
    year: int | None = None


class Day(msgspec.Struct, frozen=True, array_like=True):
    """What a plant sold on a day, in litres and paise, and the cash in hand of who asks."""

    litres: int
    paise: int
    held_paise: int


def per_litre(paise: int, litres: int) -> int | None:
    """Paise for a litre, to the nearest; None where there were no litres."""
    return (2 * paise + litres) // (2 * litres) if litres else None


def usual(reader: Reader, plant_id: int) -> Usual:
    """The plant's last sales, at most ten of the last three months."""
    return Usual(*reader.rows(_USUAL, {"plant": plant_id, "since": now() - LATELY})[0])


def meant(_reader: Reader, said: Sold | None) -> date | None:
    """The day that is meant today, as `day_of`."""
    return day_of(said, today())


def day_of(said: Sold | None, newest: date) -> date | None:
    """The day that is meant, the latest one up to `newest`; None: to come, too long ago, or no day at all.

    Nothing said (None) is the day before.
    """
    if said is None:
        return newest - timedelta(days=1)
    for year in (said.year,) if said.year else (newest.year, newest.year - 1):
        try:
            found = date(year, said.month, said.day)
        except ValueError:
            continue
        if newest - LATE <= found <= newest:
            return found
    return None


def sell(doing: Doing, plant_id: int, litres: int, paise: int, on: date | None = None) -> Day:
    """Note litres that were sold for cash, or given away for nothing; gives what that day comes to.

    `on`: the day it was, where it was not today.

    Raises Refusal outside the seller's plants, at the legal limit for cash, and where cash must be handed
    over first.
    """
    staff, session = seller(doing, plant_id), doing.session
    source, entry = f"water:{doing.key}", None
    day = on or local(doing.at).date()
    if not local(doing.at).date() - LATE - timedelta(days=1) <= day <= local(doing.at).date():
        raise Refusal(say("water.not_then", most=LATE.days))
    if paise >= CASH_LAW_PAISE:
        raise Refusal(say("pay.too_large", most=Money(CASH_LAW_PAISE - 100)))
    if paise:
        floats.check(doing, staff.id)
        cash = ledger.account_id(session, "cash", staff_id=staff.id)
        earned = ledger.account_id(session, "water", plant_id=plant_id)
        entry = ledger.post(
            session,
            source=source,
            kind="water",
            plant_id=plant_id,
            at=doing.at,
            moves=[(cash, paise), (earned, -paise)],
        )
    bind = {"source": source, "plant": plant_id, "staff": staff.id, "litres": litres, "paise": paise}
    session.execute(_SELL, {**bind, "at": doing.at, "day": day, "entry": entry})
    late = {"day": day.isoformat()} if on else {}
    doing.audit("water.sell", f"plant:{plant_id}", litres=litres, paise=paise, **late)
    if paise:
        floats.tell(doing, staff, plant_id)
    return _day(doing, plant_id, staff.id, day)


def undo(doing: Doing, sale_id: int) -> Day:
    """Take a sale of one's own back; gives what the day comes to now.

    Raises Refusal when it is not his, was taken back before, or is older than ten minutes.
    """
    staff, session = doing.caller.staff, doing.session
    row = session.execute(_TO_UNDO, {"sale": sale_id}).one()
    if staff is None or row.staff_id != staff.id or row.undone_at is not None:
        raise Refusal(say("undo.nothing"))
    if doing.at - row.sold_at > UNDO_WITHIN:
        raise Refusal(say("water.too_late"))
    reversal = None
    if row.entry_id is not None:
        reversal = ledger.reverse(session, row.entry_id, f"undo:{doing.key}", doing.at)
    session.execute(_UNDONE, {"sale": sale_id, "at": doing.at, "reversal": reversal})
    doing.audit("water.undo", f"plant:{row.plant_id}", litres=row.litres, paise=row.amount_paise)
    return _day(doing, row.plant_id, staff.id, row.sold_on)


def _day(doing: Doing, plant_id: int, staff_id: int, day: date) -> Day:
    row = doing.session.execute(_TODAY, {"plant": plant_id, "day": day}).one()
    return Day(row.litres, row.paise, ledger.balance(doing.session, "cash", staff_id=staff_id))
