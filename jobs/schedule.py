"""What runs by the clock, on RQ's cron."""

from __future__ import annotations

import threading

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
SWEEP_SECONDS = 5
MINUTES = 300
NIGHT = "30 20 * * *"
"""20:30 UTC, two in the morning in India."""
MORNING = "30 4 * * *"
"""04:30 UTC, ten in the morning in India."""
JOB_SECONDS = 120
BILLING_SECONDS = 60
BILLING_JOB_SECONDS = 3600
METER_SECONDS = 5
STUCK_SECONDS = 60
FLAG_SECONDS = 30
"""Whoever pays has light again within a minute."""
READ_SECONDS, READ_SECONDS_DEMO = 300, 15


def schedule(connection: Redis, *, demo: bool = False) -> CronScheduler:
    """The schedule. A job nobody took before its next turn is dropped (`ttl`), so that none pile up."""
    cron = CronScheduler(connection, logging_level="WARNING")
    for job in (outbox.sweep, inbound.sweep, links.make, bank.take, photos.take):
        cron.register(
            job, NORMAL, interval=SWEEP_SECONDS, ttl=SWEEP_SECONDS, result_ttl=0, job_timeout=JOB_SECONDS
        )
    cron.register(
        billing.sweep,
        BULK,
        interval=BILLING_SECONDS,
        ttl=BILLING_SECONDS,
        result_ttl=0,
        job_timeout=BILLING_JOB_SECONDS,
    )
    for job in (
        cash.expire,
        coupons.chase,
        work.go_up,
        work.close_quiet_notes,
        work.remind_of_supply_off,
        work.seal_audit,
    ):
        cron.register(job, BULK, interval=MINUTES, ttl=MINUTES, result_ttl=0, job_timeout=JOB_SECONDS)
    cron.register(
        dunning.sweep,
        BULK,
        interval=MINUTES,
        ttl=MINUTES,
        result_ttl=0,
        job_timeout=BILLING_JOB_SECONDS,
    )
    for job, seconds in (
        (meters.carry_due, METER_SECONDS),
        (work.broadcast, METER_SECONDS),
        (work.carry_through_changes, METER_SECONDS),
        (flags.sweep, FLAG_SECONDS),
        (stuck.sweep, STUCK_SECONDS),
        (coupons.make, FLAG_SECONDS),
        (meters.read, READ_SECONDS_DEMO if demo else READ_SECONDS),
    ):
        cron.register(job, BULK, interval=seconds, ttl=seconds, result_ttl=0, job_timeout=JOB_SECONDS)
    cron.register(bank.tell, BULK, cron=MORNING, result_ttl=0, job_timeout=JOB_SECONDS)
    cron.register(photos.forget, BULK, cron=NIGHT, result_ttl=0, job_timeout=JOB_SECONDS)
    cron.register(clean.clean, BULK, cron=NIGHT, result_ttl=0, job_timeout=JOB_SECONDS)
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
