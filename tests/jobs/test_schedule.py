"""The schedule: what runs by the clock leaves nothing behind in Redis."""

from __future__ import annotations

import redis
from rq import Queue
from rq.job import Job

from channels.nudge import QUEUES
from jobs import schedule


def queued(connection: redis.Redis) -> list[Job]:
    schedule.schedule(connection).enqueue_jobs()
    return [job for name in QUEUES for job in Queue(name, connection=connection).jobs]


def test_every_job_ends_in_time_and_is_forgotten(redis_client: redis.Redis) -> None:
    jobs = queued(redis_client)
    assert jobs
    for job in jobs:
        assert job.timeout, job.func_name
        assert job.result_ttl == 0, job.func_name
        assert job.failure_ttl == schedule.FAILED_SECONDS, job.func_name
