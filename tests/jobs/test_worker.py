"""The worker as a process of its own: prompt, clean at its end, and not stopped by a lost Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import redis
from sqlalchemy import text

from channels.nudge import nudge
from core.db import Database
from core.outbox import post
from core.settings import Settings
from ops import embedded
from ops.child import Child
from tests.channels.sms.provider import Answer, Provider, Taken, takes_everything
from tests.service import Service, until


@pytest.fixture
def provider() -> Iterator[Provider]:
    with takes_everything() as made:
        yield made


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings.database_url)
    yield made
    made.close()


@pytest.fixture
def service(settings: Settings, tmp_path: Path, provider: Provider) -> Iterator[Service]:
    made = Service(settings, tmp_path, f"{provider.url}/cgi-bin/sendsms")
    yield made
    made.stop()


def write(database: Database, count: int, start: int = 0) -> None:
    with database.begin() as session:
        for number in range(start, start + count):
            post(
                session,
                source=f"test:{number}",
                recipient="+919800000001",
                kind="receipt",
                text=f"receipt {number}",
                language="en",
                default_language="en",
            )


def states(database: Database) -> set[str]:
    with database.begin() as session:
        return set(session.scalars(text("SELECT state FROM outbox")))


def let_leases_run_out(database: Database) -> int:
    """Let all waiting times go by; gives how many messages wait."""
    waiting = (
        "UPDATE outbox SET next_at = now() WHERE id IN (SELECT id FROM outbox "
        "WHERE state IN ('queued', 'sending') ORDER BY id FOR NO KEY UPDATE) RETURNING 1"
    )
    with database.begin() as session:
        return len(session.execute(text(waiting)).all())


def end(worker: Child) -> int:
    """Ask a worker to end; gives its exit code."""
    worker.process.terminate()
    return worker.process.wait(60)


def test_a_nudged_message_leaves_without_a_sweep(
    service: Service, database: Database, provider: Provider, redis_client: redis.Redis
) -> None:
    worker = service.start("worker")
    until(lambda: redis_client.scard("rq:workers") == 1, "the worker's birth")
    write(database, 1)
    nudge(redis_client)
    until(lambda: len(provider.taken) == 1, "the message at the gateway")
    until(lambda: states(database) == {"sent"}, "its record")
    assert end(worker) == 0
    assert redis_client.scard("rq:workers") == 0


def test_the_sweep_finds_what_nobody_nudged(service: Service, database: Database, provider: Provider) -> None:
    write(database, 3)
    service.start("cron")
    until(lambda: len(provider.taken) == 3, "the messages at the gateway")


def test_asked_to_end_in_mid_work_it_finishes_its_batch(
    service: Service, database: Database, provider: Provider, redis_client: redis.Redis
) -> None:
    service.rate = 40
    provider.answer = lambda taken: Answer(202, "0: Accepted", "text/plain", delay=0.05)
    write(database, 400)
    nudge(redis_client)
    worker = service.start("worker")
    until(lambda: len(provider.taken) > 5, "the first messages")
    assert end(worker) == 0
    assert states(database) == {"sent", "queued"}
    assert len(provider.taken) < 400


def test_killed_in_mid_batch_it_loses_nothing(
    service: Service, database: Database, provider: Provider
) -> None:
    killed = Event()

    def answer(taken: Taken) -> Answer:
        if len(provider.taken) > 20:
            killed.wait(60)
        return Answer(202, "0: Accepted", "text/plain")

    provider.answer = answer
    write(database, 300)
    service.start("cron")
    until(lambda: len(provider.taken) > 20, "messages to kill")
    service.kill("cron")
    killed.set()
    assert "sending" in states(database)
    let_leases_run_out(database)
    service.start("cron")
    until(lambda: let_leases_run_out(database) == 0, "all messages sent")
    assert states(database) == {"sent"}
    bodies = {taken.fields["text"] for taken in provider.taken}
    assert bodies == {f"receipt {number}" for number in range(300)}


def test_it_outlives_a_redis_that_restarts(
    service: Service, database: Database, provider: Provider, tmp_path: Path
) -> None:
    valkey = embedded.start_valkey(tmp_path, throwaway=True)
    service.settings = replace(service.settings, redis_url=embedded.valkey_url(tmp_path))
    client = redis.Redis.from_url(service.settings.redis_url)
    try:
        worker = service.start("cron")
        until(lambda: client.scard("rq:workers") == 1, "the worker's birth")
        valkey.stop()
        write(database, 2)
        time.sleep(1.5)
        valkey = embedded.start_valkey(tmp_path, throwaway=True)
        until(lambda: len(provider.taken) == 2, "the messages at the gateway")
        assert end(worker) == 0
    finally:
        client.close()
        valkey.stop()
