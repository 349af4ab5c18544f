"""Where a payment is: when its text came, when it was credited, and who was told of it."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from core.db import Reader
from core.money import Money
from core.people import Caller
from core.receipts import mode_words
from core.text import Text, say

# The source of an entry names the talk that made it, and a talk by SMS is named after its first text:
# pay:<provider>:<provider's id>/<turn>.<step>. Its receipts have the same key and the phone.
_WHERE = """
WITH meant AS (
    SELECT payment_id AS id FROM receipt WHERE number = %(reference)s
    UNION ALL
    (SELECT payment.id FROM payment JOIN connection ON connection.id = payment.connection_id
     WHERE connection.number = %(reference)s ORDER BY payment.paid_at DESC, payment.id DESC LIMIT 1)
    UNION
    SELECT id FROM payment
    WHERE reference IS NOT NULL AND lower(reference) = ANY(
        CAST(%(spelled)s AS text[])
        || ARRAY(SELECT 'bank:' || id || ':' || lower(%(reference)s) FROM organisation))
    UNION
    SELECT payment.id FROM payment_link
    JOIN payment ON payment.connection_id = payment_link.connection_id
    JOIN online_payment ON online_payment.payment_id = payment.id
    WHERE payment_link.reference = %(link)s AND strpos(online_payment.note, %(link)s) > 0
)
SELECT receipt.number, connection.number, payment.amount_paise, payment.mode, inbound.received_at, entry.at,
       reversal.at, dispute.at, told.recipient, told.state, told.sent_at, told.finished_at, told.expires_at
FROM meant
JOIN payment ON payment.id = meant.id
JOIN receipt ON receipt.payment_id = payment.id
JOIN connection ON connection.id = payment.connection_id
JOIN entry ON entry.id = payment.entry_id
LEFT JOIN entry AS reversal ON reversal.id = payment.reversal_id
LEFT JOIN dispute ON dispute.payment_id = payment.id AND dispute.settled_at IS NULL
LEFT JOIN inbound ON inbound.provider = split_part(entry.source, ':', 2)
    AND inbound.provider_id
        = regexp_replace(regexp_replace(entry.source, '^pay:[^:]*:', ''), '/[^/]*$', '')
LEFT JOIN LATERAL (
    SELECT outbox.*
    FROM connection_phone AS link
    JOIN outbox ON outbox.source = 'receipt:' || substr(entry.source, 5) || ':' || link.e164
    WHERE link.connection_id = connection.id AND entry.source LIKE 'pay:%%'
) AS told ON true
WHERE EXISTS (SELECT FROM connection_phone AS mine
              WHERE mine.connection_id = connection.id AND mine.e164 = %(phone)s)
   OR EXISTS (SELECT FROM staff_plant JOIN staff ON staff.id = staff_plant.staff_id
              WHERE staff.id = %(staff)s AND staff.active AND staff_plant.plant_id = connection.plant_id)
ORDER BY payment.id DESC, told.id
"""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A payment and one phone's message about it; without a message the last five are None."""

    receipt: str
    connection: str
    amount_paise: int
    mode: str
    came_at: datetime | None
    """None where no text brought it (USSD), or the text is kept no longer."""
    credited_at: datetime
    cancelled_at: datetime | None
    disputed_at: datetime | None
    phone: str | None
    state: str | None
    sent_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None


def where(reader: Reader, caller: Caller, reference: str) -> list[Step]:
    """The payment of a receipt, a slip, a provider or bank, or a link, or the last one of a connection.

    One row per phone that has a message. Empty when there is none, or it is in none of the caller's
    connections and plants.
    """
    steps = [Step(*row) for row in reader.rows(_WHERE, named(caller, reference))]
    return [step for step in steps if step.receipt == steps[0].receipt]


def named(caller: Caller, reference: str) -> dict[str, object]:
    """What a statement is bound with that looks for a reference as somebody typed it.

    Slips are kept without marks between their letters; a link's own reference is BL and small letters.
    """
    small = reference.lower()
    return {
        "reference": reference,
        "spelled": [small, re.sub(r"[\s\-./_]", "", small)],
        "link": f"BL{small[2:]}",
        "phone": caller.phone,
        "staff": caller.staff.id if caller.staff else None,
    }


def in_words(steps: list[Step]) -> Text:
    """The way of one payment from its text to the customer's phones, one step to a line."""
    paid = steps[0]
    lines = [
        say(
            "where.paid",
            receipt=paid.receipt,
            amount=Money(paid.amount_paise),
            number=paid.connection,
            mode=mode_words(paid.mode),
        )
    ]
    if paid.came_at:
        lines.append(say("where.came", at=paid.came_at))
    lines.append(say("where.credited", at=paid.credited_at))
    lines += [_told(step.phone, step) for step in steps if step.phone] or [say("where.untold")]
    if paid.disputed_at:
        lines.append(say("where.disputed", at=paid.disputed_at))
    if paid.cancelled_at:
        lines.append(say("where.cancelled", at=paid.cancelled_at))
    return say("nav.lines", lines=tuple(lines))


def _told(phone: str, step: Step) -> Text:
    """What became of one phone's message; of the number only its last three digits are said."""
    last = phone[-3:]
    match step.state:
        case "delivered" if step.finished_at:
            return say("where.told", last=last, at=step.finished_at)
        case "sent" | "unsure" if step.sent_at:
            return say("where.sent", last=last, at=step.sent_at)
        case "queued" | "sending" if step.expires_at:
            return say("where.waits", last=last, until=step.expires_at)
        case _:
            return say("where.failed", last=last)
