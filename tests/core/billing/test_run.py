"""Billing runs: dry and posted, again and taken back, read and estimated, before and after use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from core import billing, ledger
from core.billing import BillingError, Period, run, runs
from core.billing.telling import sensible
from core.db import Database
from core.tariffs import Step, Tariff, charge
from tests.core.billing.conftest import NOVEMBER, Town, as_lines, new_town, silent

FLAT = Tariff(50_00, (Step("", 0, None, 22_50),))
MONTHLY = Tariff(160_00)
DECEMBER = Period.read("2026-12")


def metered(town: Town, opening: int = 100_000, closing: int | None = 114_200) -> int:
    """A house on FLAT, read at the beginning of November and perhaps at its end."""
    house = town.house(town.package(FLAT))
    town.read(house, date(2026, 10, 31), opening)
    if closing is not None:
        town.read(house, date(2026, 11, 30), closing)
    return house


def pay(town: Town, house: int, paise: int) -> None:
    with town.database.begin() as session:
        dues = ledger.account_id(session, "dues", connection_id=house)
        held = ledger.account_id(session, "income", plant_id=town.plant)
        ledger.post(
            session, source=f"test:{house}:{paise}:{datetime.now(UTC)}", kind="payment", plant_id=town.plant,
            at=datetime.now(UTC), moves=[(dues, -paise), (held, paise)],
        )  # fmt: skip


def test_a_dry_run_says_what_posting_then_does(town: Town) -> None:
    house = metered(town)
    dry = town.dry()
    assert (dry.bills, dry.paise, dry.estimated) == (1, 369_50, 0)
    assert town.bill_of(house) is None
    made, posted = town.bill()
    assert posted == dry
    assert made.state == "posted"
    assert town.dues(house) == 369_50
    town.books_are_true()


def test_a_second_run_bills_only_who_is_missing(town: Town) -> None:
    house = metered(town)
    town.bill()
    late = metered(town)
    _, totals = town.bill()
    assert totals.bills == 1
    assert town.dues(house) == town.dues(late) == 369_50


def test_two_processes_at_once_bill_everybody_once(town: Town) -> None:
    houses = [metered(town) for _ in range(20)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: town.bill(), range(3)))
    assert {town.dues(house) for house in houses} == {369_50}
    town.books_are_true()


def test_a_run_that_ends_while_it_is_looked_for_is_not_in_the_way(town: Town) -> None:
    house = metered(town)
    first = runs.open_run(town.database, town.plant, NOVEMBER, date(2026, 12, 1))
    looked: list[int] = []

    def end_the_first(*given: object) -> None:
        if "SELECT id, period_from" in str(given[2]) and not looked:
            looked.append(first)
            with closing(Database(town.database.url)) as other:
                billing.finish(other, first, silent, default_language="en", service="Bijli Line")

    event.listen(town.database.engine, "before_cursor_execute", end_the_first)
    second = runs.open_run(town.database, town.plant, DECEMBER, date(2027, 1, 1))
    event.remove(town.database.engine, "before_cursor_execute", end_the_first)
    assert looked == [first]
    assert runs.load(town.database, second).period == DECEMBER
    assert town.dues(house) == 369_50


def test_arrears_and_advance_stand_on_the_bill(town: Town) -> None:
    owing, ahead = metered(town), metered(town)
    pay(town, ahead, 400_00)
    pay(town, owing, -300_00)
    town.bill()
    bills = town.bill_of(owing), town.bill_of(ahead)
    assert [bill and bill.before_paise for bill in bills] == [300_00, -400_00]
    assert (town.dues(owing), town.dues(ahead)) == (669_50, -30_50)


def test_use_is_billed_when_the_month_is_over_and_a_prepaid_month_in_advance(town: Town) -> None:
    metered(town)
    ahead = town.house(town.package(MONTHLY, prepaid=True, metered=False))
    _, totals = town.bill(NOVEMBER, date(2026, 10, 25))
    assert (totals.bills, totals.prepaid) == (1, 1)
    assert town.dues(ahead) == 160_00
    _, totals = town.bill(NOVEMBER, date(2026, 12, 1))
    assert (totals.bills, totals.prepaid) == (1, 0)
    with pytest.raises(BillingError, match="too far away"):
        town.dry(Period.read("2027-03"), date(2026, 12, 1))


def test_a_missing_reading_is_estimated_and_settled_by_the_next(town: Town) -> None:
    house = metered(town, 100_000, 130_000)
    town.bill()
    town.bill(DECEMBER, date(2027, 1, 1))
    december = town.bill_of(house)
    assert december is not None
    # 30 kWh in 30 days of November: 31 for December.
    assert (december.estimated, december.opening_wh, december.closing_wh) == (True, 130_000, 161_000)
    town.read(house, date(2027, 1, 31), 180_000)
    town.bill(Period.read("2027-01"), date(2027, 2, 1))
    january = town.bill_of(house)
    assert january is not None
    assert (january.estimated, january.opening_wh, january.closing_wh) == (False, 161_000, 180_000)
    assert town.dues(house) == 3 * 50_00 + 80 * 22_50


def test_what_an_estimate_took_too_much_is_used_up_first(town: Town) -> None:
    house = metered(town, 100_000, 130_000)
    town.bill()
    town.bill(DECEMBER, date(2027, 1, 1))
    for month, read_on, wh in (
        ("2027-01", date(2027, 1, 31), 150_000),
        ("2027-02", date(2027, 2, 28), 165_000),
    ):
        town.read(house, read_on, wh)
        town.bill(Period.read(month), date(2027, 3, 1))
    # No kWh was paid twice: the meter went from 100 to 165.
    assert town.dues(house) == 4 * 50_00 + 65 * 22_50


def test_nothing_is_guessed_for_a_house_that_was_never_read(town: Town) -> None:
    house = town.house(town.package(FLAT))
    _, totals = town.bill()
    assert totals.estimated == 1
    assert town.dues(house) == 50_00


def test_a_meter_that_runs_backwards_is_not_believed(town: Town) -> None:
    house = metered(town, 100_000, 90_000)
    assert town.dry().backwards == 1
    town.bill()
    bill = town.bill_of(house)
    assert bill is not None
    assert bill.estimated
    assert town.dues(house) == 50_00


def test_a_run_taken_back_leaves_no_trace_in_balances(town: Town) -> None:
    houses = [metered(town) for _ in range(3)]
    pay(town, houses[0], 100_00)
    made, _ = town.bill()
    assert billing.reverse(town.database, made.id, silent, service="Bijli Line") == 3
    assert billing.reverse(town.database, made.id, silent, service="Bijli Line") == 0
    assert [town.dues(house) for house in houses] == [-100_00, 0, 0]
    assert town.bill_of(houses[0]) is None
    town.books_are_true()
    town.bill()
    assert town.dues(houses[1]) == 369_50


def test_the_bills_of_a_batch_are_one_entry_and_so_is_their_end(town: Town) -> None:
    for _ in range(3):
        metered(town)
    free = town.house(town.package(Tariff(0), metered=False))
    made, _ = town.bill()
    entries = "SELECT count(*) FROM entry WHERE plant_id = :plant AND kind = :kind"
    postings = "SELECT count(*) FROM posting JOIN entry ON entry.id = entry_id WHERE plant_id = :plant"
    assert town.scalar(entries, plant=town.plant, kind="bill") == 1
    # Three houses, and what the plant earned. A bill of nothing moves nothing.
    assert town.scalar(postings, plant=town.plant) == 4
    assert not town.scalar("SELECT count(entry_id) FROM bill WHERE connection_id = :house", house=free)
    assert billing.reverse(town.database, made.id, silent, service="Bijli Line") == 4
    assert town.scalar(entries, plant=town.plant, kind="reversal") == 1
    assert town.scalar(postings, plant=town.plant) == 8


def test_a_run_that_takes_more_than_one_batch_is_taken_back_entry_by_entry(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses = [metered(town) for _ in range(7)]
    monkeypatch.setattr(run, "BATCH", 3)
    made, totals = town.bill()
    # Smaller steps than the batches that were posted: no entry is torn.
    monkeypatch.setattr(run, "BATCH", 2)
    assert billing.reverse(town.database, made.id, silent, service="Bijli Line") == totals.bills == 7
    assert {town.dues(house) for house in houses} == {0}
    town.books_are_true()


def test_a_house_that_comes_while_a_run_is_broken_off_is_billed_with_it(town: Town) -> None:
    early = metered(town)
    run_id = runs.open_run(town.database, town.plant, NOVEMBER, date(2026, 12, 1))
    with town.database.begin() as session:
        run.post_range(session, runs.load(town.database, run_id), 0, early + 100)
    late = metered(town)
    gone_on_with, totals = town.bill()
    assert (gone_on_with.id, totals.bills) == (run_id, 2)
    assert town.dues(early) == town.dues(late) == 369_50
    town.books_are_true()


def test_a_run_under_another_can_not_be_taken_back(town: Town) -> None:
    metered(town)
    first, _ = town.bill()
    second, _ = town.bill(DECEMBER, date(2027, 1, 1))
    with pytest.raises(BillingError, match=f"run {second.id} has billed on top"):
        billing.reverse(town.database, first.id, silent, service="Bijli Line")
    billing.reverse(town.database, second.id, silent, service="Bijli Line")
    billing.reverse(town.database, first.id, silent, service="Bijli Line")
    town.books_are_true()


def test_an_old_bill_keeps_its_old_price(town: Town) -> None:
    package = town.package(MONTHLY, metered=False)
    house = town.house(package)
    town.tariff(package, Tariff(200_00), date(2026, 12, 1))
    town.bill()
    town.bill(DECEMBER, date(2027, 1, 1))
    assert town.dues(house) == 360_00


def test_bills_go_out_once_by_day_in_each_language(town: Town) -> None:
    house = metered(town)
    for last, language in ((1, "en"), (2, "hi")):
        phone = f"+9198{house:07}{last}"
        town.run(
            "INSERT INTO phone (e164, language) VALUES (:phone, :language)", phone=phone, language=language
        )
        town.run(
            "INSERT INTO connection_phone (connection_id, e164, role, position) "
            "VALUES (:house, :phone, 'payer', :last)",
            house=house, phone=phone, last=last,
        )  # fmt: skip
    made, _ = town.bill()
    billing.finish(town.database, made.id, silent, default_language="en", service="Bijli Line")
    written = town.database.reader.rows(
        "SELECT language, body, extract(hour FROM next_at AT TIME ZONE 'Asia/Kolkata')::int FROM outbox "
        "WHERE connection_id = %(house)s ORDER BY language",
        {"house": house},
    )
    assert [row[0] for row in written] == ["en", "hi"]
    assert "Rs 369.50" in written[0][1]
    assert "रु 369.50" in written[1][1]
    assert all(8 <= row[2] < 20 for row in written)
    billing.reverse(town.database, made.id, silent, service="Bijli Line")
    assert (
        town.scalar("SELECT count(*) FROM outbox WHERE connection_id = :h AND state = 'queued'", h=house) == 0
    )


@pytest.mark.parametrize(
    ("utc_hour", "wanted"),
    [(3, (21, 3, 0)), (20, (22, 2, 30)), (0, (21, 2, 30))],
    ids=["by day at once", "at night the next morning", "early the same morning"],
)
def test_sensible_hours(utc_hour: int, wanted: tuple[int, int, int]) -> None:
    moment = sensible(datetime(2026, 11, 21, utc_hour, 0, tzinfo=UTC)).astimezone(UTC)
    assert (moment.day, moment.hour, moment.minute) == wanted


BOUNDS = st.lists(st.integers(1, 200_000), max_size=3, unique=True).map(sorted)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    """Any tariff: slabs, bands, slabs within bands."""
    bands = draw(st.sampled_from([("",), ("day", "evening")]))
    steps: list[Step] = []
    for band in bands:
        bounds = [0, *draw(BOUNDS)]
        for lower, upper in zip(bounds, [*bounds[1:], None], strict=True):
            steps.append(Step(band, lower, upper, draw(st.integers(1, 50_00))))
    return Tariff(draw(st.integers(0, 500_00)), tuple(steps), bands[0])


@given(
    tariff=tariffs(),
    begun=st.integers(1, 20),
    day=st.integers(0, 150_000),
    evening=st.integers(0, 150_000),
    more=st.integers(0, 20_000),
)
@settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_sql_equals_the_pure_arithmetic(
    database: Database, tariff: Tariff, begun: int, day: int, evening: int, more: int
) -> None:
    town = new_town(database)
    first = date(2026, 11, begun)
    house = town.house(town.package(tariff), first)
    used = {"day": day, "evening": evening} if tariff.rest_band else None
    wh = day + evening + more
    town.read(house, first, 5_000, {"day": 2_000, "evening": 3_000} if used else None)
    town.read(
        house, NOVEMBER.last, 5_000 + wh, {"day": 2_000 + day, "evening": 3_000 + evening} if used else None
    )
    town.bill()
    bill = town.bill_of(house)
    assert bill is not None
    wanted = charge(tariff, wh, 31 - begun, 30, used)
    assert sorted(as_lines(bill.lines), key=str) == sorted(wanted, key=str)
    assert bill.amount_paise == sum(line.paise for line in wanted) == town.dues(house)
