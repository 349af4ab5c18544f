"""What a phone on the screen shows: what reached it, what it sent, and what each took on the network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec

from channels.phone.media import seen_at
from core import gsm
from core.db import Reader
from core.picture import path, read_picture
from core.settings import Settings
from core.widget import Widget, read_widget

LEAD = "CON "
"""Counts on a USSD screen, although no phone shows it."""

_GOT: LiteralString = """
SELECT got.* FROM unnest(%(phones)s::text[]) AS asked(phone) CROSS JOIN LATERAL (
    SELECT id, recipient, channel, body, finished_at, widget, kind, language, picture FROM outbox
    WHERE recipient = asked.phone AND gateway = 'phone' AND state = 'delivered'
      AND (%(since)s::timestamptz IS NULL OR finished_at > %(since)s::timestamptz - interval '1 minute')
    ORDER BY id DESC LIMIT %(limit)s
) AS got
"""
_SENT: LiteralString = """
SELECT sent.provider_id, sender, channel, coalesce(photo.caption, body), sent.received_at, photo.url
FROM (
    SELECT *, row_number() OVER (PARTITION BY sender ORDER BY id DESC) AS place FROM inbound
    WHERE sender = ANY(%(phones)s)
      AND (%(since)s::timestamptz IS NULL OR received_at > %(since)s::timestamptz - interval '1 minute')
) AS sent LEFT JOIN photo ON photo.provider_id = sent.provider_id AND photo.place = 1
WHERE sent.place <= %(limit)s ORDER BY sent.id DESC
"""


class Size(msgspec.Struct, frozen=True):
    """What words take: `used` of `room` septets (GSM-7) or units (UCS-2), in `pieces` of one part each.

    `paise` is the price of them all.
    """

    coding: str
    used: int
    room: int
    pieces: tuple[str, ...]
    paise: int


class Letter(msgspec.Struct, frozen=True):
    """One message on a phone. `mine`: the phone sent it; `key` tells it from all others."""

    key: str
    phone: str
    channel: str
    text: str
    at: datetime
    mine: bool
    size: Size | None = None
    widget: Widget | None = None
    """What can be tapped in it."""
    picture: str | None = None
    """Where what is shown above its words is fetched, on our own site."""


def size_of(settings: Settings, words: str) -> Size:
    """What words take as an SMS, at the operator's price of a part."""
    pieces = tuple(gsm.pieces(words))
    coding = "GSM-7" if gsm.is_gsm(words) else "UCS-2"
    used = gsm.septets(words) if coding == "GSM-7" else gsm.units(words)
    alone, joined = gsm.ROOMS[coding]
    room = alone if len(pieces) == 1 else joined * len(pieces)
    return Size(coding, used, room, pieces, settings.sms_price * len(pieces))


def size_of_screen(words: str) -> Size:
    """What words take on a USSD screen, which costs nothing here."""
    whole = LEAD + words
    coding = "GSM-7" if gsm.is_gsm(whole) else "UCS-2"
    used = gsm.septets(whole) if coding == "GSM-7" else gsm.units(whole)
    return Size(coding, used, gsm.ROOMS[coding][0], (words,), 0)


def letters(
    reader: Reader,
    settings: Settings,
    phones: Sequence[str],
    since: datetime | None = None,
    limit: int = 60,
) -> list[Letter]:
    """What reached these phones and what they sent, since a moment or of late; the oldest first.

    `limit` goes for each phone, so that which others are asked for changes nothing for it.
    A message of the minute before `since` may come again, as its transaction may have ended later.
    """
    asked = {"phones": list(phones), "since": since, "limit": limit}
    got = [_got(settings, *row) for row in reversed(reader.rows(_GOT, asked))]
    sent = [_sent(settings, *row) for row in reversed(reader.rows(_SENT, asked))]
    # Of the same moment, what was sent comes before what arrived, and then by its number.
    return sorted(sent + got, key=lambda letter: letter.at)


def _got(
    settings: Settings,
    id_: int,
    phone: str,
    channel: str,
    body: str,
    at: datetime,
    widget: object,
    _kind: str,
    language: str,
    picture: object,
) -> Letter:
    if channel == "sms":
        return Letter(f"got:{id_}", phone, channel, body, at, False, size=size_of(settings, body))
    shown = read_picture(picture)
    return Letter(
        f"got:{id_}",
        phone,
        channel,
        body,
        at,
        False,
        widget=read_widget(widget),
        picture=path(settings, shown, language) if shown else None,
    )


def _sent(
    settings: Settings, id_: str, phone: str, channel: str, body: str, at: datetime, photo: str | None
) -> Letter:
    size = size_of(settings, body) if channel == "sms" else None
    shown = seen_at(photo) if photo else None
    return Letter(f"sent:{id_}", phone, channel, body, at, True, size, picture=shown)


def inbox(reader: Reader, phone: str, limit: int = 100) -> list[dict[str, Any]]:
    """What arrived on a phone, newest last: id, kind, language, text, channel and when (UTC, ISO).

    `widget` is what can be tapped in a WhatsApp message, in the shape of core/widget.py, else None;
    `picture` what is shown in one, in the shape of core/picture.py.
    """
    rows = reader.rows(_GOT, {"phones": [phone], "since": None, "limit": limit})
    return [
        {
            "id": id_,
            "kind": kind,
            "language": language,
            "text": body,
            "channel": channel,
            "at": at.isoformat(),
            "widget": widget if channel == "whatsapp" else None,
            "picture": picture if channel == "whatsapp" else None,
        }
        for id_, _, channel, body, at, widget, kind, language, picture in reversed(rows)
    ]
