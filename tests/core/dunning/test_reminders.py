"""Reminders: on their days, once, by day, to whoever still owes something of the bill."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core import billing, payments
from core.dunning import reminders
from core.errors import SettingError
from core.settings import Settings
from tests.conftest import SECRET
from tests.core.dunning.street import ASHA, DUE, GEETA, RAMESH, Street


def heard(street: Street, day: date, hour: int = 12) -> set[str]:
    return {phone for phone, _ in street.sweep(day, hour)}


def test_a_bill_is_recalled_three_times_and_then_no_more(street: Street) -> None:
    days = [DUE + timedelta(days=offset) for offset in range(-14, 45)]
    told = [day for day in days if ASHA in heard(street, day)]
    assert told == [date(2026, 12, 13), date(2026, 12, 20), date(2026, 12, 27)]


def test_the_words_name_bill_amount_and_day(street: Street) -> None:
    dues = street.dues("120457") / 100
    [words] = [words for phone, words in street.sweep(DUE - timedelta(days=3)) if phone == GEETA]
    assert words.startswith("120481 का बिल 01/11/2026 से 30/11/2026: रु ")
    [words] = [words for phone, words in street.sweep(DUE + timedelta(days=4)) if phone == ASHA]
    assert words == (
        f"120457: bill of 01/11/2026 to 30/11/2026, Rs {dues:.2f} still open, due 16/12/2026. "
        "Already paid? Then all is well. Bijli Line"
    )


def test_the_same_day_again_says_nothing_again(street: Street) -> None:
    assert ASHA in heard(street, DUE - timedelta(days=3))
    assert heard(street, DUE - timedelta(days=3)) == set()
    assert heard(street, DUE - timedelta(days=2)) == set()


def test_whoever_has_paid_hears_nothing(street: Street) -> None:
    connection, dues = street.connection("120457"), street.dues("120457")
    street.act(RAMESH, lambda doing: payments.take_cash(doing, connection, dues))
    told = heard(street, DUE - timedelta(days=3))
    assert GEETA in told
    assert ASHA not in told


def test_a_part_payment_leaves_the_rest_to_be_recalled(street: Street) -> None:
    connection, dues = street.connection("120457"), street.dues("120457")
    street.act(RAMESH, lambda doing: payments.take_cash(doing, connection, dues - 20_00))
    assert any(
        phone == ASHA and "Rs 20 still open" in words for phone, words in street.sweep(date(2026, 12, 13))
    )


def test_nobody_is_woken(street: Street) -> None:
    assert heard(street, DUE - timedelta(days=3), hour=7) == set()
    assert heard(street, DUE - timedelta(days=3), hour=20) == set()
    assert ASHA in heard(street, DUE - timedelta(days=3), hour=8)


def test_a_round_missed_on_its_day_is_made_on_the_next_or_not_at_all(street: Street) -> None:
    assert ASHA in heard(street, DUE - timedelta(days=2))
    assert heard(street, DUE + timedelta(days=6)) == set()


def test_a_bill_taken_back_is_not_recalled(street: Street) -> None:
    run = street.rows("SELECT max(id) FROM billing_run")[0][0]
    billing.reverse(street.play.services.database, run, lambda *_: None, service="Bijli Line")
    assert heard(street, DUE - timedelta(days=3)) == set()


def test_unreachable_phones_and_organisations_that_want_none(street: Street) -> None:
    with street.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            f"UPDATE phone SET unreachable = 'blocked' WHERE e164 = '{ASHA}'"
        )
    told = heard(street, DUE - timedelta(days=3))
    assert GEETA in told
    assert ASHA not in told
    with street.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE organisation SET features = '{\"reminders\": false}'")
    assert heard(street, DUE + timedelta(days=4)) == set()


def test_a_round_broken_off_is_gone_on_with(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of one bill; the second breaks, and the next sweep tells the others only."""
    monkeypatch.setattr(reminders, "BATCH", 1)
    whole, calls = reminders.to_rested, []

    def broken(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise OSError("killed")
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reminders, "to_rested", broken)
    with pytest.raises(OSError, match="killed"):
        street.sweep(DUE - timedelta(days=3))
    first = street.rows("SELECT count(*) FROM outbox WHERE kind = 'reminder'")[0][0]
    street.sweep(DUE - timedelta(days=3))
    told = street.rows("SELECT recipient FROM outbox WHERE kind = 'reminder'")
    assert first < len(told) == len(set(told))
    assert {(ASHA,), (GEETA,)} <= set(told)


@pytest.mark.parametrize("wrong", ["", "x", "1,1", "1,2,3,4", "-15", "61", "3,"])
def test_a_wrong_setting_is_named(wrong: str) -> None:
    env = {
        "DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "BIJLI_SECRET_KEY": SECRET,
        "BIJLI_DEMO": "1", "BIJLI_HELPLINE": "1", "AT_SECRET": SECRET, "BIJLI_REMINDER_DAYS": wrong or "-",
    }  # fmt: skip
    with pytest.raises(SettingError, match="BIJLI_REMINDER_DAYS"):
        Settings.from_env(env)
    assert Settings.from_env(env | {"BIJLI_REMINDER_DAYS": "none"}).reminder_days == ()
