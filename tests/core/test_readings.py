"""Readings on a real database: judged in order, corrected with their history, never falling."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core import readings
from core.readings import Judged, Shown
from core.tariffs import Step, Tariff
from tests.core.billing.conftest import Town, database, town

__all__ = ["database", "town"]
AT = datetime(2026, 12, 20, 6, 0, tzinfo=UTC)
FIRST = date(2026, 11, 1)


def take(town: Town, *rows: Shown) -> list[Judged]:
    with town.database.begin() as session:
        return readings.record_many(session, rows, source="test", at=AT)


@pytest.fixture
def house(town: Town) -> int:
    return town.house(town.package(Tariff(0, (Step("", 0, None, 10_00),))))


def test_each_row_is_judged_by_its_neighbours(town: Town, house: int) -> None:
    day = [FIRST + timedelta(days=n) for n in range(60)]
    rows = [Shown(house, day[0], 1000), Shown(house, day[9], 3000), Shown(house, day[4], 2000)]
    assert [one.state for one in take(town, *rows)] == ["new"] * 3
    assert [one.state for one in take(town, *rows)] == ["same"] * 3
    wrong = take(
        town,
        Shown(house, day[5], 1500), Shown(house, day[6], 3500), Shown(house, day[58], 9000),
        Shown(house, day[4], 2500), Shown(house, day[4], 2600),
    )  # fmt: skip
    assert [one.state for one in wrong] == ["lower", "higher", "future", "corrected", "twice"]
    assert town.scalar("SELECT wh FROM reading_was WHERE connection_id = :house", house=house) == 2000
    [last] = take(town, Shown(house, day[10], 3250))
    assert last == Judged("new", 250, 3000, day[9])


def test_a_register_that_went_round_and_began_again_is_energy_used(town: Town, house: int) -> None:
    take(town, Shown(house, FIRST, 99_990_000))
    day = FIRST + timedelta(days=30)
    assert take(town, Shown(house, day, 15_000))[0].state == "lower"
    assert take(town, Shown(house, day, 15_000, turned_wh=100_000_000))[0].used_wh == 25_000
    assert take(town, Shown(house, day + timedelta(days=2), 16_000))[0].used_wh == 1_000


def test_a_reading_that_a_bill_used_is_not_corrected(town: Town, house: int) -> None:
    take(town, Shown(house, date(2026, 10, 31), 10_000), Shown(house, date(2026, 11, 30), 14_000))
    town.bill()
    assert town.dues(house) == 4 * 10_00
    both = take(town, Shown(house, date(2026, 10, 31), 9_000), Shown(house, date(2026, 11, 30), 15_000))
    assert [one.state for one in both] == ["billed", "billed"]
