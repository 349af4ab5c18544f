"""A nudge queues one drain, however many commits there were, and never breaks whoever nudges."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from structlog.testing import capture_logs

from channels.nudge import begin, nudge


def queued(client: redis.Redis) -> dict[str, int]:
    return {name: len(Queue(name, connection=client)) for name in ("urgent", "normal", "bulk")}


def test_a_thousand_commits_queue_one_drain(redis_client: redis.Redis) -> None:
    for _ in range(1000):
        nudge(redis_client, 1)
    assert queued(redis_client) == {"urgent": 1, "normal": 0, "bulk": 0}


def test_each_urgency_has_its_queue(redis_client: redis.Redis) -> None:
    for priority in (0, 1, 2, 9):
        nudge(redis_client, priority)
    assert queued(redis_client) == {"urgent": 1, "normal": 1, "bulk": 1}


def test_what_is_committed_after_a_drain_began_nudges_again(redis_client: redis.Redis) -> None:
    nudge(redis_client)
    begin(redis_client, "urgent")
    nudge(redis_client)
    assert queued(redis_client)["urgent"] == 2


def test_a_lost_job_does_not_silence_nudges_for_ever(redis_client: redis.Redis) -> None:
    nudge(redis_client)
    assert 0 < redis_client.ttl("bl:nudged:urgent") <= 10


def test_redis_away_is_logged_and_nothing_more() -> None:
    nobody = redis.Redis(port=1, socket_connect_timeout=0.1, retry=Retry(NoBackoff(), 0))
    with capture_logs() as lines:
        nudge(nobody)
    assert [line["event"] for line in lines] == ["nudge lost"]
