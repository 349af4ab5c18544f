"""Water of an earlier day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import pytest

from core import clock, handing
from core.water import selling
from tests.core.water.well import RAMESH, Well


def test_what_was_sold_earlier_counts_for_its_day_and_its_cash_from_now_on(well: Well) -> None:
    well.play.text(RAMESH, "LANGUAGE ENGLISH")
    before = clock.today() - timedelta(days=2)
    line = f"WATER 400 800 {before:%d/%m}"
    assert f"{before:%d/%m/%Y}" in well.say(RAMESH, line)
    assert "That day 400 l" in well.say(RAMESH, "1")
    [(sold_on, at)] = well.rows("SELECT sold_on, sold_at FROM water_sale")
    assert sold_on == before
    assert isinstance(at, datetime)
    assert clock.local(at).date() > before
    assert handing.held(well.reader, well.staff(RAMESH)) == 800_00
    assert "Taken back" in well.say(RAMESH, "UNDO") + well.say(RAMESH, "1")
    assert well.rows("SELECT count(*) FROM water_sale WHERE undone_at IS NULL") == [(0,)]


def test_a_day_that_can_not_be_is_asked_for_again_and_nothing_is_lost(well: Well) -> None:
    well.play.text(RAMESH, "LANGUAGE ENGLISH")
    long_ago = clock.today() - timedelta(days=20)
    assert "Which day" in well.say(RAMESH, f"WATER 400 800 {long_ago:%d/%m/%Y}")
    assert "Which day" in well.say(RAMESH, "31/02")
    assert "like 19/11" in well.say(RAMESH, "last week")
    yesterday = clock.today() - timedelta(days=1)
    well.say(RAMESH, "yesterday")
    well.say(RAMESH, "1")
    [(sold_on, litres, paise)] = well.rows("SELECT sold_on, litres, amount_paise FROM water_sale")
    assert sold_on in (yesterday, yesterday + timedelta(days=1))  # a midnight may come between
    assert (litres, paise) == (400, 800_00)


@pytest.mark.parametrize(
    ("today", "said", "meant"),
    [
        (date(2027, 1, 3), selling.Sold(29, 12), date(2026, 12, 29)),
        (date(2028, 3, 2), selling.Sold(29, 2), date(2028, 2, 29)),
        (date(2027, 3, 2), selling.Sold(29, 2), None),
        (date(2026, 11, 20), selling.Sold(20, 11), date(2026, 11, 20)),
        (date(2026, 11, 20), selling.Sold(21, 11), None),
        (date(2026, 11, 20), selling.Sold(12, 11), None),
        (date(2026, 11, 20), selling.Sold(13, 11, 2026), date(2026, 11, 13)),
        (date(2026, 11, 20), selling.Sold(13, 11, 2025), None),
        (date(2027, 1, 1), None, date(2026, 12, 31)),
    ],
)
def test_the_day_that_is_meant(today: date, said: selling.Sold | None, meant: date | None) -> None:
    assert selling.day_of(said, today) == meant


def test_nothing_is_noted_for_a_day_to_come_or_long_ago(well: Well) -> None:
    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=30)):
        sell = partial(selling.sell, plant_id=well.plant(), litres=400, paise=800_00, on=day)
        assert well.act(RAMESH, sell) == "water.not_then"
