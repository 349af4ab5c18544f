"""A customer says in how many days the money comes; reminders rest until then, and the day is followed up."""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import groupby

import msgspec
from sqlalchemy import text

from core import clock
from core.billing.telling import sensible
from core.db import Database, Reader
from core.doing import Doing
from core.errors import Refusal
from core.money import Money
from core.outbox import Message, post_many
from core.text import Text, say

MOST_DAYS = 10
IN_A_ROW = 2
"""So many promises without a payment between them; then it takes one."""
BATCH = 1_000
NAMED = 8
"""Connections that a message to staff names; `FIND` shows each."""

# Promises since the last payment; one that was taken back is none.
_IN_A_ROW = """
    SELECT count(*) FROM promise WHERE promise.connection_id = connection.id AND made_at > coalesce((
        SELECT max(paid_at) FROM payment
        WHERE payment.connection_id = connection.id AND reversal_id IS NULL), '-infinity')
"""
_TERMS = f"""
SELECT coalesce(account.balance_paise, 0), promise.until_on, ({_IN_A_ROW})
FROM connection
LEFT JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
LEFT JOIN promise ON promise.connection_id = connection.id AND promise.state = 'open'
WHERE connection.id = %(connection)s
"""
_LOCK = text("SELECT 1 FROM connection WHERE id = :connection FOR NO KEY UPDATE")
_MINE = text(
    "SELECT 1 FROM connection_phone WHERE connection_id = :connection AND e164 = :phone "
    "AND role IN ('holder', 'payer')"
)
_PROMISE = text(f"""
    INSERT INTO promise (source, connection_id, phone, made_at, until_on, owed_paise)
    SELECT :source, connection.id, :phone, :at, :until, account.balance_paise
    FROM connection JOIN account ON account.kind = 'dues' AND account.connection_id = connection.id
    WHERE connection.id = :connection AND account.balance_paise > 0 AND ({_IN_A_ROW}) < :most
    ON CONFLICT DO NOTHING RETURNING owed_paise
""")
_PAID = """(
    coalesce((SELECT balance_paise FROM account
              WHERE kind = 'dues' AND account.connection_id = promise.connection_id), 0) <= 0
    OR promise.owed_paise <= (
        SELECT sum(amount_paise) FROM payment
        WHERE payment.connection_id = promise.connection_id AND reversal_id IS NULL
        AND paid_at >= promise.made_at
        AND (paid_at AT TIME ZONE 'Asia/Kolkata')::date <= promise.until_on)
) IS TRUE"""
_KEPT = text(f"""
    WITH kept AS (
        SELECT id FROM promise WHERE state = 'open' AND {_PAID}
        ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    UPDATE promise SET state = 'kept', finished_at = :at FROM kept WHERE promise.id = kept.id RETURNING 1
""")
_BROKEN = text(f"""
    WITH late AS (
        SELECT id FROM promise WHERE state = 'open' AND until_on < :today AND NOT {_PAID}
        ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
    ), broken AS (
        UPDATE promise SET state = 'broken', finished_at = :at FROM late WHERE promise.id = late.id
        RETURNING promise.id, connection_id
    )
    SELECT DISTINCT broken.id, connection.number, staff.phone
    FROM broken JOIN connection ON connection.id = broken.connection_id
    LEFT JOIN (staff_plant JOIN staff ON staff.id = staff_plant.staff_id AND staff.active
        AND staff.phone IS NOT NULL AND staff.role IN ('csa', 'cluster_in_charge'))
    ON staff_plant.plant_id = connection.plant_id
    ORDER BY staff.phone, broken.id
""")
_TOMORROW = text(f"""
    WITH ending AS (
        SELECT id FROM promise WHERE state = 'open' AND until_on = :tomorrow AND reminded_at IS NULL
        AND (made_at AT TIME ZONE 'Asia/Kolkata')::date < :today AND NOT {_PAID}
        ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    UPDATE promise SET reminded_at = :at FROM ending, connection
    WHERE promise.id = ending.id AND connection.id = promise.connection_id
    RETURNING promise.id, promise.phone, promise.connection_id, connection.number, owed_paise, until_on
""")


class Terms(msgspec.Struct, frozen=True, array_like=True):
    """How a connection stands for a promise: what it owes, one that is open, how many in a row."""

    today: date
    balance_paise: int
    until: date | None
    in_a_row: int


def terms(reader: Reader, connection_id: int) -> Terms:
    """What a promise may be for a connection; one round trip."""
    return Terms(clock.today(), *reader.rows(_TERMS, {"connection": connection_id})[0])


def no_promise(found: Terms, number: str, helpline: str | Text) -> Text | None:
    """Why none can be made, in words for the customer; None when one can."""
    if found.until is not None:
        return say("later.open", number=number, day=found.until)
    if found.balance_paise <= 0:
        return say("later.nothing", number=number)
    if found.in_a_row >= IN_A_ROW:
        return say("later.twice", number=number, helpline=helpline)
    return None


def make(doing: Doing, connection_id: int, number: str, days: int) -> Text:
    """Write a promise down for whoever pays for the connection; Refusal where the rules say no."""
    session, until = doing.session, clock.local(doing.at).date() + timedelta(days=days)
    bind = {"connection": connection_id, "phone": doing.caller.phone}
    # Two phones of one house wait for each other here, so that the count in a row holds.
    session.execute(_LOCK, bind)
    if session.execute(_MINE, bind).one_or_none() is None:
        raise Refusal(say("later.not_yours", number=number))
    owed = session.execute(
        _PROMISE,
        bind | {"source": f"promise:{doing.key}", "at": doing.at, "until": until, "most": IN_A_ROW},
    ).scalar_one_or_none()
    if owed is None:
        raise Refusal(say("later.changed", number=number))
    doing.audit("promise.made", f"connection:{number}", until=until.isoformat(), paise=owed)
    return say("later.noted", number=number, amount=Money(owed), day=until)


def sweep(database: Database, at: datetime, *, default_language: str, service: str) -> None:
    """Work out which promises were kept and which were not, and recall those that end tomorrow."""
    while _settle(database, at, default_language):
        pass
    # Tomorrow's are recalled by day; at night the morning's sweep comes in time.
    while sensible(at) == at and _recall(database, at, default_language, service):
        pass


def _settle(database: Database, at: datetime, default_language: str) -> bool:
    """One batch; whether there may be more."""
    bind = {"today": clock.local(at).date(), "at": at, "batch": BATCH}
    with database.begin() as session:
        kept = len(session.execute(_KEPT, bind).all())
        broken = session.execute(_BROKEN, bind).all()
        told = [row for row in broken if row.phone is not None]
        messages = [
            _broken_words(phone, [(row.id, row.number) for row in rows])
            for phone, rows in groupby(told, key=lambda row: str(row.phone))
        ]
        post_many(session, messages, default_language=default_language)
    return kept == BATCH or len({row.id for row in broken}) == BATCH


def _broken_words(phone: str, ended: list[tuple[int, str]]) -> Message:
    """One message to a member of staff for all promises of a batch."""
    named = ", ".join(number for _, number in ended[:NAMED])
    words = say("alerts.promises_broken", ended=len(ended), numbers=named)
    return Message(f"promises:{ended[0][0]}:{phone}", phone, "staff_alert", words)


def _recall(database: Database, at: datetime, default_language: str, service: str) -> bool:
    """One batch; whether there may be more."""
    today = clock.local(at).date()
    bind = {"today": today, "tomorrow": today + timedelta(days=1), "at": at, "batch": BATCH}
    with database.begin() as session:
        ending = session.execute(_TOMORROW, bind).all()
        messages = [
            Message(
                f"promise:{row.id}:tomorrow",
                row.phone,
                "reminder",
                say(
                    "remind.promise",
                    number=row.number,
                    day=row.until_on,
                    amount=Money(row.owed_paise),
                    service=service,
                ),
                row.connection_id,
            )
            for row in ending
        ]
        post_many(session, messages, default_language=default_language)
    return len(ending) == BATCH
