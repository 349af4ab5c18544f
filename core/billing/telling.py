"""Bills go out: after a run is posted, each phone is told once, in its language, at a sensible hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core import clock
from core.billing.period import Progress
from core.db import Database
from core.money import Money
from core.outbox import Message, post_many
from core.payments import standing
from core.picture import Picture
from core.settings import LANGUAGES
from core.text import Text, say
from core.upi import BillLink

BATCH = 1_000
FROM_HOUR, TO_HOUR = 8, 20
"""Nobody is woken by a bill: 8 in the morning to 8 in the evening, in India."""

_NEXT = text("""
    SELECT bill.id, bill.connection_id, connection.number, bill.period_from, bill.period_to, bill.due_on,
        bill.amount_paise, bill.before_paise, bill.estimated, bill.instalment_paise, bill.self_reading_id,
        CASE WHEN bill.lines -> 0 ->> 'kind' = 'fixed' THEN CAST(bill.lines -> 0 ->> 'days' AS integer)
            ELSE bill.period_to - bill.period_from + 1 END AS days
    FROM bill JOIN connection ON connection.id = bill.connection_id
    WHERE bill.run_id = :run AND bill.id > :after AND bill.reversed_at IS NULL AND bill.amount_paise > 0
    AND EXISTS (
        SELECT FROM connection_phone AS heard
        WHERE heard.connection_id = bill.connection_id AND role IN ('holder', 'payer')
    )
    ORDER BY bill.id LIMIT :batch
""")
_PHONES = text("""
    SELECT connection_id, e164, language FROM connection_phone JOIN phone USING (e164)
    WHERE connection_id = ANY(:connections) AND role IN ('holder', 'payer') ORDER BY connection_id, position
""")


# What waited was stopped by the reversal itself; all else has left, or may have.
_TOLD = text("""
    SELECT outbox.source, outbox.recipient, outbox.language, bill.connection_id, bill.period_from,
        bill.period_to, connection.number
    FROM bill JOIN connection ON connection.id = bill.connection_id
    JOIN connection_phone AS link ON link.connection_id = bill.connection_id
    JOIN outbox ON outbox.source = 'bill:' || bill.id || ':' || link.e164
    WHERE bill.id = ANY(:bills) AND outbox.state NOT IN ('expired', 'failed')
    ORDER BY outbox.id
""")


def tell(
    database: Database,
    run_id: int,
    progress: Progress,
    *,
    default_language: str,
    service: str,
    bill_link: BillLink | None = None,
) -> None:
    """Write the messages of a posted run, a thousand bills a transaction, and call the run finished.

    `bill_link` gives the words of a second message that leads to where an open bill can be paid.
    """
    told = 0
    while True:
        with database.begin() as session:
            written = _tell_some(session, run_id, default_language, service, bill_link)
        if not written:
            return
        told += written
        progress("writing messages", told, told + 1)


def _tell_some(
    session: Session, run_id: int, default_language: str, service: str, bill_link: BillLink | None
) -> int:
    """The messages of the next bills, and how far the run has come; gives how many bills, 0 at the end."""
    run = session.execute(
        text("SELECT state, told_to FROM billing_run WHERE id = :run FOR UPDATE"), {"run": run_id}
    ).one()
    if run.state != "telling":
        return 0
    bills = session.execute(_NEXT, {"run": run_id, "after": run.told_to, "batch": BATCH}).all()
    phones = session.execute(_PHONES, {"connections": [bill.connection_id for bill in bills]}).all()
    by_id = {bill.connection_id: bill for bill in bills}
    at = sensible(clock.now())
    messages = [
        _message(by_id[phone.connection_id], phone, at, default_language, service) for phone in phones
    ]
    if bill_link is not None:
        messages += _links(messages, by_id, bill_link)
    post_many(session, messages, default_language=default_language)
    session.execute(
        text(
            "UPDATE billing_run SET told_to = :told, state = :state, "
            "finished_at = CASE WHEN :state = 'posted' THEN now() END WHERE id = :run"
        ),
        {
            "run": run_id,
            "told": bills[-1].id if bills else run.told_to,
            "state": "telling" if bills else "posted",
        },
    )
    return len(bills)


def _message(bill: Row[Any], phone: Row[Any], at: datetime, default_language: str, service: str) -> Message:
    return Message(
        f"bill:{bill.id}:{phone.e164}",
        phone.e164,
        "bill",
        words(bill, service).beside(Picture("bill", bill.id)),
        phone.connection_id,
        phone.language or default_language,
        at,
    )


def _links(messages: list[Message], bills: Mapping[int | None, Row[Any]], link: BillLink) -> list[Message]:
    """Beside each message of a bill after which something is to be paid: where to pay it."""
    beside = []
    for message in messages:
        bill = bills[message.connection_id]
        if bill.before_paise + bill.amount_paise > 0:
            source = f"bill:{bill.id}:link:{message.recipient}"
            told = link(bill.connection_id, bill.number)
            beside.append(replace(message, source=source, kind="link", text=told))
    return beside


def tell_taken_back(session: Session, bill_ids: list[int], service: str) -> None:
    """Tell whoever got the message of a bill that it does not count, in the language it came in."""
    if not bill_ids:
        return
    at = sensible(clock.now())
    messages = [
        Message(
            f"un{told.source}",
            told.recipient,
            "bill",
            say(
                "bill.taken_back",
                number=told.number,
                first=told.period_from,
                last=told.period_to,
                service=service,
            ),
            told.connection_id,
            told.language,
            at,
        )
        for told in session.execute(_TOLD, {"bills": bill_ids})
    ]
    post_many(session, messages, default_language=LANGUAGES[0])


def words(bill: Row[Any], service: str) -> Text:
    """What a bill says: the amount, what stood before, and what is to be paid by when."""
    state, amount = standing(bill.before_paise + bill.amount_paise)
    return say(
        f"bill.told_{state}",
        number=bill.number,
        amount=Money(bill.amount_paise),
        first=bill.period_from,
        last=bill.period_to,
        part=_part(bill),
        note=_note(bill),
        balance=amount,
        due=bill.due_on,
        service=service,
    )


def _part(bill: Row[Any]) -> Text | str:
    """How many days are charged, where it is not the whole month: bills end with their month."""
    return say("bill.part", days=bill.days) if bill.days < bill.period_to.day else ""


def _note(bill: Row[Any]) -> Text | str:
    """What is to be known of the amount: instalments in it, energy that none of our staff has read."""
    how = "self" if bill.self_reading_id is not None else "estimated" if bill.estimated else "read"
    if bill.instalment_paise:
        return say(f"bill.note_instalment_{how}", amount=Money(bill.instalment_paise))
    return say(f"bill.note_{how}") if bill.estimated else ""


def sensible(moment: datetime, from_hour: int = FROM_HOUR, to_hour: int = TO_HOUR) -> datetime:
    """The moment itself, if people are awake (or may be told); else the next beginning hour, in India."""
    local = clock.local(moment)
    if from_hour <= local.hour < to_hour:
        return moment
    day = local.date() if local.hour < from_hour else local.date() + timedelta(days=1)
    return datetime.combine(day, time(from_hour), clock.INDIA)
