"""Connections that were off for a part of a month: billed for the days with light, whatever they are now."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import billing
from core.billing import Period
from core.standing import Status
from core.tariffs import Step, Tariff
from tests.core.billing.conftest import NOVEMBER, Town, silent

STATES: tuple[Status, ...] = ("active", "inactive", "disconnected")
A_MONTH = Tariff(300_00)
"""Ten rupees a day of November."""


def day(number: int) -> date:
    return date(2026, 11, number)


def days_of(town: Town, house: int) -> int | None:
    bill = town.bill_of(house)
    return bill.lines[0].days if bill and bill.lines else None


def test_the_day_of_a_change_had_light(town: Town) -> None:
    house = town.house(town.package(A_MONTH, metered=False))
    town.turn(house, "inactive", day(10), hour=6)
    town.turn(house, "active", day(11), hour=18)
    town.turn(house, "inactive", day(20), hour=0)
    town.turn(house, "active", day(20), hour=1)
    town.turn(house, "inactive", day(24), hour=23)
    town.bill()
    assert days_of(town, house) == 24
    assert town.dues(house) == 240_00


def test_off_for_the_whole_month_is_no_bill_and_the_last_days_before_are_one(town: Town) -> None:
    house = town.house(town.package(A_MONTH, metered=False), date(2026, 10, 1))
    town.turn(house, "inactive", date(2026, 10, 31))
    town.bill()
    assert town.bill_of(house) is None
    town.bill(Period.read("2026-10"), date(2026, 12, 1))
    assert town.dues(house) == 300_00


def test_off_since_the_month_ended_is_a_whole_bill(town: Town) -> None:
    house = town.house(town.package(A_MONTH, metered=False))
    town.turn(house, "inactive", date(2026, 12, 1), hour=7)
    town.bill(issued_on=date(2026, 12, 3))
    assert days_of(town, house) == 30


def test_inactive_then_disconnected_is_one_time_off(town: Town) -> None:
    house = town.house(town.package(A_MONTH, metered=False))
    town.turn(house, "inactive", day(10))
    town.turn(house, "disconnected", day(15))
    town.bill()
    assert days_of(town, house) == 10


def test_what_was_kept_before_it_said_what_was_before(town: Town) -> None:
    off, on = (town.house(town.package(A_MONTH, metered=False)) for _ in range(2))
    town.turn(off, "inactive", day(10))
    town.turn(on, "inactive", date(2026, 10, 5))
    town.turn(on, "active", day(21))
    town.run("UPDATE connection_status SET was = NULL")
    town.run("DELETE FROM connection_status WHERE connection_id = :on AND status = 'inactive'", on=on)
    town.bill()
    assert days_of(town, off) == days_of(town, on) == 10


def test_a_history_that_does_not_end_with_what_is_is_not_believed(town: Town) -> None:
    on, off = (town.house(town.package(A_MONTH, metered=False)) for _ in range(2))
    for house in (on, off):
        town.turn(house, "inactive", day(5))
    town.run("UPDATE connection SET status = 'active' WHERE id = :on", on=on)
    town.turn(off, "active", day(7))
    town.run("UPDATE connection SET status = 'inactive' WHERE id = :off", off=off)
    town.bill()
    assert days_of(town, on) == 30
    assert town.bill_of(off) is None


def test_prepaid_in_advance_is_whole_and_activated_later_is_the_rest(town: Town) -> None:
    package = town.package(A_MONTH, prepaid=True, metered=False)
    on, later, never = (town.house(package) for _ in range(3))
    for house in (later, never):
        town.turn(house, "inactive", date(2026, 10, 20))
    town.bill(NOVEMBER, date(2026, 10, 28))
    assert [days_of(town, house) for house in (on, later, never)] == [30, None, None]
    town.turn(later, "active", day(16))
    town.bill(NOVEMBER, day(17))
    assert [days_of(town, house) for house in (on, later, never)] == [30, 15, None]


def test_the_message_says_for_how_many_days(town: Town) -> None:
    package = town.package(A_MONTH, metered=False)
    off, late, whole = town.house(package), town.house(package, day(21)), town.house(package)
    town.turn(off, "inactive", day(10))
    for house in (off, late, whole):
        for place, language in enumerate(("en", "hi", "hi-Latn")):
            phone = f"+9197{house:07}{place}"
            town.run(
                "INSERT INTO phone (e164, language) VALUES (:phone, :language)",
                phone=phone, language=language,
            )  # fmt: skip
            town.run(
                "INSERT INTO connection_phone (connection_id, e164, role, position) "
                "VALUES (:house, :phone, 'payer', :place)",
                house=house, phone=phone, place=place + 1,
            )  # fmt: skip
    town.bill()
    told = {
        house: town.database.reader.rows(
            "SELECT body FROM outbox WHERE connection_id = %(house)s ORDER BY recipient", {"house": house}
        )
        for house in (off, late, whole)
    }
    assert "bill Rs 100 for 01/11/2026 to 30/11/2026, charged for 10 days. In all" in told[off][0][0]
    assert "01/11/2026 से 30/11/2026 के 10 दिन: रु 100।" in told[off][1][0]
    assert "01/11/2026 se 30/11/2026 ke 10 din: Rs 100." in told[off][2][0]
    assert "bill Rs 100 for 21/11/2026 to 30/11/2026, charged for 10 days. In all" in told[late][0][0]
    assert "bill Rs 300 for 01/11/2026 to 30/11/2026. In all" in told[whole][0][0]


def test_an_estimate_is_for_the_days_with_light(town: Town) -> None:
    house = town.house(town.package(Tariff(0, (Step("", 0, None, 10_00),))))
    town.read(house, date(2026, 9, 30), 100_000)
    town.read(house, date(2026, 10, 31), 131_000)
    town.bill(Period.read("2026-10"), day(1))
    town.turn(house, "inactive", day(10))
    town.bill()
    bill = town.bill_of(house)
    assert bill is not None
    assert bill.estimated
    assert bill.amount_paise == 10 * 10_00


def test_a_run_taken_back_and_made_again_asks_the_same(town: Town) -> None:
    house = town.house(town.package(A_MONTH, metered=False))
    town.turn(house, "inactive", day(12))
    before = town.dry()
    run, totals = town.bill()
    billing.reverse(town.database, run.id, silent, service="Bijli Line")
    assert town.dues(house) == 0
    assert town.bill()[1] == totals == before
    assert town.dues(house) == 120_00


def test_any_changes(town: Town) -> None:
    """Against a calendar that is filled in hour by hour."""
    package = town.package(A_MONTH, metered=False)

    @given(
        st.lists(
            st.tuples(
                st.integers(-10, 40),
                st.integers(0, 23),
                st.sampled_from(STATES),
            ),
            max_size=6,
        ),
        st.sampled_from([date(2024, 3, 1), day(7)]),
    )
    @hypothesis_settings(max_examples=40, deadline=None, database=None)
    def check(changes: list[tuple[int, int, Status]], begun: date) -> None:
        house = town.house(package, begun)
        status: Status = "active"
        lit, now = set[date](), (day(1) - timedelta(days=30), 0)
        ends: tuple[int, int, Status] = (60, 0, "active")
        for offset, hour, after in [*sorted(changes, key=lambda change: change[:2]), ends]:
            then = (day(1) + timedelta(days=offset), hour)
            if status == "active":
                whole = (then[0] - now[0]).days + 1
                lit |= {now[0] + timedelta(days=place) for place in range(whole)}
            if offset < 60 and after != status:
                town.turn(house, after, then[0], hour=hour)
                status = after
            now = then
        expected = sum(1 for one in lit if max(begun, day(1)) <= one <= day(30))
        town.bill(issued_on=date(2026, 12, 15))
        assert (days_of(town, house) or 0) == expected

    check()
