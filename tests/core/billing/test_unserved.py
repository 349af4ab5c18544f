"""Months paid in advance whose light then went off: the days not served come back with the next bill."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conversations.customer import bill_line
from core import billing
from core.billing import Period
from core.db import Database
from core.standing import Status
from core.tariffs import Step, Tariff, half_up
from core.text import render
from tests.core.billing.conftest import NOVEMBER, Town, new_town, silent

DECEMBER, JANUARY = Period.read("2026-12"), Period.read("2027-01")
A_MONTH = Tariff(300_00)
"""Ten rupees a day of November."""


def in_advance(town: Town, tariff: Tariff = A_MONTH) -> int:
    """A house whose November was billed in October."""
    house = town.house(town.package(tariff, prepaid=True, metered=False))
    town.bill(NOVEMBER, date(2026, 10, 28))
    return house


def said(town: Town, house: int, language: str = "en") -> list[str]:
    bill = town.bill_of(house)
    assert bill is not None
    lines = bill.lines or []
    assert bill.amount_paise == sum(line.paise for line in lines)
    return [render(bill_line(line), language) for line in lines]


def test_days_off_come_back_with_the_next_bill_and_never_again(town: Town) -> None:
    house = in_advance(town)
    town.turn(house, "inactive", date(2026, 11, 10))
    town.turn(house, "active", date(2026, 11, 21))
    assert town.dry(DECEMBER, date(2026, 11, 28)).paise == 200_00
    _, totals = town.bill(DECEMBER, date(2026, 11, 28))
    assert totals.paise == 200_00
    assert said(town, house) == [
        "Fixed charge, 31 days: Rs 300",
        "Back for 10 days off in 11/2026: -Rs 100",
    ]
    assert said(town, house, "hi")[1] == "11/2026 में 10 दिन बंद रहा, वापस: -रु 100"
    assert said(town, house, "hi-Latn")[1] == "11/2026 mein 10 din band raha, wapas: -Rs 100"
    assert town.dues(house) == 500_00
    town.bill(JANUARY, date(2026, 12, 28))
    assert said(town, house) == ["Fixed charge, 31 days: Rs 300"]
    town.books_are_true()


def test_who_is_off_gets_it_with_the_first_bill_after(town: Town) -> None:
    house = in_advance(town)
    town.turn(house, "inactive", date(2026, 11, 10))
    town.bill(DECEMBER, date(2026, 11, 28))
    assert town.dues(house) == 300_00
    town.turn(house, "active", date(2026, 12, 6))
    town.bill(DECEMBER, date(2026, 12, 7))
    assert said(town, house) == [
        "Fixed charge, 26 days: Rs 251.61",
        "Back for 20 days off in 11/2026: -Rs 200",
    ]
    assert town.dues(house) == 351_61


def test_days_that_are_not_over_at_the_bill_wait_for_the_one_after(town: Town) -> None:
    house = in_advance(town)
    town.turn(house, "inactive", date(2026, 11, 20))
    town.turn(house, "active", date(2026, 11, 23))
    town.bill(DECEMBER, date(2026, 11, 27))
    assert said(town, house)[1:] == ["Back for 2 days off in 11/2026: -Rs 20"]
    town.turn(house, "inactive", date(2026, 11, 28))
    town.turn(house, "active", date(2026, 12, 4))
    town.bill(JANUARY, date(2026, 12, 28))
    assert said(town, house)[1:] == [
        "Back for 2 days off in 11/2026: -Rs 20",
        "Back for 3 days off in 12/2026: -Rs 29.03",
    ]


def test_what_is_more_than_the_bill_follows_with_the_next(town: Town) -> None:
    house = in_advance(town)
    town.turn(house, "inactive", date(2026, 10, 31))
    town.turn(house, "active", date(2026, 12, 27))
    _, totals = town.bill(DECEMBER, date(2026, 12, 31))
    assert totals.paise == 0
    assert said(town, house) == [
        "Fixed charge, 5 days: Rs 48.39",
        "Back for 30 days off in 11/2026: -Rs 48.39 (Rs 251.61 more with the next bill)",
    ]
    town.bill(JANUARY, date(2027, 1, 1))
    assert said(town, house) == [
        "Fixed charge, 31 days: Rs 300",
        "Rest back for days off in 11/2026: -Rs 251.61",
    ]
    assert said(town, house, "hi")[1] == "11/2026 के बंद दिनों का बाकी, वापस: -रु 251.61"
    assert town.dues(house) == 348_39


def test_a_run_taken_back_takes_along_what_it_gave_back(town: Town) -> None:
    house = in_advance(town)
    town.turn(house, "inactive", date(2026, 11, 10))
    town.turn(house, "active", date(2026, 11, 21))
    for _ in range(2):
        run, _totals = town.bill(DECEMBER, date(2026, 11, 28))
        assert town.dues(house) == 500_00
        billing.reverse(town.database, run.id, silent, service="Bijli Line")
        assert town.dues(house) == 300_00
    town.bill(DECEMBER, date(2026, 12, 1))
    assert town.dues(house) == 500_00
    town.books_are_true()


def test_a_month_billed_when_it_was_over_has_nothing_to_give_back(town: Town) -> None:
    house = town.house(town.package(A_MONTH, prepaid=True, metered=False))
    town.turn(house, "inactive", date(2026, 11, 10))
    town.turn(house, "active", date(2026, 11, 21))
    town.bill(NOVEMBER, date(2026, 12, 1))
    town.bill(DECEMBER, date(2026, 12, 1))
    assert town.dues(house) == 500_00


def test_a_package_that_is_paid_after_use_now_gives_back_what_the_old_one_took(town: Town) -> None:
    house = in_advance(town)
    town.turn(house, "inactive", date(2026, 11, 10))
    town.turn(house, "active", date(2026, 11, 21))
    town.run(
        "UPDATE connection SET package_id = :package WHERE id = :house",
        package=town.package(Tariff(0, (Step("", 0, None, 20_00),))), house=house,
    )  # fmt: skip
    town.read(house, date(2026, 11, 30), 100_000)
    town.read(house, date(2026, 12, 31), 110_000)
    town.bill(DECEMBER, date(2027, 1, 1))
    assert said(town, house) == [
        "10 units at Rs 20: Rs 200",
        "Back for 10 days off in 11/2026: -Rs 100",
    ]


def test_who_is_off_when_the_month_is_billed_in_it_pays_for_all_its_light_later(town: Town) -> None:
    house = town.house(town.package(A_MONTH, prepaid=True, metered=False))
    town.turn(house, "inactive", date(2026, 11, 10))
    town.bill(NOVEMBER, date(2026, 11, 15))
    assert town.dues(house) == 0
    town.turn(house, "active", date(2026, 11, 21))
    town.bill(NOVEMBER, date(2026, 11, 25))
    assert said(town, house) == ["Fixed charge, 20 days: Rs 200"]


def test_any_switching_in_any_months(database: Database) -> None:
    """What the months cost in the end is the light of each, as a calendar of days has it."""
    ahead = [NOVEMBER, DECEMBER, JANUARY]
    after = [Period.read(f"2027-0{place}") for place in range(2, 6)]

    @given(
        st.lists(st.tuples(st.integers(0, 91), st.integers(1, 20)), max_size=4),
        st.tuples(*[st.integers(0, 20)] * 3),
    )
    @hypothesis_settings(max_examples=12, deadline=None, database=None, phases=[Phase.generate])
    def check(times_off: list[tuple[int, int]], days_early: tuple[int, ...]) -> None:
        town, dark, on_since = new_town(database), set[date](), NOVEMBER.first
        house = town.house(town.package(A_MONTH, prepaid=True, metered=False), NOVEMBER.first)
        events: list[tuple[date, int, Period | Status]] = [
            (month.first - timedelta(days=early), 0, month)
            for month, early in zip(ahead, days_early, strict=True)
        ]
        for wait, days in sorted(times_off):
            away = max(on_since, NOVEMBER.first + timedelta(days=wait))
            on_since = away + timedelta(days=days + 1)
            events += [(away, 1, "inactive"), (away + timedelta(days=days), 1, "active")]
            dark |= {away + timedelta(days=place) for place in range(1, days)}
        for day, _, what in sorted(events, key=lambda event: event[:2]):
            if isinstance(what, Period):
                # As operators do: first whoever was off when the month before was billed.
                town.bill(Period.read(f"{what.first - timedelta(days=1):%Y-%m}"), day)
                town.bill(what, day)
            else:
                town.turn(house, what, day)
        # Who was off on the day of a run is billed later; bills made long after give back all that is left.
        for month in ahead:
            town.bill(month, month.last)
        for month in after:
            town.bill(month, date(2027, 6, 1))
        assert town.dues(house) == sum(
            half_up(300_00 * sum(day not in dark for day in days_of(month)), month.days)
            for month in (*ahead, *after)
        )

    check()


def days_of(month: Period) -> list[date]:
    return [month.first + timedelta(days=place) for place in range(month.days)]
