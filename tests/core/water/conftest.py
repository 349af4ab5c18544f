"""A well for each test."""

from __future__ import annotations

import pytest

from tests.core.water.well import Well
from tests.play import Play


@pytest.fixture
def well(play: Play) -> Well:
    return Well(play)
