"""Pictures beside words, where a channel can show them: a receipt, a bill, a code that UPI apps scan, photos.

The outbox keeps what a picture shows, not the picture: it is made when it is fetched, from an address
that nobody can guess, that names nobody, and that works for a day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.settings import LANGUAGES, Settings

LIFE = timedelta(days=1)
"""Twilio fetches within minutes and WhatsApp keeps its own copy, so that no address need work for long."""


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is shown: the receipt or bill with this id, or how to pay for the connection with it.

    `request`, `meter`: the photos that came with the request of this number, with a self reading.
    """

    of: Literal["receipt", "bill", "upi", "request", "meter"]
    id: int
    paise: int = 0
    """What a UPI code asks for; 0: whatever is owed when it is looked at."""


def read_picture(stored: object) -> Picture | None:
    """The picture in a column of the outbox."""
    return None if stored is None else msgspec.convert(stored, Picture)


def stored(picture: Picture | None) -> str | None:
    """A picture as the outbox keeps it."""
    return None if picture is None else msgspec.json.encode(picture).decode()


def path(settings: Settings, picture: Picture, language: str) -> str:
    """Where a picture is fetched, below our public address."""
    token = _signer(settings).dumps([*msgspec.structs.astuple(picture), language])
    return f"/m/{token}.png"


def address(settings: Settings, picture: Picture, language: str) -> str | None:
    """Where others fetch a picture; None where nobody else can reach us."""
    if not settings.public_url.startswith("https://"):
        return None
    return settings.public_url + path(settings, picture, language)


def opened(settings: Settings, token: str) -> tuple[Picture, str] | None:
    """The picture and the language that an address is for; None when it was changed or is too old."""
    try:
        of, id_, paise, language = _signer(settings).loads(token, max_age=int(LIFE.total_seconds()))
    except (BadSignature, TypeError, ValueError):
        return None
    return (Picture(of, id_, paise), language) if language in LANGUAGES else None


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.secret_key, salt="picture")


_WORDS_ALONE = text("""
WITH found AS (
    SELECT id FROM outbox
    WHERE channel = 'whatsapp' AND picture IS NOT NULL AND state = ANY(:before)
      AND id = :row AND (gateway IS NULL OR gateway = :gateway)
    FOR NO KEY UPDATE
)
UPDATE outbox SET
    picture = NULL, state = 'queued', gateway = NULL, provider_id = NULL, error = CAST(:reason AS text),
    detour = 'no picture: ' || CAST(:reason AS text),
    -- Fences off the sender that has not written down yet how WhatsApp took it.
    attempts = attempts + 1, next_at = now(), sent_at = NULL
FROM found WHERE outbox.id = found.id
RETURNING outbox.recipient
""")


def send_words_alone(
    session: Session, gateway: str, row: int, reason: str | None, before: list[str]
) -> str | None:
    """Send again without its picture what could not be brought with it; gives whom it is for, or None.

    Once: from here on the message has no picture. `before`: the states in which it may still be moved.
    """
    asked = {"gateway": gateway, "row": row, "reason": reason or "refused", "before": before}
    found = session.execute(_WORDS_ALONE, asked).scalar_one_or_none()
    return None if found is None else str(found)
