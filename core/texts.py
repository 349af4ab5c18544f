"""Texts that came in: stored once, answered once. One statement each, and so one trip and one commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import msgspec
from sqlalchemy.orm import Session

from core import gsm
from core.db import Reader
from core.outbox import KINDS
from core.picture import Picture, stored
from core.widget import Widget


@dataclass(frozen=True, slots=True)
class Arrived:
    """A text as it came; its provider's id for it is unique. `phone`: whom to answer, if anybody."""

    channel: str
    provider: str
    provider_id: str
    sender: str
    body: str
    phone: str | None

    @property
    def row(self) -> dict[str, Any]:
        return {"channel": self.channel, "provider": self.provider, "provider_id": self.provider_id,
                "sender": self.sender, "body": self.body, "phone": self.phone}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """The one reply to a text. `lost`: no command understood it; `secret`: it holds a PIN and is not kept."""

    recipient: str
    words: str
    language: str
    channel: str
    widget: Widget | None = None
    picture: Picture | None = None
    lost: bool = False
    secret: bool = False

    @property
    def row(self) -> dict[str, Any]:
        kind = KINDS["reply"]
        return {
            "lost": self.lost,
            "secret": self.secret,
            "recipient": self.recipient,
            "language": self.language,
            "words": self.words,
            "parts": gsm.parts(self.words),
            "priority": kind.priority,
            "life": int(kind.life.total_seconds()),
            "road": self.channel if self.recipient.startswith("+") else "whatsapp",
            "widget": msgspec.json.encode(self.widget).decode() if self.widget else None,
            "picture": stored(self.picture),
        }


# Whoever texts us can be reached, whatever a gateway once said of the number.
_REACHABLE: LiteralString = """
WITH reachable AS (
    UPDATE phone SET unreachable = NULL WHERE e164 = %(phone)s AND unreachable IS NOT NULL
)"""
_INSERT: LiteralString = """
INSERT INTO inbound (channel, provider, provider_id, sender, body)
VALUES (%(channel)s, %(provider)s, %(provider_id)s, %(sender)s, %(body)s)
ON CONFLICT (provider, provider_id) DO UPDATE SET attempts = inbound.attempts + 1
RETURNING id, handled_at IS NOT NULL AS answered
"""
_STORE: LiteralString = _REACHABLE + _INSERT

# The same, with the photos that came with it.
_STORE_WITH_PHOTOS: LiteralString = f"""
{_REACHABLE}, stored AS ({_INSERT}), shown AS (
    INSERT INTO photo (provider_id, place, phone, url, caption)
    SELECT %(provider_id)s, given.place, %(phone)s, given.url, %(caption)s
    FROM unnest(%(photos)s::text[]) WITH ORDINALITY AS given(url, place)
    ON CONFLICT (provider_id, place) DO NOTHING
)
SELECT id, answered FROM stored
"""  # noqa: S608 (our own words)


def store(reader: Reader, text: Arrived, photos: Sequence[str] = (), caption: str = "") -> tuple[int, bool]:
    """Keep a text; gives its row and whether it was answered.

    `photos` are where those that came with it can be fetched (core/photos.py).
    """
    if photos and text.phone is not None:
        with_photos = text.row | {"photos": list(photos), "caption": caption}
        [(id_, answered)] = reader.rows(_STORE_WITH_PHOTOS, with_photos)
    else:
        [(id_, answered)] = reader.rows(_STORE, text.row)
    return int(id_), bool(answered)


def store_in(session: Session, text: Arrived) -> tuple[int, bool]:
    """The same in the transaction of what the text leads to, for one without photos."""
    [(id_, answered)] = session.connection().exec_driver_sql(_STORE, text.row)
    return int(id_), bool(answered)


_REPLY: LiteralString = """
INSERT INTO outbox (source, recipient, kind, language, body, parts, priority, expires_at, channel, widget,
    picture)
SELECT 'reply:' || answered.id, %(recipient)s, 'reply', %(language)s, %(words)s, %(parts)s, %(priority)s,
       now() + make_interval(secs => %(life)s), %(road)s,
       CAST(%(widget)s AS jsonb), CAST(%(picture)s AS jsonb)
FROM answered
"""

_STORE_ANSWERED: LiteralString = f"""
{_REACHABLE}, answered AS (
    INSERT INTO inbound (channel, provider, provider_id, sender, body, handled_at, lost)
    VALUES (%(channel)s, %(provider)s, %(provider_id)s, %(sender)s,
            CASE WHEN %(secret)s THEN '' ELSE %(body)s END, now(), %(lost)s)
    ON CONFLICT (provider, provider_id) DO NOTHING RETURNING id
), written AS ({_REPLY})
SELECT id FROM answered
"""  # noqa: S608 (our own words)


def store_answered(reader: Reader, text: Arrived, reply: Answer) -> bool:
    """Keep a text together with its reply; False, and nothing written, when it was stored before."""
    return bool(reader.rows(_STORE_ANSWERED, text.row | reply.row))


def store_answered_in(session: Session, text: Arrived, reply: Answer) -> bool:
    """The same in the transaction of what the text has led to."""
    return bool(session.connection().exec_driver_sql(_STORE_ANSWERED, text.row | reply.row).all())


_ANSWER: LiteralString = f"""
WITH marked AS (
    UPDATE inbound SET handled_at = now(), lost = %(lost)s,
        body = CASE WHEN %(secret)s THEN '' ELSE body END
    WHERE id = %(id)s AND handled_at IS NULL RETURNING id
), answered AS (
    SELECT marked.id FROM marked LEFT JOIN phone ON phone.e164 = %(recipient)s
    WHERE phone.unreachable IS NULL
), written AS ({_REPLY} ON CONFLICT (source) DO NOTHING)
SELECT id FROM marked
"""  # noqa: S608 (our own words)

# A commit of the answer alone need not wait for the disk: whoever sends the reply claims it first, in a
# commit that does, and a power cut before that leaves the text unanswered, for the sweep to answer.
_ANSWER_ALONE: LiteralString = _ANSWER.replace(
    "SELECT id FROM", "SELECT set_config('synchronous_commit', 'off', true) FROM"
)


def answer(reader: Reader, inbound_id: int, reply: Answer) -> bool:
    """Mark a stored text as answered and write its reply; False when it was answered before."""
    return bool(reader.rows(_ANSWER_ALONE, reply.row | {"id": inbound_id}))


def answer_in(session: Session, inbound_id: int, reply: Answer) -> bool:
    """The same in the transaction of what the text has led to."""
    return bool(session.connection().exec_driver_sql(_ANSWER, reply.row | {"id": inbound_id}).all())


def is_answered(reader: Reader, inbound_id: int) -> bool:
    """Whether somebody has answered a text meanwhile."""
    sql: LiteralString = "SELECT 1 FROM inbound WHERE id = %(id)s AND handled_at IS NOT NULL"
    return bool(reader.rows(sql, {"id": inbound_id}))


def was_answered(reader: Reader, provider: str, provider_id: str) -> bool:
    """The same, of a text by its provider's id."""
    sql: LiteralString = """
        SELECT 1 FROM inbound
        WHERE provider = %(provider)s AND provider_id = %(id)s AND handled_at IS NOT NULL
    """
    return bool(reader.rows(sql, {"provider": provider, "id": provider_id}))
