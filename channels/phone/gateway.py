"""The demo's gateway: what it takes stands in the phone's inbox, or waits while the phone has no signal."""

from __future__ import annotations

from collections.abc import Sequence

from channels.message import Accepted, Outcome, Outgoing
from channels.phone.reach import dark_among
from channels.services import redis_client
from core.settings import Settings


class PhoneGateway:
    """Takes SMS and WhatsApp messages; the screen shows the outbox rows that went through here."""

    name = "phone"

    def __init__(self, settings: Settings) -> None:
        self._redis = redis_client(settings)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """Delivered at once, or only taken: then the report follows when the phone has signal again."""
        dark = dark_among(self._redis, {message.recipient for message in batch})
        return [Accepted(None, delivered=message.recipient not in dark) for message in batch]
