"""Whoever sells appliances on instalments."""

from __future__ import annotations

import pytest

from tests.core.schemes.selling import Shop
from tests.play import Play


@pytest.fixture
def shop(play: Play) -> Shop:
    return Shop(play)
