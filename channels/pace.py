"""How fast a gateway may be fed: a promise to the operator, kept by all workers together."""

from __future__ import annotations

import time

import structlog
from redis import Redis
from redis.exceptions import RedisError

SLOW_SECONDS = 3.0

log = structlog.get_logger()

_RESERVE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local start = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
redis.call('SET', KEYS[1], string.format('%.6f', start + ARGV[1]), 'EX', 120)
return string.format('%.6f', start - now)
"""


class Pace:
    """Reserves time on a gateway: a batch waits until the one before it has had its share of seconds."""

    def __init__(self, redis: Redis, rate: int) -> None:
        self._reserve = redis.register_script(_RESERVE)
        self._rate = rate
        self._own: dict[str, float] = {}
        """Where our own next free moment is, for when Redis is away."""

    def wait(self, gateway: str, messages: int) -> None:
        """Sleep until `messages` more may go out."""
        seconds = self._ask(gateway, messages / self._rate)
        if seconds > 0:
            time.sleep(seconds)

    def slow(self, gateway: str) -> None:
        """It says that we are too fast: nobody feeds it for some seconds."""
        self._ask(gateway, SLOW_SECONDS)

    def _ask(self, gateway: str, share: float) -> float:
        now = time.monotonic()
        alone = max(0.0, self._own.get(gateway, 0.0) - now)
        self._own[gateway] = now + alone + share
        try:
            return float(self._reserve(keys=[f"bl:pace:{gateway}"], args=[share]))
        except RedisError as error:
            log.warning("pacing alone", gateway=gateway, why=type(error).__name__)
            return alone
