"""Counters that never fall, and months that add up."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from core import clock
from core.water import months, units
from core.water.units import Shown
from tests.core.water.well import IN_CHARGE, RAMESH, SURESH, Well
from tests.together import at_once


def test_counters_are_read_once_a_day_and_say_what_was_made_since(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=4), 10_000, 300_000), (day - timedelta(days=2), 11_000, None))
    said = well.say(RAMESH, "WATERMETER 13,000 l 330.5 kWh")
    assert f"Since {day - timedelta(days=2):%d/%m/%Y}: 2,000 l made" in said
    assert f"Since {day - timedelta(days=4):%d/%m/%Y}: 30.5 kWh used" in said
    assert "is noted for today already" in well.say(RAMESH, "WATERMETER 13000 330.5")
    assert "1,500 l made" in well.say(RAMESH, "WATERMETER 12500")
    standing = "SELECT litres, wh FROM water_reading WHERE ended_at IS NULL ORDER BY taken_on DESC LIMIT 1"
    assert well.rows(standing) == [(12_500, 330_500)], "the kWh that were read today stand"
    assert well.rows("SELECT litres, why FROM water_reading WHERE why IS NOT NULL") == [(13_000, "corrected")]


def test_a_counter_never_goes_back_without_a_word_on_why(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=9), 9_000, 100_000), (day - timedelta(days=1), 9_990, 150_000))
    asked = well.say(RAMESH, "WATERMETER 20 155")
    assert "20 l is less than the 9,990" in asked
    assert "4 I typed it wrong" in asked
    assert "Not noted" in well.say(RAMESH, "4")
    newest = (
        "SELECT litres, before_litres, wh FROM water_reading WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
    )
    for answer, made, began in (("2", 30, 10_000), ("1", 20, 9_990)):
        well.say(RAMESH, "WATERMETER 20 155")
        assert f"{made} l made" in well.say(RAMESH, answer)
        assert well.rows(newest) == [(began + 20, began, 155_000)]
    well.say(RAMESH, "WATERMETER 9500 1")
    assert "1 kWh is less than the 100" in well.say(RAMESH, "3")
    assert "9901 kWh used" in well.say(RAMESH, "2")


def test_the_last_reading_may_have_been_the_wrong_one(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=9), 9_000, 100_000), (day - timedelta(days=1), 99_900, 150_000))
    assert "9,990 l is less than the 99,900" in well.say(RAMESH, "WATERMETER 9990 155")
    assert "990 l made" in well.say(RAMESH, "3")
    assert well.rows("SELECT litres, why FROM water_reading WHERE ended_at IS NOT NULL") == [
        (99_900, "wrong")
    ]
    assert well.rows(
        "SELECT litres, wh FROM water_reading WHERE ended_at IS NULL ORDER BY taken_on"
    ) == [(9_000, 100_000), (9_990, 155_000)]  # fmt: skip


def test_too_much_at_once_is_asked_about(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=9), 9_000, 100_000), (day - timedelta(days=1), 17_000, 150_000))
    assert "1,03,000 l since" in well.say(RAMESH, "WATERMETER 120000")
    assert "Not noted" in well.say(RAMESH, "2")
    assert "1350 kWh since" in well.say(RAMESH, "WATERMETER 18000 1500")
    assert "1,000 l made" in well.say(RAMESH, "1")


def test_two_who_read_at_once_leave_one_reading(well: Well) -> None:
    plant = well.plant()
    done = at_once(
        *(
            lambda who=who, litres=litres: well.act(
                who, lambda doing: units.note(doing, Shown(plant, None, litres, 0, None, 0))
            )
            for who, litres in ((RAMESH, 100), (SURESH, 120))
        )
    )
    assert done == [True, True]
    assert well.rows("SELECT count(*) FROM water_reading WHERE ended_at IS NULL") == [(1,)]
    well.shown((clock.today() - timedelta(days=3), 50, None))
    moved = well.act(RAMESH, lambda doing: units.note(doing, Shown(plant, None, 130, 0, None, 0)))
    assert moved == "watermeter.moved"


def test_a_month_beside_the_one_before(well: Well) -> None:
    well.shown(
        (date(2026, 9, 30), 1_000, 10_000),
        (date(2026, 10, 20), 3_000, None),
        (date(2026, 11, 9), 7_000, 50_000),
        (date(2026, 11, 19), 8_000, 60_000),
    )
    for day, litres, paise in (
        (date(2026, 10, 10), 3_900, 7_800_00),
        (date(2026, 11, 5), 2_500, 5_000_00),
        (date(2026, 11, 20), 300, 600_00),
    ):
        well.sold(day, litres, paise)
    [rampur] = months.months(well.reader, well.staff(IN_CHARGE), date(2026, 11, 1))
    before, month = rampur.before, rampur.month
    # 20 October to 9 November made 4,000 l: 11 days of it in October, 9 in November.
    assert (before.made, month.made) == (2_000 + 2_200, 1_800 + 1_000)
    assert (before.read_on, month.read_on) == (date(2026, 10, 31), date(2026, 11, 19))
    assert (month.sold, month.paise, month.price) == (2_800, 5_600_00, 2_00)
    assert month.lost == 1 - Fraction(2_500, 2_800), "the 20th is not compared: nobody has read so far"
    # 40 kWh in 40 days, for 6,000 l; then 10 kWh for 1,000.
    assert (before.wh, month.wh) == (31_000, 9_000 + 10_000)
    assert month.wh_per_kilolitre == round(Fraction(1000 * 19_000, 6_000 * 9 // 40 + 1_000))
    said = well.say(IN_CHARGE, "WATERS RAMPUR 2026-11")
    assert "Made 2,800 l, read till 19/11/2026 (4,200)" in said
    assert "Lost 10.7 % (7.1 %)" in said
    assert "19 kWh (31); per 1,000 l 8.1 (6.7)" in said
    later = months.months(well.reader, well.staff(IN_CHARGE), date(2026, 12, 1))
    assert [one.month.made for one in later] == [None]
    assert "Made: not read yet (2,800)" in well.say(IN_CHARGE, "WATERS 2026-12")
    assert not months.months(well.reader, well.staff(IN_CHARGE), date(2027, 1, 1))
    assert not months.months(well.reader, well.staff(IN_CHARGE), date(2026, 11, 1), "KASBA")


def test_more_sold_than_made_is_said_as_such(well: Well) -> None:
    well.shown((date(2026, 10, 31), 0, None), (date(2026, 11, 10), 1_000, None))
    well.sold(date(2026, 11, 5), 1_250, 2_500_00)
    assert "Lost none, 25 % more sold than made (-)" in well.say(RAMESH, "WATERS 2026-11")


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 900), st.none() | st.integers(0, 90_000)),
        min_size=2,
        max_size=12,
    )
)
def test_months_add_up_to_what_the_counters_showed(
    well: Well, steps: list[tuple[int, int, int | None]]
) -> None:
    with well.play.services.database.begin() as session:
        session.execute(text("DELETE FROM water_reading"))
    day, litres, wh, rows = date(2025, 1, 1), 0, 0, []
    for days, made, used in steps:
        day, litres, wh = day + timedelta(days=days), litres + made, wh + (used or 0)
        rows.append((day, litres, None if used is None else wh))
    well.shown(*rows)
    firsts, first = [], rows[0][0].replace(day=1)
    while first <= rows[-1][0]:
        firsts.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
    found = [
        one.month
        for first in firsts
        for one in months.months(well.reader, well.staff(RAMESH), first)
    ]  # fmt: skip
    # A month is rounded to the litre.
    assert abs(sum(one.made or 0 for one in found) - (rows[-1][1] - rows[0][1])) <= len(found)
    powered = [(day, wh) for day, _, wh in rows if wh is not None]
    used = sum(after[1] - before[1] for before, after in pairwise(powered))
    assert abs(sum(one.wh or 0 for one in found) - used) <= len(found)
