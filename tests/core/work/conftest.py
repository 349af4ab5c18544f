"""The desk with the small world behind it."""

from __future__ import annotations

import pytest

from tests.core.work.desk import Desk
from tests.play import Play


@pytest.fixture
def desk(play: Play) -> Desk:
    return Desk(play)
