"""Real servers for every test: a throw-away PostgreSQL and Valkey, a fresh database each time."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from core import clock
from core.db import Database
from core.settings import Settings
from migrations import upgrade
from ops import embedded
from ops.supervisor import Taken, sole_holder

if TYPE_CHECKING:
    from tests.play import Play

SERVICE_PREFIXES = (
    "BIJLI_",
    "AT_",
    "KANNEL_",
    "TWILIO_",
    "RAZORPAY_",
    "SPARKMETER_",
    "SIMULATED_",
    "UPI_",
    "AWS_",
    "DATABASE_URL",
    "REDIS_URL",
    "PG",
)
"""An operator's own settings must never steer a test, least of all to their database."""
SCRATCH = "bijli-test-"
ROOM = 2**30
AN_HOUR = 3600.0
SECRET = "0123456789abcdef0123456789abcdef"
_numbers = count(1)


@dataclass(frozen=True)
class Servers:
    """The two servers of this test run; `folder` holds their data."""

    folder: Path
    redis_url: str

    def database_url(self, name: str) -> str:
        return embedded.postgres_url(self.folder, name)

    def admin(self, statement: str) -> None:
        """Run one statement outside every test database."""
        with psycopg.connect(self.database_url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-transcripts",
        action="store_true",
        help="write tests/transcripts anew from what the service says now",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Before any module of ours is imported: forget the operator's settings."""
    config.addinivalue_line("markers", "long: takes minutes where the machine is slow")
    for name in list(os.environ):
        if name.startswith(SERVICE_PREFIXES):
            del os.environ[name]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """No test begins in the last minute of a day: what it is told today would be of yesterday at its end.

    One marked as long needs five.
    """
    here = clock.local(clock.now())
    left = timedelta(days=1) - timedelta(hours=here.hour, minutes=here.minute, seconds=here.second)
    if left <= timedelta(minutes=5 if item.get_closest_marker("long") else 1):
        time.sleep(left.total_seconds())


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """PostgreSQL and Valkey, started once and gone after the last test."""
    with scratch_folder() as folder, ExitStack() as stack:
        stack.callback(embedded.start_postgres(folder, throwaway=True).stop)
        stack.callback(embedded.start_valkey(folder, throwaway=True).stop)
        yield Servers(folder, embedded.valkey_url(folder))


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder in memory where there is room: a new database takes 30 ms there, on a busy disk 500."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    base = memory if roomy else Path(tempfile.gettempdir())
    for left in base.glob(f"{SCRATCH}*"):
        _remove_abandoned(left)
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=base))
    with sole_holder(folder):
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def _remove_abandoned(folder: Path) -> None:
    """Remove what a killed run left; memory is too dear to keep it."""
    with suppress(OSError, Taken):
        if time.time() - folder.stat().st_mtime > AN_HOUR:
            with sole_holder(folder):
                shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(servers: Servers) -> str:
    """A migrated, empty database that every test's own is copied from."""
    name = "bijli_template"
    servers.admin(f"CREATE DATABASE {name}")
    upgrade(servers.database_url(name))
    return name


@contextmanager
def fresh_database(servers: Servers, template: str) -> Iterator[str]:
    """A copy of the template for a while; gives its address."""
    name = f"bijli_test_{next(_numbers)}"
    # FILE_COPY takes a third of the default strategy's time when nothing is flushed to the disk.
    servers.admin(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    try:
        yield servers.database_url(name)
    finally:
        servers.admin(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(servers: Servers, template: str) -> Iterator[str]:
    """The address of this test's own migrated and empty database."""
    with fresh_database(servers, template) as url:
        yield url


@pytest.fixture(scope="module")
def kept_database(servers: Servers, template: str) -> Iterator[Database]:
    """One empty database for a module: making a new one takes longer than most tests."""
    with fresh_database(servers, template) as url, closing(Database(url)) as made:
        yield made


@pytest.fixture
def empty_database_url(servers: Servers) -> Iterator[str]:
    """The address of this test's own database without any table."""
    with fresh_database(servers, "template1") as url:
        yield url


@pytest.fixture
def redis_client(servers: Servers) -> Iterator[redis.Redis]:
    """A client of the run's Valkey, emptied for this test."""
    client = redis.Redis.from_url(servers.redis_url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def settings(servers: Servers, database_url: str, redis_client: redis.Redis) -> Settings:
    """Settings as the demo has them, on this test's own database; replace() what a test needs otherwise."""
    return demo_settings(servers, database_url)


def demo_settings(servers: Servers, database_url: str) -> Settings:
    """The demo's settings on one database."""
    env = {
        "DATABASE_URL": database_url,
        "REDIS_URL": servers.redis_url,
        "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_DEMO": "1",
        "BIJLI_HELPLINE": "1800123456",
        "AT_SECRET": SECRET,
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": SECRET,
        "TWILIO_WHATSAPP_SENDER": "+911800123456",
    }
    return replace(Settings.from_env(env), threads=2)


@pytest.fixture(scope="session")
def world_template(servers: Servers, template: str) -> str:
    """A database with the small world of tests/world, loaded once; a test's own is a copy of it."""
    from core.loading import load
    from tests.play import WORLD

    name = "bijli_world"
    servers.admin(f"CREATE DATABASE {name} TEMPLATE {template}")
    database = Database(servers.database_url(name))
    report = load(database, WORLD)
    database.close()
    assert not report.problems, report.problems
    return name


@pytest.fixture
def play(servers: Servers, world_template: str, redis_client: redis.Redis) -> Iterator[Play]:
    """The service on this test's own database, with the small world in it."""
    from tests.play import Play

    with fresh_database(servers, world_template) as url:
        made = Play(replace(demo_settings(servers, url), sms_rate=10_000))
        yield made
        made.close()
