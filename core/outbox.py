"""Messages to send: written in the transaction that caused them, carried later (core/delivery.py).

A message that repeats its `source` is not written again, so a cause can be retried as often as
it likes and still speaks once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import gsm
from core.picture import Picture, stored
from core.settings import LANGUAGES
from core.text import Text, render
from core.widget import Widget

ONE_PART: Mapping[str, int] = {"en": 1, "hi-Latn": 1, "hi": 2}
TWO_PARTS: Mapping[str, int] = {"en": 2, "hi-Latn": 2, "hi": 4}
THREE_PARTS: Mapping[str, int] = {"en": 3, "hi-Latn": 3, "hi": 3}
"""A page of a list; what is longer is sent when asked for."""
FOUR_PARTS: Mapping[str, int] = {"en": 4, "hi-Latn": 4, "hi": 4}
BILL_PARTS: Mapping[str, int] = {"en": 2, "hi-Latn": 2, "hi": 3}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a message is for: who goes first (0 is most urgent), what it may cost, when it is too late."""

    priority: int
    budget: Mapping[str, int]
    """SMS parts at most, per language; a test renders each with its longest real values."""
    life: timedelta
    again: bool = True
    """Whether it is worth sending once more when nobody knows if it arrived."""
    whatsapp: bool = True
    """Whether it goes on WhatsApp to those who asked for that."""
    stoppable: bool = False
    """Whether STOP ends it. What proves money, was asked for, or must be told by law is not."""


KINDS: Mapping[str, Kind] = {
    # A second code in doubt only confuses: whoever misses it asks for a new one.
    "code": Kind(0, ONE_PART, timedelta(minutes=10), again=False, whatsapp=False),
    "receipt": Kind(1, ONE_PART, timedelta(days=3)),
    "link": Kind(1, ONE_PART, timedelta(days=1)),
    "reversal": Kind(1, ONE_PART, timedelta(days=3)),
    # Whoever has dialled again meanwhile needs it no more.
    "carry": Kind(1, ONE_PART, timedelta(minutes=10), again=False, whatsapp=False, stoppable=True),
    # Asked for by a missed call to the SMS number, and answered there.
    "call": Kind(1, ONE_PART, timedelta(hours=1), whatsapp=False),
    "reply": Kind(1, THREE_PARTS, timedelta(hours=6), whatsapp=False),
    "bill": Kind(9, BILL_PARTS, timedelta(days=3)),
    # A reminder of yesterday may reach somebody who has paid since.
    "reminder": Kind(9, ONE_PART, timedelta(hours=12), again=False, stoppable=True),
    # Without it there is no fee, so that it goes to whoever has stopped reminders, too.
    "late_fee": Kind(9, TWO_PARTS, timedelta(hours=12), again=False),
    # Promotional, so it may wait for its hours.
    "coupon": Kind(9, TWO_PARTS, timedelta(days=3), stoppable=True),
    # What one person writes to a plant.
    "broadcast": Kind(9, TWO_PARTS, timedelta(days=1), stoppable=True),
    # What people write to people; the customer is answered where they wrote.
    "note": Kind(1, FOUR_PARTS, timedelta(days=2), whatsapp=False),
    # It carries a code for who finished the work, which holds for a day.
    "mended": Kind(1, TWO_PARTS, timedelta(days=1)),
    "notice": Kind(2, TWO_PARTS, timedelta(days=2)),
    "supply": Kind(2, TWO_PARTS, timedelta(days=2)),
    "staff_alert": Kind(2, TWO_PARTS, timedelta(days=1), whatsapp=False),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message to write. `source` names its cause, e.g. receipt:<payment id>:<phone>."""

    source: str
    recipient: str
    kind: str
    text: Text | str
    """Words, or what is already written in `language`."""
    connection_id: int | None = None
    language: str | None = None
    """The language, where the writer knows it; else the phone's own, else the service's."""
    at: datetime | None = None
    """Not to be sent before; None: at once."""
    channel: str = "sms"
    """The first choice of a road; who has no phone number is written to on WhatsApp in any case."""
    widget: Widget | None = None
    """The same question with something to tap, for a channel that can show it."""
    picture: Picture | None = None
    """What is shown beside words that are already written; other words bring their own."""

    @property
    def shown(self) -> Picture | None:
        return self.picture if isinstance(self.text, str) else self.text.picture


def post(
    session: Session,
    *,
    source: str,
    recipient: str,
    kind: str,
    text: Text | str,
    connection_id: int | None = None,
    language: str | None = None,
    channel: str = "sms",
    widget: Widget | None = None,
    picture: Picture | None = None,
    default_language: str,
) -> bool:
    """Write one message; one round trip.

    False when nothing was written: the source has spoken already, or the phone is unreachable or stopped it.
    """
    message = Message(
        source,
        recipient,
        kind,
        text,
        connection_id,
        language,
        channel=channel,
        widget=widget,
        picture=picture,
    )
    return post_many(session, [message], default_language=default_language) == 1


def post_many(session: Session, messages: Iterable[Message], *, default_language: str) -> int:
    """Write many messages in one statement; gives how many were new and have a reachable phone."""
    columns = _columns(messages)
    if not columns["sources"]:
        return 0
    return len(session.execute(_POST, {**columns, "default_language": default_language}).all())


def _columns(messages: Iterable[Message]) -> dict[str, list[object]]:
    """One array per column; where the language isn't known, a row in each language.

    Writing all three costs less than asking the database first; the statement keeps one of them.
    """
    columns: dict[str, list[object]] = {name: [] for name in _COLUMNS}
    for message in messages:
        kind = KINDS[message.kind]
        for language in (message.language,) if message.language else LANGUAGES:
            body = message.text if isinstance(message.text, str) else render(message.text, language)
            row = (
                message.source,
                message.recipient,
                message.kind,
                message.language,
                language,
                body,
                gsm.parts(body),
                kind.priority,
                int(kind.life.total_seconds()),
                message.connection_id,
                message.at,
                message.channel,
                kind.whatsapp,
                kind.stoppable,
                None if isinstance(message.text, str) else message.text.key,
                msgspec.json.encode(message.widget).decode() if message.widget else None,
                stored(message.shown),
            )
            for name, value in zip(_COLUMNS, row, strict=True):
                columns[name].append(value)
    return columns


_COLUMNS = (
    "sources",
    "recipients",
    "kinds",
    "wanted",
    "languages",
    "bodies",
    "parts",
    "priorities",
    "lives",
    "connections",
    "moments",
    "channels",
    "movable",
    "stoppable",
    "templates",
    "widgets",
    "pictures",
)

_POST = text("""
INSERT INTO outbox (source, recipient, kind, language, body, parts, priority, next_at, expires_at,
    connection_id, channel, template, widget, picture)
SELECT new.source, new.recipient, new.kind, new.language, new.body, new.parts, new.priority,
       coalesce(new.at, now()), coalesce(new.at, now()) + make_interval(secs => new.life), new.connection_id,
       CASE WHEN new.recipient LIKE '+%' AND NOT (new.movable AND phone.whatsapp IS NOT NULL)
            THEN new.channel ELSE 'whatsapp' END, new.template,
       CAST(new.widget AS jsonb), CAST(new.picture AS jsonb)
FROM unnest(
    CAST(:sources AS text[]), CAST(:recipients AS text[]), CAST(:kinds AS text[]),
    CAST(:wanted AS text[]), CAST(:languages AS text[]), CAST(:bodies AS text[]),
    CAST(:parts AS smallint[]), CAST(:priorities AS smallint[]), CAST(:lives AS integer[]),
    CAST(:connections AS bigint[]), CAST(:moments AS timestamptz[]), CAST(:channels AS text[]),
    CAST(:movable AS boolean[]), CAST(:stoppable AS boolean[]), CAST(:templates AS text[]),
    CAST(:widgets AS text[]), CAST(:pictures AS text[])
) AS new(source, recipient, kind, wanted, language, body, parts, priority, life, connection_id, at, channel,
    movable, stoppable, template, widget, picture)
LEFT JOIN phone ON phone.e164 = new.recipient
WHERE new.language = coalesce(new.wanted, phone.language, :default_language)
  AND phone.unreachable IS NULL
  -- To whoever has stopped it on WhatsApp and has no number, nothing can go by SMS instead.
  AND (phone.stopped IS NULL OR NOT (new.stoppable OR (new.movable AND new.recipient NOT LIKE '+%')))
ON CONFLICT (source) DO NOTHING
RETURNING 1
""")
