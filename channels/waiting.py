"""Texts that were stored and never answered: the sweep goes on with them."""

from __future__ import annotations

import structlog
from sqlalchemy import text

from channels.message import Inbound
from channels.services import Services
from channels.texting import Texting
from core.phones import masked

log = structlog.get_logger(__name__)

ATTEMPTS = 3
"""How often a text whose handling breaks is tried before the sender is told so."""

_WAITING = """
SELECT id, channel, provider, provider_id, sender, body, attempts, ARRAY(
    SELECT url FROM photo WHERE inbound.channel = 'whatsapp' AND photo.provider_id = inbound.provider_id
    ORDER BY place)
FROM inbound
WHERE handled_at IS NULL AND received_at < now() - interval '20 seconds'
ORDER BY received_at LIMIT 200
"""
_TRIED = text("UPDATE inbound SET attempts = attempts + 1 WHERE id = :id")


def handle_waiting(services: Services) -> int:
    """Answer what was stored and never answered, because a process was killed in between."""
    rows = services.database.reader.rows(_WAITING, {})
    for id_, channel, provider, provider_id, sender, body, attempts, photos in rows:
        inbound = Inbound(channel, provider, provider_id, sender, body, tuple(photos))
        texting = Texting(services, inbound, id_)
        try:
            with services.database.begin() as session:
                session.execute(_TRIED, {"id": id_})
            texting.give_up() if attempts >= ATTEMPTS else texting.answer()
        except Exception as error:  # one text that can not be handled must not hold up the others
            log.error("sms broke", sender=masked(sender), exc_info=error)
    return len(rows)
