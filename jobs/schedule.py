"""What runs by the clock, on RQ's cron."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq.cron import CronScheduler

from channels.nudge import BULK, NORMAL
from jobs import (
    bank,
    billing,
    cash,
    clean,
    coupons,
    dunning,
    flags,
    inbound,
    links,
    meters,
    outbox,
    photos,
    stuck,
    work,
)

log = structlog.get_logger()

TICK = 1.0
FIVE_MINUTES = 300
NIGHT = "30 20 * * *"
"""20:30 UTC, two in the morning in India."""
MORNING = "30 4 * * *"
"""04:30 UTC, ten in the morning in India."""
JOB_SECONDS = 120
BILLING_JOB_SECONDS = 3600
READ_SECONDS, READ_SECONDS_DEMO = 300, 15
FAILED_SECONDS = 3600
"""How long Redis keeps a failed job. RQ's own year would fill it while the database is away: what a job had
to do is in the database, its error is in the log, and the next turn does it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A job with its queue: every `seconds`, or at the hour of `cron`; no longer than `limit` seconds."""

    job: Callable[[], None]
    queue: str
    seconds: int | None = None
    cron: str | None = None
    limit: int = JOB_SECONDS


def _turns(*, demo: bool = False) -> tuple[Turn, ...]:
    """Everything that runs by the clock."""
    return (
        Turn(outbox.sweep, NORMAL, 5),
        Turn(inbound.sweep, NORMAL, 5),
        Turn(links.make, NORMAL, 5),
        Turn(bank.take, NORMAL, 5),
        Turn(photos.take, NORMAL, 5),
        Turn(billing.sweep, BULK, 60, limit=BILLING_JOB_SECONDS),
        Turn(cash.expire, BULK, FIVE_MINUTES),
        Turn(coupons.chase, BULK, FIVE_MINUTES),
        Turn(work.go_up, BULK, FIVE_MINUTES),
        Turn(work.close_quiet_notes, BULK, FIVE_MINUTES),
        Turn(work.remind_of_supply_off, BULK, FIVE_MINUTES),
        Turn(work.seal_audit, BULK, FIVE_MINUTES),
        Turn(dunning.sweep, BULK, FIVE_MINUTES, limit=BILLING_JOB_SECONDS),
        Turn(meters.carry_due, BULK, 5),
        Turn(work.broadcast, BULK, 5),
        Turn(work.carry_through_changes, BULK, 5),
        Turn(flags.sweep, BULK, 30),  # whoever pays has light again within a minute
        Turn(stuck.sweep, BULK, 60),
        Turn(coupons.make, BULK, 30),
        Turn(meters.read, BULK, READ_SECONDS_DEMO if demo else READ_SECONDS),
        Turn(bank.tell, BULK, cron=MORNING),
        Turn(photos.forget, BULK, cron=NIGHT),
        Turn(clean.clean, BULK, cron=NIGHT),
    )


def schedule(connection: Redis, *, demo: bool = False) -> CronScheduler:
    """The schedule. A job nobody took before its next turn is dropped (`ttl`), so that none pile up."""
    cron = CronScheduler(connection, logging_level="WARNING")
    for turn in _turns(demo=demo):
        cron.register(
            turn.job,
            turn.queue,
            interval=turn.seconds,
            cron=turn.cron,
            ttl=turn.seconds,
            result_ttl=0,
            failure_ttl=FAILED_SECONDS,
            job_timeout=turn.limit,
        )
    return cron


def run(connection: Redis, stop: threading.Event, *, demo: bool = False) -> None:
    """Queue jobs when they are due, until `stop`; a Redis that is away is asked again.

    RQ's own loop takes over the process's signals and ends with the first lost connection, hence ours.
    Two schedulers at once queue a job twice, which does no harm: every job only looks for work.
    """
    cron = schedule(connection, demo=demo)
    while not stop.wait(TICK):
        try:
            cron.enqueue_jobs()
        except RedisError as error:
            log.warning("schedule waits for Redis", why=type(error).__name__)
