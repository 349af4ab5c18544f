"""Cash between members of staff: hand-overs that both sides confirm, and the day counted out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import ledger
from core.alerts import tell_staff
from core.clock import local, now
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.text import Name, Named, Text, say

OFFER_LASTS = timedelta(days=1)

_COLLEAGUE = """
SELECT staff.id, staff.name, staff.name_local, staff.role FROM staff
WHERE staff.active AND staff.phone IS NOT NULL AND staff.id <> %(staff)s
  AND (upper(staff.code) = upper(%(term)s) OR staff.phone = %(phone)s)
  AND EXISTS (SELECT FROM staff_plant AS his JOIN staff_plant AS mine USING (plant_id)
              WHERE his.staff_id = staff.id AND mine.staff_id = %(staff)s)
"""
_OFFERS = """
SELECT handover.id, handover.amount_paise, other.name, other.name_local
FROM handover
JOIN staff AS other ON other.id = CASE WHEN %(mine)s THEN handover.taker_id ELSE handover.giver_id END
WHERE handover.state = 'offered' AND handover.expires_at > %(at)s
  AND CASE WHEN %(mine)s THEN handover.giver_id ELSE handover.taker_id END = %(staff)s
ORDER BY handover.id LIMIT 1
"""
_HELD = "SELECT balance_paise FROM account WHERE kind = 'cash' AND staff_id = %(staff)s"
_OFFER = text("""
    INSERT INTO handover (source, giver_id, taker_id, amount_paise, offered_at, expires_at)
    VALUES (:source, :giver, :taker, :paise, :at, :until)
    ON CONFLICT (giver_id) WHERE state = 'offered' DO NOTHING RETURNING id
""")
_OPEN = text("""
    SELECT handover.*, giver.phone AS giver_phone, giver.name AS giver_name,
           giver.name_local AS giver_local, taker.phone AS taker_phone, taker.name AS taker_name,
           taker.name_local AS taker_local
    FROM handover
    JOIN staff AS giver ON giver.id = handover.giver_id
    JOIN staff AS taker ON taker.id = handover.taker_id
    WHERE handover.state = 'offered' AND (handover.id = :id OR handover.expires_at <= :overdue)
    ORDER BY handover.id FOR UPDATE OF handover
""")
_FINISH = text("UPDATE handover SET state = :state, finished_at = :at, entry_id = :entry WHERE id = :id")
_LOCK = text("SELECT balance_paise FROM account WHERE id = :id FOR NO KEY UPDATE")
_HOME = text("SELECT min(plant_id) FROM staff_plant WHERE staff_id = :staff")
_CLOSE = text("""
    INSERT INTO cash_close (source, staff_id, at, counted_paise, expected_paise, reason, entry_id)
    VALUES (:source, :staff, :at, :counted, :expected, :reason, :entry)
""")
IN_CHARGE = text("""
    WITH charged AS (
        SELECT staff.id, staff.phone FROM staff JOIN staff_plant ON staff_plant.staff_id = staff.id
        WHERE staff.active AND staff.role = 'cluster_in_charge' AND staff_plant.plant_id = :plant
    )
    SELECT phone FROM charged WHERE phone IS NOT NULL
    UNION
    SELECT stand_in.phone FROM charged JOIN away_on(CAST(:day AS date)) AS away ON away.staff_id = charged.id
    JOIN staff AS stand_in ON stand_in.id = away.stand_in_id AND stand_in.active
    WHERE stand_in.phone IS NOT NULL AND stand_in.role IN ('cluster_in_charge', 'state_in_charge')
    ORDER BY phone
""")


class Colleague(Named, msgspec.Struct, frozen=True, array_like=True):
    """Somebody who can be handed cash: staff of one of the giver's plants."""

    staff_id: int
    name: str
    name_local: str | None
    role: str


class Offer(Named, msgspec.Struct, frozen=True, array_like=True):
    """An open hand-over, with the other side's name."""

    id: int
    amount_paise: int
    name: str
    name_local: str | None


def colleague(reader: Reader, staff_id: int, term: str, phone: str | None) -> Colleague | None:
    """Staff with this code or phone who share a plant with the giver."""
    rows = reader.rows(_COLLEAGUE, {"staff": staff_id, "term": term, "phone": phone})
    return Colleague(*rows[0]) if rows else None


def open_offer(reader: Reader, staff_id: int, mine: bool) -> Offer | None:
    """The oldest open hand-over that one gives (`mine`) or is to receive."""
    rows = reader.rows(_OFFERS, {"staff": staff_id, "mine": mine, "at": now()})
    return Offer(*rows[0]) if rows else None


def held(reader: Reader, staff_id: int) -> int:
    """Cash in hand by the ledger, in paise."""
    rows = reader.rows(_HELD, {"staff": staff_id})
    return int(rows[0][0]) if rows else 0


def offer(doing: Doing, taker_id: int, paise: int) -> None:
    """Offer cash to a colleague; no money moves before the answer. Refusal beyond what is in hand."""
    me = _me(doing)
    expire(doing.session, doing.at, default_language=doing.settings.default_language)
    in_hand = ledger.balance(doing.session, "cash", staff_id=me)
    if paise > in_hand:
        raise Refusal(say("hand.too_little", held=Money(in_hand)))
    bind = {"source": f"hand:{doing.key}", "giver": me, "taker": taker_id, "paise": paise}
    bind |= {"at": doing.at, "until": doing.at + OFFER_LASTS}
    made = doing.session.execute(_OFFER, bind).scalar_one_or_none()
    if made is None:
        raise Refusal(say("hand.open"))
    row = doing.session.execute(_OPEN, {"id": made, "overdue": None}).one()
    words = say("alerts.hand_offered", amount=Money(paise), name=Name(row.giver_name, row.giver_local))
    _tell(doing, [row.taker_phone], "hand", words)
    doing.audit("hand.offer", f"handover:{made}", paise=paise, taker=taker_id)


def answer(doing: Doing, handover_id: int, taken: bool) -> Money:
    """The receiver has the cash, or has not; only then the ledger moves. Refusal once it is over."""
    row = _still_open(doing, handover_id)
    if row.taker_id != _me(doing):
        raise Refusal(say("got.over"))
    entry = _move(doing, row) if taken else None
    state = "taken" if taken else "refused"
    _finish(doing, row, state, entry)
    words = say(f"alerts.hand_{state}", amount=Money(row.amount_paise), name=_taker(row))
    _tell(doing, [row.giver_phone], "hand", words)
    return Money(row.amount_paise)


def withdraw(doing: Doing, handover_id: int) -> Money:
    """The giver takes an offer back before it is answered; the other side is told."""
    row = _still_open(doing, handover_id)
    if row.giver_id != _me(doing):
        raise Refusal(say("got.over"))
    _finish(doing, row, "withdrawn", None)
    words = say(
        "alerts.hand_withdrawn", amount=Money(row.amount_paise), name=Name(row.giver_name, row.giver_local)
    )
    _tell(doing, [row.taker_phone], "hand", words)
    return Money(row.amount_paise)


def expire(session: Session, at: datetime, *, default_language: str) -> int:
    """End what nobody answered within a day, and tell both sides; gives how many."""
    rows = session.execute(_OPEN, {"id": None, "overdue": at}).all()
    for row in rows:
        session.execute(_FINISH, {"id": row.id, "state": "expired", "at": at, "entry": None})
        words = say("alerts.hand_expired", amount=Money(row.amount_paise), name=_taker(row))
        tell_staff(
            session, (row.giver_phone, row.taker_phone), f"hand-over:{row.id}", words, default_language
        )
    return len(rows)


def close(doing: Doing, counted: int, expected: int, reason: str | None) -> None:
    """Write down a day's count and post its difference; the cluster in-charge hears of it.

    Refusal when the ledger has moved since the collector saw `expected`: he must see the new figure.
    """
    me, session = _me(doing), doing.session
    cash = ledger.account_id(session, "cash", staff_id=me)
    if int(session.execute(_LOCK, {"id": cash}).scalar_one()) != expected:
        raise Refusal(say("close.moved"))
    plant, missing, entry = _home(session, me), expected - counted, None
    if missing:
        difference = ledger.account_id(session, "difference", staff_id=me)
        entry = ledger.post(
            session,
            source=f"close:{doing.key}",
            kind="cash_difference",
            plant_id=plant,
            at=doing.at,
            moves=[(difference, missing), (cash, -missing)],
        )
    bind = {"source": f"close:{doing.key}", "staff": me, "at": doing.at, "entry": entry}
    session.execute(_CLOSE, {**bind, "counted": counted, "expected": expected, "reason": reason})
    _report_close(doing, plant, counted, missing, reason)
    doing.audit("cash.close", f"staff:{me}", counted=counted, expected=expected, reason=reason)


def _report_close(doing: Doing, plant_id: int, counted: int, missing: int, reason: str | None) -> None:
    staff = doing.caller.staff
    if staff is None:
        raise LookupError("not staff")
    name = Name(staff.name, staff.name_local)
    words = say("alerts.close_even", name=name, counted=Money(counted))
    if missing:
        how = "short" if missing > 0 else "over"
        words = say(
            f"alerts.close_{how}",
            name=name,
            counted=Money(counted),
            difference=Money(abs(missing)),
            reason=(reason or "-")[:40],
        )
    phones = (
        doing.session.execute(IN_CHARGE, {"plant": plant_id, "day": local(doing.at).date()}).scalars().all()
    )
    _tell(doing, [phone for phone in phones if phone != doing.caller.phone], "close", words)


def _move(doing: Doing, row: Row[tuple[object, ...]]) -> int:
    """Move the cash in the ledger; the giver must still have it."""
    session = doing.session
    giver = ledger.account_id(session, "cash", staff_id=row.giver_id)
    taker = ledger.account_id(session, "cash", staff_id=row.taker_id)
    # Both at once and in order, as postings lock them.
    session.execute(
        text("SELECT 1 FROM account WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),
        {"ids": [giver, taker]},
    )
    if int(session.execute(_LOCK, {"id": giver}).scalar_one()) < row.amount_paise:
        raise Refusal(say("got.gone", name=Name(row.giver_name, row.giver_local)))
    return ledger.post(
        session,
        source=f"hand:{row.id}",
        kind="hand_over",
        plant_id=_home(session, row.giver_id),
        at=doing.at,
        moves=[(giver, -row.amount_paise), (taker, row.amount_paise)],
    )


def _still_open(doing: Doing, handover_id: int) -> Row[tuple[object, ...]]:
    row = doing.session.execute(_OPEN, {"id": handover_id, "overdue": None}).one_or_none()
    if row is None or row.expires_at <= doing.at:
        raise Refusal(say("got.over"))
    return row


def _finish(doing: Doing, row: Row[tuple[object, ...]], state: str, entry: int | None) -> None:
    doing.session.execute(_FINISH, {"id": row.id, "state": state, "at": doing.at, "entry": entry})
    doing.audit(f"hand.{state}", f"handover:{row.id}", paise=row.amount_paise)


def _taker(row: Row[tuple[object, ...]]) -> Name:
    return Name(str(row.taker_name), row.taker_local)


def _me(doing: Doing) -> int:
    if doing.caller.staff is None:
        raise Refusal(say("pay.staff_only"))
    return doing.caller.staff.id


def _home(session: Session, staff_id: int) -> int:
    """The plant that entries of a collector's own cash are booked at: the first of his."""
    return int(session.execute(_HOME, {"staff": staff_id}).scalar_one())


def _tell(doing: Doing, phones: Iterable[str | None], cause: str, words: Text) -> None:
    tell_staff(doing.session, phones, f"{cause}:{doing.key}", words, doing.settings.default_language)
