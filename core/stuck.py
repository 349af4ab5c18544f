"""What has waited longer than it should: seen by staff once a cause and day, and mended where it can be.

Nothing here should ever be found. What a killed process leaves behind is found here within minutes.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import clock
from core.db import Reader
from core.outbox import Message, post_many
from core.payments import Purpose, received
from core.picture import Picture
from core.settings import Settings
from core.text import Text, say

BATCH = 200
"""So many payments, or webhooks, are mended in one turn; the next turn is a minute later."""

# A receipt has the key of its entry: pay:<key> and receipt:<key>:<phone>. So it can't be said twice.
# After three days the news is old: what nobody could mend by then is no news to the customer either.
_UNTOLD: LiteralString = """
    JOIN entry ON entry.id = payment.entry_id
    JOIN connection ON connection.id = payment.connection_id
    CROSS JOIN LATERAL (
        SELECT array_agg(mine.e164 ORDER BY mine.e164) FILTER (
                   WHERE phone.unreachable IS NULL
                   AND (phone.stopped IS NULL OR starts_with(mine.e164, '+'))) AS phones,
               bool_or(outbox.id IS NOT NULL) AS told
        FROM (SELECT e164 FROM connection_phone
              WHERE connection_id = payment.connection_id AND role IN ('holder', 'payer')
              UNION SELECT payment.payer WHERE payment.payer IS NOT NULL) AS mine
        LEFT JOIN phone ON phone.e164 = mine.e164
        LEFT JOIN outbox ON outbox.source = 'receipt:' || substr(entry.source, 5) || ':' || mine.e164
    ) AS reach
    WHERE payment.reversal_id IS NULL AND starts_with(entry.source, 'pay:')
      AND payment.paid_at BETWEEN now() - interval '3 days' AND now() - interval '5 minutes'
      AND reach.phones IS NOT NULL AND NOT reach.told
"""
# `plants` is NULL where nobody knows the plant. A message moves on when its next attempt comes; a receipt is
# also stuck while every attempt fails. A switch-off may wait for a fit hour before its first attempt.
# A running number nobody sends is forgotten after a week, and only the newest 50 of a collector are looked
# at, as in the answer to a list (core/lists.py).
_STUCK: LiteralString = (
    """
WITH stuck AS (
    SELECT 'text' AS cause, CAST(NULL AS bigint[]) AS plants, received_at AS since FROM inbound
    WHERE handled_at IS NULL AND received_at < now() - interval '5 minutes'
    UNION ALL
    SELECT CASE WHEN outbox.kind = 'receipt' THEN 'receipt' ELSE 'message' END,
           CASE WHEN connection.id IS NOT NULL THEN ARRAY[CAST(connection.plant_id AS bigint)] END,
           CASE WHEN outbox.kind = 'receipt' THEN outbox.created_at ELSE outbox.next_at END
    FROM outbox LEFT JOIN connection ON connection.id = outbox.connection_id
    WHERE outbox.state IN ('queued', 'sending', 'unsure') AND outbox.finished_at IS NULL
      AND (outbox.next_at < now() - interval '5 minutes'
           OR (outbox.kind = 'receipt' AND outbox.state <> 'unsure'
               AND outbox.created_at < now() - interval '5 minutes'))
    UNION ALL
    SELECT 'untold', ARRAY[CAST(connection.plant_id AS bigint)], payment.paid_at
    FROM payment"""
    + _UNTOLD
    + """
    UNION ALL
    SELECT 'link', ARRAY[CAST(connection.plant_id AS bigint)], payment_link.asked_at
    FROM payment_link JOIN connection ON connection.id = payment_link.connection_id
    WHERE payment_link.state = 'asked' AND payment_link.asked_at < now() - interval '5 minutes'
    UNION ALL
    SELECT 'event', NULL, received_at FROM provider_event
    WHERE handled_at IS NULL
      AND received_at BETWEEN now() - interval '7 days' AND now() - interval '5 minutes'
    UNION ALL
    SELECT 'bank',
           ARRAY(SELECT CAST(plant_id AS bigint) FROM plant_organisation
                 WHERE plant_organisation.organisation_id = bank_line.organisation_id), loaded_at
    FROM bank_line WHERE handled_at IS NULL AND loaded_at < now() - interval '5 minutes'
    UNION ALL
    SELECT 'meter', ARRAY[CAST(connection.plant_id AS bigint)], meter_command.created_at
    FROM meter_command JOIN connection ON connection.id = meter_command.connection_id
    WHERE meter_command.state IN ('queued', 'sending')
      AND meter_command.created_at < now() - interval '5 minutes'
      AND (meter_command.action <> 'switch_off' OR meter_command.attempts > 0)
    UNION ALL
    SELECT 'list',
           ARRAY(SELECT CAST(plant_id AS bigint) FROM staff_plant WHERE staff_plant.staff_id = staff.id),
           came.at
    FROM staff
    CROSS JOIN LATERAL (
        SELECT number, at, lag(number) OVER (ORDER BY number) AS before
        FROM (SELECT number, at FROM cash_list WHERE cash_list.staff_id = staff.id
              ORDER BY number DESC LIMIT 50) AS newest
    ) AS came
    CROSS JOIN LATERAL generate_series(
        greatest(came.before + 1, came.number - 50), came.number - 1) AS missing
    WHERE came.before IS NOT NULL
      AND came.at BETWEEN now() - interval '7 days' AND now() - interval '5 minutes'
)
"""
)
_ALL = text(_STUCK + "SELECT cause, count(*), min(since) FROM stuck GROUP BY cause")
_MINE = (
    _STUCK
    + """
SELECT cause, count(*), min(since) FROM stuck
WHERE plants IS NULL OR plants && ARRAY(
    SELECT CAST(plant_id AS bigint) FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
    WHERE staff.id = %(staff)s AND staff.active)
GROUP BY cause ORDER BY min(since), cause
"""
)
_IN_CHARGE = text(
    _STUCK
    + """
SELECT staff.phone, stuck.cause, count(*) AS waiting, min(stuck.since) AS since
FROM stuck JOIN staff ON CASE
    WHEN stuck.plants IS NULL THEN staff.role IN ('cluster_in_charge', 'state_in_charge')
    ELSE staff.role = 'cluster_in_charge' AND EXISTS (
        SELECT FROM staff_plant
        WHERE staff_plant.staff_id = staff.id AND staff_plant.plant_id = ANY(stuck.plants))
    END
WHERE staff.active AND staff.phone IS NOT NULL
GROUP BY staff.phone, stuck.cause ORDER BY staff.phone, stuck.cause
"""
)
# The lock keeps an UNDO out until the receipt is written; the balance is the one just after the payment.
_TO_TELL = text(
    """
SELECT substr(entry.source, 5) AS key, connection.id AS connection_id, connection.number,
       payment.amount_paise, payment.purpose, receipt.number AS receipt, receipt.code, receipt.id,
       reach.phones,
       (SELECT coalesce(sum(posting.amount_paise), 0)
        FROM account JOIN posting ON posting.account_id = account.id
        WHERE account.kind = payment.purpose AND account.connection_id = payment.connection_id
          AND posting.id <= (SELECT max(id) FROM posting WHERE entry_id = entry.id)) AS balance
FROM payment JOIN receipt ON receipt.payment_id = payment.id
"""
    + _UNTOLD
    + "ORDER BY payment.paid_at LIMIT :limit FOR NO KEY UPDATE OF payment SKIP LOCKED"
)
_EVENTS = text("""
SELECT id, body FROM provider_event
WHERE handled_at IS NULL AND received_at BETWEEN now() - interval '7 days' AND now() - interval '5 minutes'
ORDER BY received_at DESC LIMIT :limit
""")
CAUSES = ("text", "receipt", "message", "untold", "link", "event", "bank", "meter", "list")


class Stuck(msgspec.Struct, frozen=True, array_like=True):
    """How many of one cause are stuck, and since when the oldest is."""

    cause: str
    count: int
    since: datetime


def in_plants(reader: Reader, staff_id: int) -> list[Stuck]:
    """What is stuck in the plants of a member of staff, or nobody knows where; the oldest first."""
    return [Stuck(*row) for row in reader.rows(_MINE, {"staff": staff_id})]


def everywhere(session: Session) -> dict[str, Stuck]:
    """What is stuck, by cause; a cause without any is left out."""
    return {row[0]: Stuck(*row) for row in session.execute(_ALL)}


def tell_in_charges(session: Session, at: datetime, *, default_language: str) -> None:
    """Tell cluster in-charges what is stuck in their plants, once a cause and day."""
    day = f"{clock.local(at).date():%Y%m%d}"
    messages = [
        Message(
            f"stuck:{row.cause}:{day}:{row.phone}",
            row.phone,
            "staff_alert",
            say("alerts.stuck", what=say(f"stuck.what.{row.cause}"), waiting=row.waiting, at=row.since),
        )
        for row in session.execute(_IN_CHARGE)
    ]
    post_many(session, messages, default_language=default_language)


def write_receipts(session: Session, settings: Settings) -> int:
    """Write the receipts that were never written, in the words of their payment; gives how many are new."""
    rows = session.execute(_TO_TELL, {"limit": BATCH}).all()
    messages = [
        Message(f"receipt:{row.key}:{phone}", phone, "receipt", _words(row, settings), row.connection_id)
        for row in rows
        for phone in row.phones
    ]
    return post_many(session, messages, default_language=settings.default_language)


def _words(row: Row[Any], settings: Settings) -> Text:
    purpose: Purpose = row.purpose
    words = received(purpose, row.amount_paise, row.number, int(row.balance), row.receipt, row.code, settings)
    return words.beside(Picture("receipt", row.id))


def events(session: Session) -> Sequence[Row[Any]]:
    """Webhooks kept and not worked off (id, body), newest first: one nobody can read holds up none."""
    return session.execute(_EVENTS, {"limit": BATCH}).all()


def in_words(found: list[Stuck]) -> Text:
    """One line for each cause: how many, and since when."""
    if not found:
        return say("stuck.none")
    rows = tuple(
        say("stuck.row", what=say(f"stuck.what.{one.cause}"), waiting=one.count, at=one.since)
        for one in found
    )
    return say("nav.lines", lines=(say("stuck.head"), *rows))
