"""Tell the workers that the outbox has something, once, however many commits there were."""

from __future__ import annotations

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from channels.wire import Wire

log = structlog.get_logger()

URGENT, NORMAL, BULK = QUEUES = ("urgent", "normal", "bulk")
DRAIN = "jobs.outbox.drain"
DRAIN_SECONDS = 120
"""After which RQ breaks off a drain that hangs; it ends by itself long before."""
FORGET_SECONDS = 10
"""A nudge whose job was lost stops standing in the way of the next after this."""


def flag(queue: str) -> str:
    """The key that says a drain is queued and has not begun."""
    return f"bl:nudged:{queue}"


def queue_for(priority: int) -> str:
    """The queue of an outbox priority: codes, receipts and replies are urgent; 9 is for masses."""
    return URGENT if priority <= 1 else BULK if priority >= 9 else NORMAL


def nudge(redis: Redis, priority: int = 1) -> None:
    """Queue one drain unless one is queued already; call it after the commit.

    Never raises when Redis is away: the message is in the outbox, and the sweep finds it.
    """
    nudge_queue(redis, queue_for(priority))


def nudge_queue(redis: Redis, queue: str) -> None:
    """As `nudge`, for a queue by name."""
    try:
        if redis.set(flag(queue), 1, nx=True, ex=FORGET_SECONDS):
            _enqueue(redis, queue)
    except RedisError as error:
        log.warning("nudge lost", queue=queue, why=type(error).__name__)


def nudge_on_hop(wire: Wire, redis: Redis, priority: int = 1) -> None:
    """As `nudge`, by the hop's own connection: of many hops at once only the first has more to do."""
    queue = queue_for(priority)
    try:
        if wire.call("SET", flag(queue), 1, "NX", "EX", FORGET_SECONDS):
            _enqueue(redis, queue)
    except RedisError as error:
        log.warning("nudge lost", queue=queue, why=type(error).__name__)


def _enqueue(redis: Redis, queue: str) -> None:
    Queue(queue, connection=redis).enqueue(
        DRAIN, queue, job_timeout=DRAIN_SECONDS, result_ttl=0, failure_ttl=3600
    )


def begin(redis: Redis, queue: str) -> None:
    """A drain begins: what is committed from now on needs a nudge of its own."""
    redis.delete(flag(queue))
