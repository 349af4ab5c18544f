"""Twilio: WhatsApp in, its reports, and sending: freely within the 24 hours, else by approved templates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from channels import form as fields
from channels.http import send_each
from channels.message import (
    PLACE,
    Accepted,
    BadWebhook,
    DeliveryReport,
    Inbound,
    Never,
    Outcome,
    Outgoing,
)
from channels.twilio import (
    CONTENT_GONE,
    WHATSAPP,
    Filled,
    create,
    make_client,
    read_report,
    refuses_content,
    refuses_picture,
)
from channels.whatsapp.contents import Contents, content_of
from channels.whatsapp.templates import Templates
from core.db import Database
from core.phones import is_scoped, read_phone
from core.photos import MOST
from core.picture import address
from core.settings import Settings, Twilio

PROVIDER = "twilio"
NAME = "twilio-whatsapp"
"""Not the name of Twilio's SMS: each may rest while the other sends."""
TAPPED = ("ButtonPayload", "ListId")
"""The ids of what was tapped; they say what was meant, the text beside them is only its caption."""
WORDLESS = frozenset({"audio", "contacts", "document", "image", "sticker", "video"})
"""Kinds of message whose text, where there is one, is a caption or a file's name, not an answer."""

PICTURED = frozenset({"So", "Sk", "Mn", "Cf", "Zs"})
"""Unicode's categories of what emoji are made of: symbols, tones of skin, joiners, blanks."""

MOST_CAPTION, LONGEST_URL = 200, 1000
"""Characters."""

_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")
CLOSED = Never("no open window, no approved template", elsewhere=True)


class WhatsAppDoor:
    """Messages (`MessageSid, From, Body, ButtonPayload, ListId, MessageType`) and their reports."""

    name = NAME

    def receive(self, form: Mapping[str, str]) -> Inbound:
        """One message; a picture, voice note, sticker or contact comes without words."""
        id_, sender = fields.field(form, "MessageSid"), _sender(form)
        photos = _photos(form)
        caption = fields.safe(form.get("Body", "").strip(), MOST_CAPTION) if photos else ""
        return Inbound("whatsapp", PROVIDER, id_, sender, "" if photos else _given(form), photos, caption)

    def report(self, form: Mapping[str, str]) -> DeliveryReport:
        return read_report(form, "whatsapp")


def _sender(form: Mapping[str, str]) -> str:
    """+91…, or the business-scoped id (`IN.…`) of somebody whose number WhatsApp does not tell."""
    raw = form.get("From", "").strip()
    if not raw.startswith(WHATSAPP):
        raise BadWebhook("the field From is no address on WhatsApp")
    address = raw.removeprefix(WHATSAPP)
    phone = read_phone(address)
    if phone is None and not is_scoped(address):
        raise BadWebhook("the field From is no address on WhatsApp")
    return phone or address


def _photos(form: Mapping[str, str]) -> tuple[str, ...]:
    """Where its photos are said to be; a sticker is none."""
    count = form.get("NumMedia", "0")
    if not (count.isascii() and count.isdigit()) or form.get("MessageType") == "sticker":
        return ()
    found = []
    for number in range(min(int(count[:3]), MOST)):
        url = form.get(f"MediaUrl{number}", "")
        if form.get(f"MediaContentType{number}", "").startswith("image/") and len(url) <= LONGEST_URL:
            found.append(url.replace("\x00", ""))
    return tuple(found)


def _given(form: Mapping[str, str]) -> str:
    for name in TAPPED:
        if form.get(name, "").strip():
            return fields.safe(form[name].strip(), fields.LONGEST_TEXT)
    if form.get("MessageType") == "location":
        return _place(form)
    if form.get("MessageType", "text") in WORDLESS or form.get("NumMedia", "0") != "0":
        return ""
    words = fields.text_field(form, "Body")
    return "" if _only_pictures(words) else words


def _only_pictures(words: str) -> bool:
    """A thumb up, folded hands: meant kindly, and no answer to anything."""
    kinds = {unicodedata.category(char) for char in words}
    return "So" in kinds and kinds <= PICTURED


def _place(form: Mapping[str, str]) -> str:
    """`geo 25.1,85.2`; nothing where the numbers are none."""
    latitude, longitude = form.get("Latitude", ""), form.get("Longitude", "")
    if not (_DEGREES.fullmatch(latitude) and _DEGREES.fullmatch(longitude)):
        return ""
    return f"{PLACE}{latitude},{longitude}"


class WhatsAppGateway:
    """Sends one message per call; its reports carry our own row number in their address.

    A widget goes as a content; where there is none, or Twilio refuses it, as the text it is as well. What
    has a picture goes with it, else as the words that say the same. Outside the 24 hours after the
    recipient's last message only what has an approved template goes at all, without its picture.
    """

    name = NAME

    def __init__(
        self, twilio: Twilio, sender: str, settings: Settings, pool: Executor, database: Database
    ) -> None:
        self._settings = settings
        self._sender = WHATSAPP + sender
        self._pool = pool
        self._reports = f"{settings.public_url}/whatsapp/twilio/status"
        self._client = make_client(twilio)
        self._contents = Contents(database, self._client)
        self._templates = Templates(database, twilio.account_sid, settings.service_name, settings.helpline)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """One request per message, a few at once."""
        return [outcomes[0] for outcomes in send_each(self._pool, batch, self._send_one)]

    def _send_one(self, message: Outgoing) -> list[Outcome]:
        if not message.window:
            return [self._approved(message)]
        outcome = self._tappable(message)
        return [self._with_picture(message) if outcome is None else outcome]

    def _with_picture(self, message: Outgoing) -> Outcome:
        """Send its words, below their picture where there is one and Twilio can fetch it from us."""
        shown = None
        if message.picture is not None:
            shown = address(self._settings, message.picture, message.language)
        outcome = self._create(message, body=message.body, picture=shown)
        if shown is None or not refuses_picture(outcome):
            return outcome
        again = self._create(message, body=message.body)
        return replace(again, bare=outcome.reason) if isinstance(again, Accepted) else again

    def _approved(self, message: Outgoing) -> Outcome:
        """Send it by its approved template; an SMS may do where there is none, or Twilio refuses it."""
        filled = self._templates.filled(message)
        if filled is None:
            return CLOSED
        outcome = self._create(message, content=filled)
        return replace(outcome, elsewhere=True) if refuses_content(outcome) else outcome

    def _tappable(self, message: Outgoing) -> Outcome | None:
        """Send it as buttons or a list; None where it has to be text."""
        content = content_of(message.widget) if message.widget else None
        sid = self._contents.id_of(content) if content else None
        if content is None or sid is None:
            return None
        outcome = self._create(message, content=Filled(sid, content.variables))
        if not refuses_content(outcome):
            return outcome
        self._contents.refused(content, sid, gone=outcome == CONTENT_GONE)
        return None

    def _create(
        self,
        message: Outgoing,
        *,
        body: str | None = None,
        content: Filled | None = None,
        picture: str | None = None,
    ) -> Outcome:
        outcome = create(
            self._client,
            to=WHATSAPP + message.recipient,
            sender=self._sender,
            reports=f"{self._reports}?row={message.id}",
            body=body,
            content=content,
            picture=picture,
        )
        # Who has blocked us in a chat still gets receipts and codes, by SMS.
        return replace(outcome, elsewhere=True) if isinstance(outcome, Never) and outcome.blocked else outcome
