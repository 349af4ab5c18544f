"""A town's database, and the service over it in real processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import structlog

from tests.channels.sms.provider import Provider, takes_everything
from tests.chaos import town
from tests.chaos.rig import Service
from tests.conftest import Servers, fresh_database


@pytest.fixture(autouse=True, scope="module")
def plain_tracebacks() -> Iterator[None]:
    """structlog's own way of painting a traceback takes two seconds, which a test of timing feels."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def town_template(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the town, loaded once."""
    name = "bijli_town"
    servers.admin(f"CREATE DATABASE {name} TEMPLATE {template}")
    town.build(servers.database_url(name), tmp_path_factory.mktemp("town"))
    return name


@pytest.fixture
def kannel() -> Iterator[Provider]:
    """A smsbox that takes every message."""
    with takes_everything() as made:
        yield made


@pytest.fixture
def service(
    servers: Servers, town_template: str, redis_client: redis.Redis, kannel: Provider, tmp_path: Path
) -> Iterator[Service]:
    """The web server of a town, running; its worker is for the test to start."""
    with fresh_database(servers, town_template) as url:
        made = Service(tmp_path, url, servers.redis_url, kannel.url)
        try:
            made.start_web()
            yield made
        finally:
            made.stop()
