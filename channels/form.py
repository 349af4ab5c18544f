"""What every door asks of a provider's form: the fields it needs, made safe to keep."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from channels.message import BadWebhook, Inbound
from core.phones import read_phone

LONGEST_TEXT = 2000
"""Characters of a text that we keep; people never need more, and a flood should not fill the database."""
LONGEST_NAME = 100
"""Characters of an id or of a sender that is no phone number."""
MOST_FIELDS = 100
"""No provider sends half as many."""


def pairs(encoded: bytes, encoding: str = "utf-8") -> list[tuple[str, str]]:
    """The fields of a body or a query as they came, repeated and blank ones too; BadWebhook when too many.

    Webhooks are small and of one kind: this costs a third of Flask's parser, which knows every kind.
    """
    written = encoded.decode(encoding, "replace")
    try:
        return parse_qsl(written, keep_blank_values=True, encoding=encoding, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadWebhook("too many fields") from error


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
