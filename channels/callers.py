"""Who is on the line, from Redis where the last hops left it, else from the database."""

from __future__ import annotations

from channels.places import Loaded
from channels.services import Services
from core.people import Caller, find_caller


def caller_of(services: Services, loaded: Loaded, phone: str) -> Caller:
    """The caller as Redis remembers, else looked up and remembered."""
    if loaded.caller is not None:
        return loaded.caller
    caller = find_caller(services.database.reader, phone)
    services.places.remember_caller(caller)
    return caller
