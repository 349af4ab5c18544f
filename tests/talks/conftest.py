"""A running service with the small world loaded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.settings import Settings
from tests.play import Play


@pytest.fixture
def play(settings: Settings) -> Iterator[Play]:
    """The service on this test's own database, with tests/world loaded."""
    made = Play(settings)
    made.load_world()
    yield made
    made.close()
