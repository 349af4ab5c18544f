"""A street that has been billed, and one with a late fee."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.dunning.fees import set_rule
from tests.core.dunning.street import Street, billed
from tests.play import Play


@pytest.fixture
def street(play: Play) -> Street:
    return billed(play)


@pytest.fixture
def late(street: Street) -> Iterator[Street]:
    """Two per cent, at most Rs 50, after ten days."""
    set_rule(street, late_fee_hundredths=200, late_fee_cap_paise=50_00)
    yield street
    assert not street.rows("SELECT entry_id FROM posting GROUP BY 1 HAVING sum(amount_paise) <> 0")
