"""Texts that came in: stored once, answered once. One statement each, and so one trip and one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

import msgspec

from core import gsm
from core.db import Reader
from core.outbox import KINDS
from core.picture import Picture, stored
from core.widget import Widget

# Whoever texts us can be reached, whatever a gateway once said of the number.
_STORE: LiteralString = """
WITH reachable AS (
    UPDATE phone SET unreachable = NULL WHERE e164 = %(phone)s AND unreachable IS NOT NULL
)
INSERT INTO inbound (channel, provider, provider_id, sender, body)
VALUES (%(channel)s, %(provider)s, %(provider_id)s, %(sender)s, %(body)s)
ON CONFLICT (provider, provider_id) DO UPDATE SET attempts = inbound.attempts + 1
RETURNING id, handled_at IS NOT NULL
"""

# The same, with the photos that came with it.
_STORE_WITH_PHOTOS: LiteralString = """
WITH reachable AS (
    UPDATE phone SET unreachable = NULL WHERE e164 = %(phone)s AND unreachable IS NOT NULL
), stored AS (
    INSERT INTO inbound (channel, provider, provider_id, sender, body)
    VALUES (%(channel)s, %(provider)s, %(provider_id)s, %(sender)s, %(body)s)
    ON CONFLICT (provider, provider_id) DO UPDATE SET attempts = inbound.attempts + 1
    RETURNING id, handled_at IS NOT NULL AS answered
), shown AS (
    INSERT INTO photo (provider_id, place, phone, url, caption)
    SELECT %(provider_id)s, given.place, %(phone)s, given.url, %(caption)s
    FROM unnest(%(photos)s::text[]) WITH ORDINALITY AS given(url, place)
    ON CONFLICT (provider_id, place) DO NOTHING
)
SELECT id, answered FROM stored
"""


def store(
    reader: Reader,
    *,
    channel: str,
    provider: str,
    provider_id: str,
    sender: str,
    body: str,
    phone: str | None,
    photos: Sequence[str] = (),
    caption: str = "",
) -> tuple[int, bool]:
    """Keep a text as it came, unique by the provider's id; gives its row and whether it was answered.

    `photos` are where those that came with it can be fetched (core/photos.py).
    """
    row = {"channel": channel, "provider": provider, "provider_id": provider_id, "sender": sender,
           "body": body, "phone": phone}  # fmt: skip
    if photos and phone is not None:
        with_photos = row | {"photos": list(photos), "caption": caption}
        [(id_, answered)] = reader.rows(_STORE_WITH_PHOTOS, with_photos)
    else:
        [(id_, answered)] = reader.rows(_STORE, row)
    return int(id_), bool(answered)


def is_answered(reader: Reader, inbound_id: int) -> bool:
    """Whether somebody has answered a text meanwhile."""
    sql: LiteralString = "SELECT 1 FROM inbound WHERE id = %(id)s AND handled_at IS NOT NULL"
    return bool(reader.rows(sql, {"id": inbound_id}))


# This commit need not wait for the disk: whoever sends the reply claims it first, in a commit that does,
# and a power cut before that leaves the text unanswered, for the sweep to answer.
_ANSWER: LiteralString = """
WITH marked AS (
    UPDATE inbound SET handled_at = now(), lost = %(lost)s,
        body = CASE WHEN %(secret)s THEN '' ELSE body END
    WHERE id = %(id)s AND handled_at IS NULL RETURNING id
), written AS (
    INSERT INTO outbox (source, recipient, kind, language, body, parts, priority, expires_at, channel, widget,
        picture)
    SELECT 'reply:' || marked.id, %(recipient)s, 'reply', %(language)s, %(body)s, %(parts)s, %(priority)s,
           now() + make_interval(secs => %(life)s),
           CASE WHEN %(recipient)s LIKE '+%%' THEN %(channel)s ELSE 'whatsapp' END,
           CAST(%(widget)s AS jsonb), CAST(%(picture)s AS jsonb)
    FROM marked LEFT JOIN phone ON phone.e164 = %(recipient)s WHERE phone.unreachable IS NULL
    ON CONFLICT (source) DO NOTHING
)
SELECT set_config('synchronous_commit', 'off', true) FROM marked
"""


def answer(
    reader: Reader,
    inbound_id: int,
    *,
    recipient: str,
    words: str,
    language: str,
    channel: str,
    widget: Widget | None = None,
    picture: Picture | None = None,
    lost: bool = False,
    secret: bool = False,
) -> bool:
    """Mark a text as answered and write its one reply; False when it was answered before.

    `lost`: no command understood it; `secret`: it holds a PIN, and is not kept. For replies that
    nothing else is written with; what an act says goes with the act (core.outbox.post).
    """
    kind = KINDS["reply"]
    row = {
        "id": inbound_id,
        "lost": lost,
        "secret": secret,
        "recipient": recipient,
        "language": language,
        "body": words,
        "parts": gsm.parts(words),
        "priority": kind.priority,
        "life": int(kind.life.total_seconds()),
        "channel": channel,
        "widget": msgspec.json.encode(widget).decode() if widget else None,
        "picture": stored(picture),
    }
    return bool(reader.rows(_ANSWER, row))
