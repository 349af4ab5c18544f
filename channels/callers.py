"""Who is on the line, from Redis where the last hops left it, else from the database."""

from __future__ import annotations

from channels.message import Inbound
from channels.places import Loaded
from channels.services import Services
from core.people import Caller, find_caller
from core.phones import is_scoped, read_phone


def caller_of(services: Services, loaded: Loaded, phone: str) -> Caller:
    """The caller as Redis remembers, else looked up and remembered."""
    if loaded.caller is not None:
        return loaded.caller
    caller = find_caller(services.database.reader, phone)
    services.places.remember_caller(caller)
    return caller


def whom_to_answer(inbound: Inbound) -> str | None:
    """A phone, or the id by which WhatsApp knows who hides theirs; None for what can't be answered."""
    phone = read_phone(inbound.sender)
    if phone is None and inbound.channel == "whatsapp" and is_scoped(inbound.sender):
        return inbound.sender
    return phone
