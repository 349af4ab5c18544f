"""A provider that can be told what to answer, and a database without any message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core.db import Database
from tests.channels.sms.provider import Answer, Provider
from tests.conftest import Servers, fresh_database


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A stand-in that takes everything, until a test says otherwise."""
    made = Provider(lambda taken: Answer(202, "0: Accepted for delivery", "text/plain"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def kept_database(servers: Servers, template: str) -> Iterator[Database]:
    """One database for a module: making a new one takes longer than most tests."""
    with fresh_database(servers, template) as url:
        made = Database(url)
        yield made
        made.close()


@pytest.fixture
def outbox_database(kept_database: Database) -> Database:
    """The module's database, with an empty outbox, no trouble and no phones."""
    with kept_database.begin() as session:
        session.execute(text("DELETE FROM outbox; DELETE FROM gateway_pause; DELETE FROM phone"))
    return kept_database
