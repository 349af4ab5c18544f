"""Pictures that go beside words on WhatsApp: a receipt, a bill, a code for UPI apps.

Whoever has the address may look, for a day; it is signed, and names nobody.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

import segno
import structlog
from flask import Blueprint, Response

from channels.photos import StoreAway, below_each_other, store_of
from channels.web import paper, receipts
from channels.web.pages import private
from conversations.customer import bill_line
from core import photos, upi
from core.accounts import BillSheet, bill_sheet
from core.clock import today
from core.db import Reader
from core.energy import units
from core.money import Money
from core.payments import standing
from core.picture import Picture, opened
from core.receipts import page_url, proof_of
from core.settings import Settings
from core.text import Text, render, say

log = structlog.get_logger()

JPEG = b"\xff\xd8"
MODULE = 10
"""Pixels of a code's square: some 500 across, to be scanned from any screen."""


def picture_routes(settings: Settings, reader: Reader) -> Blueprint:
    """GET /m/<token>.png; 404 where it leads nowhere, or to a code and nothing is owed."""
    routes = Blueprint("pictures", __name__)

    @routes.get("/m/<token>.png")
    def picture(token: str) -> Response:
        found = opened(settings, token)
        drawn = None if found is None else draw(settings, reader, *found)
        if drawn is None:
            answer = Response("gone\n", status=404)
        else:
            # Photos are JPEG, and what is drawn here is PNG, whatever the address ends with.
            answer = Response(drawn, mimetype="image/jpeg" if drawn.startswith(JPEG) else "image/png")
        return private(answer)

    return routes


def draw(settings: Settings, reader: Reader, picture: Picture, language: str) -> bytes | None:
    """A picture as things stand now; None where there is nothing to show."""
    match picture.of:
        case "receipt":
            proof = proof_of(reader, picture.id)
            link = page_url(settings, picture.id, language)
            return paper.png(receipts.words_of(proof, settings, language, link)) if proof else None
        case "bill":
            sheet = bill_sheet(reader, picture.id)
            return paper.png(bill_words(sheet, settings, language)) if sheet else None
        case "upi":
            return _code(settings, reader, picture)
        case "request" | "meter":
            return _photos(settings, photos.keys(reader, picture.of, picture.id))


def _photos(settings: Settings, keys: Sequence[str]) -> bytes | None:
    """Photos as they were sent, one below the other."""
    if settings.media is None:
        return None
    store = store_of(settings.media)
    try:
        found = [photo for key in keys if (photo := store.get(key)) is not None]
    except StoreAway as error:
        log.warning("photos not shown", why=str(error))
        return None
    return below_each_other(found) if found else None


def _code(settings: Settings, reader: Reader, picture: Picture) -> bytes | None:
    found = upi.payable(reader, picture.id)
    if settings.upi is None or found is None:
        return None
    paise = picture.paise or found.dues_paise
    return _drawn(upi.uri(settings.upi, found.number, paise, today())) if paise > 0 else None


@lru_cache(maxsize=64)
def _drawn(uri: str) -> bytes:
    out = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(out, kind="png", scale=MODULE, border=4)
    return out.getvalue()


def bill_words(sheet: BillSheet, settings: Settings, language: str) -> paper.Words:
    """All words of a bill in one language, in their order; the code asks for what is owed now."""

    def word(text: Text) -> str:
        return render(text, language)

    bill, number, address = sheet.bill, sheet.number, settings.upi
    state, before = standing(bill.before_paise or 0)
    rows: list[tuple[str, Text | str]] = [
        ("connection", number),
        ("name", say("nav.lines", lines=sheet.name)),
        ("plant", say("nav.lines", lines=sheet.plant)),
        ("period", say("sheet.days", first=bill.first, last=bill.last)),
        *_metered(sheet),
        ("amount", say("nav.lines", lines=Money(bill.amount_paise))),
        ("due", say("nav.lines", lines=bill.due_on)),
    ]
    if bill.before_paise is not None:
        rows.append(("before", say(f"sheet.before_{state}", amount=before)))
    to_pay = 0 if sheet.taken_back else max(0, sheet.dues_paise)
    scanned = address is not None and to_pay > 0
    return paper.Words(
        service=settings.service_name,
        title=word(say("sheet.title")),
        receipt=number,
        rows=tuple(
            (word(say(f"sheet.{key}")), value if isinstance(value, str) else word(value))
            for key, value in rows
        ),
        cancelled=word(say("sheet.taken_back")) if sheet.taken_back else None,
        check="" if sheet.taken_back else word(_owed(to_pay)),
        keep=word(say("sheet.scan")) if scanned else "",
        help=word(say("page.help", helpline=settings.helpline)),
        link=upi.uri(address, number, to_pay, today()) if address is not None and scanned else "",
    )


def _owed(paise: int) -> Text:
    """What is owed in all, with earlier dues and later payments."""
    if paise == 0:
        return say("sheet.clear", day=today())
    return say("sheet.owed", day=today(), amount=Money(paise))


def _metered(sheet: BillSheet) -> list[tuple[str, Text]]:
    """Where the meter went from and to, and what was charged for that and else."""
    bill = sheet.bill
    rows: list[tuple[str, Text]] = []
    if bill.opening_wh is not None and bill.closing_wh is not None:
        went = say("sheet.went", opening=units(bill.opening_wh), closing=units(bill.closing_wh))
        rows.append(("meter", went))
    if bill.estimated:
        rows.append(("read", say("sheet.self_read" if bill.self_read else "sheet.estimated")))
    if bill.lines:
        rows.append(("charges", say("nav.lines", lines=tuple(map(bill_line, bill.lines)))))
    return rows
