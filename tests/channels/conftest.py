"""A provider that can be told what to answer, a database, and gateways that speak to that provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.db import Database
from core.settings import Settings
from tests.channels.sms.provider import Answer, Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A stand-in that takes everything, until a test says otherwise."""
    made = Provider(lambda taken: Answer(202, "0: Accepted for delivery", "text/plain"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings.database_url)
    yield made
    made.close()
