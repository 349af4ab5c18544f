"""Which of the demo's phones have no signal, and what waits for them until they have one again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import redis
import structlog
from redis.exceptions import RedisError

from channels.message import DeliveryReport
from channels.reports import take_report
from channels.services import Services
from core.db import Row

log = structlog.get_logger()

DARK = "bl:phone:dark"
"""Redis set of the numbers that nothing reaches now."""
_HELD = """
SELECT id, recipient, channel FROM outbox
WHERE recipient = ANY(%(phones)s) AND gateway = 'phone' AND state = 'sent' ORDER BY id LIMIT 200
"""


def dark_among(client: redis.Redis, phones: Collection[str]) -> set[str]:
    """Those of these phones without signal; none while Redis is away."""
    numbers = list(phones)
    if not numbers:
        return set()
    try:
        known = client.smismember(DARK, numbers)
    except RedisError as error:
        log.warning("signal unknown", why=type(error).__name__)
        return set()
    return {number for number, dark in zip(numbers, known, strict=True) if dark}


def set_signal(client: redis.Redis, phone: str, *, there: bool) -> None:
    """A phone loses its signal or has it again."""
    if there:
        client.srem(DARK, phone)
    else:
        client.sadd(DARK, phone)


def bring_held(services: Services, phones: Sequence[str]) -> None:
    """What the network held for these phones arrives, with the delivery report that says so.

    Called at every look at the phones: a message may leave just while the signal comes back.
    """
    rows: list[Row] = services.database.reader.rows(_HELD, {"phones": list(phones)})
    for row, recipient, channel in rows:
        told = DeliveryReport("delivered", None, row=row, recipient=recipient, channel=channel)
        take_report(services.database, services.redis, services.settings.default_language, "phone", told)
