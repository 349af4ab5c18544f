"""From above the limit to light again: who is flagged, told, switched off by day, and restored once paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Thread

import pytest

from core.flags import NOTICE_DAYS, Swept
from core.meters import may_cut
from tests.core.flags.conftest import LIMIT, MONDAY, Village

DAY = timedelta(days=1)
AFTER_NOTICE = MONDAY + (NOTICE_DAYS + 2) * DAY
"""The first Monday on which the notice given on MONDAY is over."""


def off(village: Village) -> int:
    """A house with a smart meter that was told and switched off."""
    house = village.house()
    village.move(house, LIMIT + 1, MONDAY)
    village.sweep(MONDAY)
    village.sweep(AFTER_NOTICE)
    assert village.state(house) == "switched_off"
    return house


def test_at_the_limit_nobody_is_flagged_and_a_paisa_above_somebody_is(village: Village) -> None:
    at_limit, above = village.house(), village.house()
    village.move(at_limit, LIMIT, MONDAY)
    village.move(above, LIMIT + 1, MONDAY)
    assert village.sweep(MONDAY) == Swept(flagged=1)
    assert (village.state(at_limit), village.state(above)) == (None, "flagged")
    assert village.sweep(MONDAY) == Swept()
    [told] = village.told(above)
    assert "Rs 500.01 is overdue" in told
    assert "28/11/2026" in told


def test_a_bill_in_its_days_of_grace_is_no_arrears(village: Village) -> None:
    house, today = village.house(), date(2026, 11, 23)
    village.bill(house, LIMIT + 1, today - 7 * DAY)
    assert village.sweep(MONDAY) == Swept()
    assert village.sweep(MONDAY + DAY) == Swept(flagged=1)


def test_without_a_limit_nobody_is_flagged_and_who_was_is_restored(village: Village) -> None:
    house = off(village)
    village.run("UPDATE organisation SET credit_limit_paise = NULL")
    assert village.sweep(AFTER_NOTICE) == Swept(restored=1)
    assert village.wishes(house) == ["switch_off", "switch_on"]


def test_a_package_may_have_a_limit_of_its_own(village: Village) -> None:
    house = village.house()
    village.move(house, LIMIT + 1, MONDAY)
    village.run("UPDATE package SET credit_limit_paise = :limit WHERE code = 'LIMITED'", limit=LIMIT + 1)
    assert village.sweep(MONDAY) == Swept()


def test_supply_goes_off_after_the_notice_by_day_and_on_again_at_any_hour(village: Village) -> None:
    house = village.house()
    village.move(house, LIMIT + 1, MONDAY)
    village.sweep(MONDAY)
    for at in (MONDAY + 5 * DAY, AFTER_NOTICE - DAY, AFTER_NOTICE - timedelta(hours=3)):
        village.sweep(at)
        assert village.wishes(house) == [], at  # the notice runs; a Sunday; half past seven
    assert village.sweep(AFTER_NOTICE) == Swept(switched_off=1)
    assert (village.wishes(house), village.status(house)) == (["switch_off"], "inactive")
    village.move(house, -1, AFTER_NOTICE)
    assert village.sweep(AFTER_NOTICE + timedelta(hours=12)) == Swept(restored=1)
    assert (village.wishes(house), village.status(house)) == (["switch_off", "switch_on"], "active")
    assert [words.split(": ", 1)[1][:13] for words in village.told(house)] == [
        "Rs 500.01 is ", "your light is", "your light is",
    ]  # fmt: skip
    kept = village.rows("SELECT status, reason FROM connection_status WHERE connection_id = :h", h=house)
    assert kept == [("inactive", "credit_limit"), ("active", "credit_limit")]


def test_without_the_operators_switch_or_a_smart_meter_people_decide(village: Village) -> None:
    by_eye = village.house(smart=False)
    village.move(by_eye, LIMIT + 1, MONDAY)
    village.sweep(MONDAY)
    assert village.sweep(AFTER_NOTICE) == Swept()
    smart = village.house()
    village.move(smart, LIMIT + 1, MONDAY)
    village.sweep(MONDAY)
    village.run("UPDATE organisation SET features = '{}'")
    assert village.sweep(AFTER_NOTICE) == Swept()
    assert (village.state(by_eye), village.state(smart)) == ("flagged", "flagged")


def test_who_pays_before_anything_happens_hears_nothing_more(village: Village) -> None:
    house = village.house()
    village.move(house, LIMIT + 1, MONDAY)
    village.sweep(MONDAY)
    village.move(house, -LIMIT, MONDAY)
    assert village.sweep(AFTER_NOTICE) == Swept(restored=1)
    assert (village.wishes(house), len(village.told(house))) == ([], 1)


def test_a_new_flag_gives_a_new_notice(village: Village) -> None:
    house = off(village)
    village.move(house, -1, AFTER_NOTICE)
    village.sweep(AFTER_NOTICE)
    village.move(house, 1, AFTER_NOTICE)
    assert village.sweep(AFTER_NOTICE) == Swept(flagged=1)
    assert village.wishes(house) == ["switch_off", "switch_on"]


def test_disconnected_stays_dark(village: Village) -> None:
    house = off(village)
    village.run("UPDATE connection SET status = 'disconnected' WHERE id = :house", house=house)
    assert village.sweep(AFTER_NOTICE) == Swept(restored=1)
    assert village.wishes(house) == ["switch_off"]


def test_after_an_excuse_the_notice_begins_anew(village: Village) -> None:
    house = off(village)
    village.run(
        "UPDATE connection_flag SET state = 'excused', excused_until = :until", until=AFTER_NOTICE + DAY
    )
    assert village.sweep(AFTER_NOTICE + DAY) == Swept()
    assert (village.state(house), len(village.told(house))) == ("flagged", 3)
    village.run("UPDATE connection SET status = 'active' WHERE id = :house", house=house)
    assert village.sweep(AFTER_NOTICE + 5 * DAY) == Swept()
    assert village.sweep(AFTER_NOTICE + 8 * DAY) == Swept(switched_off=1)


def test_staff_get_the_list_once_a_plant_and_day_at_a_sensible_hour(village: Village) -> None:
    village.move(village.house(), LIMIT + 1, MONDAY)
    village.sweep(MONDAY - timedelta(hours=5))
    alerts = "SELECT recipient, body FROM outbox WHERE kind = 'staff_alert' ORDER BY recipient"
    assert village.rows(alerts) == []
    village.sweep(MONDAY)
    first = village.rows(alerts)
    assert [row[0][-2:] for row in first] == ["02", "03", "12", "22", "62"]
    assert first[0][1].startswith("Rampur: 1 above the credit limit.\nF")
    village.move(village.house(), LIMIT + 1, MONDAY)
    village.sweep(MONDAY + timedelta(minutes=1))
    assert village.rows(alerts) == first
    village.sweep(MONDAY + DAY)
    assert len(village.rows(alerts)) == 10


def test_two_sweeps_at_once_do_it_once(village: Village) -> None:
    houses = [village.house() for _ in range(30)]
    for house in houses:
        village.move(house, LIMIT + 1, MONDAY)
    threads = [Thread(target=village.sweep, args=(MONDAY,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    village.sweep(MONDAY)
    assert village.rows("SELECT count(*) FROM connection_flag") == [(30,)]
    assert village.rows("SELECT count(*) FROM outbox WHERE kind = 'supply'") == [(30,)]


@pytest.mark.parametrize("day", [date(2026, 1, 26), date(2026, 8, 15), date(2026, 10, 2)])
def test_national_holidays_are_kept(day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 6, 30, tzinfo=UTC)
    assert not may_cut(noon, ())
    assert not may_cut(noon + DAY, {day + DAY})
