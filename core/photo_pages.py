"""Photos for staff whose channel shows no pictures: an SMS with the address of a light page.

The address names nobody, can't be guessed and works for a week; what it shows is read when it is looked at.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import LiteralString, NamedTuple

import msgspec
from sqlalchemy import text

from core import outbox, seals
from core.clock import local
from core.db import Reader
from core.doing import Doing
from core.photos import MOST, Subject
from core.settings import LANGUAGES, Settings
from core.text import Text, say

LIFE = timedelta(days=7)
SUBJECTS: tuple[Subject, ...] = ("request", "meter")
_SEAL = seals.Seal("photo page", (1, 5, 2), signature=10)
"""Subject and language, number, last day: 24 characters, so that the SMS is one part with most addresses."""
# Who asks is looked at here again, because the address then opens for everybody.
_MINE = text("""
    SELECT coalesce(request.number, connection.number) FROM photo
    LEFT JOIN request ON request.id = photo.request_id
    LEFT JOIN self_reading AS own ON own.id = photo.self_reading_id
    LEFT JOIN connection ON connection.id = own.connection_id
    WHERE photo.key IS NOT NULL
    AND (photo.request_id = (
            SELECT id FROM request WHERE :subject = 'request' AND number = CAST(:id AS bigint)::text)
        OR :subject = 'meter' AND photo.self_reading_id = :id)
    AND (request.raised_by = :staff OR coalesce(request.plant_id, connection.plant_id) IN (
            SELECT plant_id FROM staff_plant WHERE staff_id = :staff))
    LIMIT 1
""")
_SHOWN: LiteralString = """
SELECT photo.id, photo.key, photo.received_at, coalesce(request.number, connection.number) FROM photo
LEFT JOIN request ON request.id = photo.request_id
LEFT JOIN self_reading AS own ON own.id = photo.self_reading_id
LEFT JOIN connection ON connection.id = own.connection_id
WHERE photo.key IS NOT NULL
AND (photo.request_id = (
        SELECT id FROM request WHERE %(subject)s = 'request' AND number = %(id)s::bigint::text)
    OR %(subject)s = 'meter' AND photo.self_reading_id = %(id)s)
ORDER BY photo.received_at DESC, photo.id DESC LIMIT %(most)s
"""


class Page(NamedTuple):
    """What an address is for: photos of a request (by its number) or of a self reading, until a day."""

    subject: Subject
    id: int
    language: str
    last: date


class Shown(msgspec.Struct, frozen=True, array_like=True):
    """One photo on a page; `number` is its request's, or the connection's whose meter it shows."""

    id: int
    key: str
    at: datetime
    number: str


def token(settings: Settings, page: Page) -> str:
    """The end of a page's address."""
    what = SUBJECTS.index(page.subject) * len(LANGUAGES) + LANGUAGES.index(page.language)
    return _SEAL.close(settings, (what, page.id, seals.number_of(page.last)))


def opened(settings: Settings, given: str, on: date) -> Page | None:
    """What an address is for; None when it was changed or is too old."""
    numbers = _SEAL.open(settings, given)
    if numbers is None:
        return None
    what, id_, last = numbers
    subject, language = divmod(what, len(LANGUAGES))
    page = Page(SUBJECTS[subject], id_, LANGUAGES[language], seals.day_of(last))
    return page if on <= page.last else None


def site(settings: Settings) -> str:
    """What all these addresses begin with; in India this is whitelisted."""
    return f"{settings.public_url}/f"


def shown(reader: Reader, page: Page) -> list[Shown]:
    """The photos of a page that are still kept, the newest first."""
    rows = reader.rows(_SHOWN, {"subject": page.subject, "id": page.id, "most": MOST})
    return [Shown(*row) for row in rows]


def offer(doing: Doing, subject: Subject, id_: int) -> str:
    """How a member of staff gets to see the photos of a request (its number) or self reading.

    `here`: beside the answer; `sent`: by the link that this texts; `there`: on WhatsApp only, as SMS carry
    no links; `gone`: none is kept any more.
    """
    staff = doing.caller.staff
    bind = {"subject": subject, "id": id_, "staff": staff.id if staff else None}
    number = doing.session.execute(_MINE, bind).scalar_one_or_none()
    if number is None or doing.settings.media is None:
        return "gone"
    if doing.channel == "whatsapp":
        return "here"
    if not doing.settings.photo_links:
        return "there"
    _send(doing, subject, id_, str(number))
    return "sent"


def _send(doing: Doing, subject: Subject, id_: int, number: str) -> None:
    settings = doing.settings
    language = doing.caller.language or settings.default_language
    page = Page(subject, id_, language, local(doing.at).date() + LIFE)
    outbox.post(
        doing.session,
        source=f"photos:{doing.key}",
        recipient=doing.caller.phone,
        kind="link",
        text=_words(settings, page, number),
        language=language,
        default_language=settings.default_language,
    )


def _words(settings: Settings, page: Page, number: str) -> Text:
    return say(
        f"photo.link_{page.subject}",
        number=number,
        photos=site(settings),
        token=token(settings, page),
        service=settings.service_name,
    )
