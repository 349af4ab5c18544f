"""The worker as a process of its own: prompt, clean at its end, and not stopped by a lost Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from channels.nudge import nudge
from core.db import Database
from core.outbox import post
from core.settings import Settings
from ops import embedded
from tests.channels.sms.provider import Answer, Provider
from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]
WORK = """
import sys
from core.settings import Settings
from jobs.worker import run
run(Settings.from_env(), sys.argv[1] == 'cron')
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider(lambda taken: Answer(202, "0: Accepted for delivery", "text/plain"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings.database_url)
    yield made
    made.close()


@pytest.fixture
def environment(settings: Settings, provider: Provider) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_DEMO": "1",
        "BIJLI_HELPLINE": "1800123456",
        "BIJLI_SMS_GATEWAYS": "kannel",
        "BIJLI_SMS_RATE": "10000",
        "AT_SECRET": SECRET,
        "KANNEL_URL": f"{provider.url}/cgi-bin/sendsms",
        "KANNEL_SECRET": SECRET,
        "KANNEL_USERNAME": "u",
        "KANNEL_PASSWORD": "p",
        "KANNEL_SENDER": "BIJLI",
    }


@contextmanager
def worker(environment: dict[str, str], mode: str = "plain") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", WORK, mode], env=environment, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


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


def until(what: Callable[[], bool], patience: float = 15.0) -> float:
    """Wait until something holds; gives the seconds it took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < patience, "it took too long"
        time.sleep(0.01)
    return time.monotonic() - began


def states(database: Database) -> set[str]:
    with database.begin() as session:
        return set(session.scalars(text("SELECT state FROM outbox")))


def let_leases_run_out(database: Database) -> int:
    """Let all waiting times go by; gives how many messages wait."""
    waiting = "UPDATE outbox SET next_at = now() WHERE state IN ('queued', 'sending') RETURNING 1"
    with database.begin() as session:
        return len(session.execute(text(waiting)).all())


def test_a_nudged_message_leaves_within_a_second(
    environment: dict[str, str], database: Database, provider: Provider, redis_client: redis.Redis
) -> None:
    with worker(environment) as process:
        until(lambda: redis_client.scard("rq:workers") == 1)
        write(database, 1)
        nudge(redis_client)
        assert until(lambda: len(provider.taken) == 1) < 1.0
        until(lambda: states(database) == {"sent"})
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert redis_client.scard("rq:workers") == 0


def test_the_sweep_finds_what_nobody_nudged(
    environment: dict[str, str], database: Database, provider: Provider
) -> None:
    write(database, 3)
    with worker(environment, "cron"):
        until(lambda: len(provider.taken) == 3)


def test_asked_to_end_in_mid_batch_it_finishes_the_batch(
    environment: dict[str, str], database: Database, provider: Provider, redis_client: redis.Redis
) -> None:
    environment["BIJLI_SMS_RATE"] = "40"
    provider.answer = lambda taken: Answer(202, "0: Accepted", "text/plain", delay=0.05)
    write(database, 400)
    with worker(environment) as process:
        nudge(redis_client)
        until(lambda: len(provider.taken) > 5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert states(database) == {"sent", "queued"}
    assert len(provider.taken) < 400


def test_killed_in_mid_batch_it_loses_nothing(
    environment: dict[str, str], database: Database, provider: Provider
) -> None:
    provider.answer = lambda taken: Answer(202, "0: Accepted", "text/plain", delay=0.005)
    write(database, 300)
    for goal in (20, 120, 220):
        with worker(environment, "cron") as process:
            until(lambda goal=goal: len(provider.taken) > goal)  # type: ignore[misc]  # mypy can't see the default
            process.kill()
            process.wait()
        let_leases_run_out(database)
    with worker(environment, "cron"):
        until(lambda: let_leases_run_out(database) == 0, patience=30)
    assert states(database) == {"sent"}
    bodies = {taken.fields["text"] for taken in provider.taken}
    assert bodies == {f"receipt {number}" for number in range(300)}


def test_it_outlives_a_redis_that_restarts(
    environment: dict[str, str], database: Database, provider: Provider, tmp_path: Path
) -> None:
    valkey = embedded.start_valkey(tmp_path, throwaway=True)
    environment["REDIS_URL"] = embedded.valkey_url(tmp_path)
    client = redis.Redis.from_url(embedded.valkey_url(tmp_path))
    try:
        with worker(environment, "cron") as process:
            until(lambda: client.scard("rq:workers") == 1)
            valkey.stop()
            write(database, 2)
            time.sleep(1.5)
            valkey = embedded.start_valkey(tmp_path, throwaway=True)
            until(lambda: len(provider.taken) == 2, patience=30)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    finally:
        client.close()
        valkey.stop()
