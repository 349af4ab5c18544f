"""The RQ worker: runs our jobs in its own process, and outlives a Redis that restarts."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import redis
import structlog
from redis.exceptions import RedisError
from rq import SimpleWorker

from channels.nudge import QUEUES
from core import log as logs
from core.settings import Settings
from jobs import context, schedule

log = structlog.get_logger()

REDIS_REST = 1.0
"""Seconds between two attempts to reach Redis."""


class Worker(SimpleWorker):
    """Runs jobs without forking.

    Forking for each job takes three times as long and would throw away the kept-alive connections
    to gateways and database. What it protects from, a job that takes its process down, is covered:
    every message is on a lease, and the supervisor starts the worker again.
    """

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Let the job at hand end at its next batch, then stop."""
        context.stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's is not typed


def run(settings: Settings, cron: bool) -> None:
    """Work until SIGTERM or SIGINT; `cron` also runs the schedule (one worker of a deployment should)."""
    logs.configure(plain=settings.demo)
    connection = redis.Redis.from_url(settings.redis_url, socket_connect_timeout=5)
    context.stopping.clear()
    clock = threading.Thread(
        target=schedule.run,
        args=(connection, context.stopping),
        kwargs={"demo": settings.demo},
        name="cron",
        daemon=True,
    )
    if cron:
        clock.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: context.stopping.set())
    while not context.stopping.is_set():
        _work(connection)
    if cron:
        clock.join(timeout=5.0)


def _work(connection: redis.Redis) -> None:
    """One worker's life: until it is stopped, or until it loses Redis."""
    try:
        Worker(QUEUES, connection=connection).work(logging_level="WARNING")
    except RedisError as error:
        log.warning("worker waits for Redis", why=type(error).__name__)
    context.stopping.wait(REDIS_REST)
