"""What every SMS door asks of a provider's form: the fields it needs, made safe to keep."""

from __future__ import annotations

from collections.abc import Mapping

from channels.message import BadWebhook, Inbound
from core.phones import read_phone

LONGEST_TEXT = 2000
"""Characters of a text that we keep; people never need more, and a flood should not fill the database."""
LONGEST_NAME = 100
"""Characters of an id or of a sender that is no phone number."""


def field(form: Mapping[str, str], name: str) -> str:
    """A field that must be there and not be empty; BadWebhook names it."""
    value = form.get(name, "").strip()
    if not value:
        raise BadWebhook(f"the field {name} is missing")
    return safe(value, LONGEST_NAME)


def text_field(form: Mapping[str, str], name: str) -> str:
    """A text that must be there but may be empty."""
    if name not in form:
        raise BadWebhook(f"the field {name} is missing")
    return safe(form[name], LONGEST_TEXT)


def safe(value: str, longest: int) -> str:
    """PostgreSQL takes neither NUL nor half a surrogate pair; and no more than `longest` characters."""
    return value[:longest].replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def sms(provider: str, provider_id: str, sender: str, text: str) -> Inbound:
    """An inbound SMS; the sender becomes +91… where it is a phone number, else stays as it is."""
    return Inbound("sms", provider, provider_id, read_phone(sender) or sender, text)


def own_row(form: Mapping[str, str]) -> int | None:
    """Our own number of a message, as we put it into the address of its reports."""
    raw = form.get("row", "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None
