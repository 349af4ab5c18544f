"""Late fees: announced first, charged once, never on a fee; gone with their bill or by an in-charge."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from core import billing, disputes
from core.dunning import charging, late_fees, reminders
from tests.core.dunning.fees import (
    IN_CHARGE,
    LAST,
    NOTICE,
    announce,
    bill,
    bill_for,
    charge,
    fees,
    pay,
    run,
    sent,
    set_rule,
)
from tests.core.dunning.street import ASHA, DUE, GEETA, Street, noon


def open_of(street: Street, number: str) -> int:
    """Before any fee: of the bill alone, however much stood before it."""
    return min(bill(street, number)[1], street.dues(number))


def two_percent(paise: int) -> int:
    return min((2 * paise * 200 + 10_000) // 20_000, 50_00)


def test_it_is_announced_then_charged_once(late: Street) -> None:
    assert announce(late, NOTICE - timedelta(days=1)) == []
    dues, fee = late.dues("120457"), two_percent(open_of(late, "120457"))
    told = dict(announce(late, NOTICE))
    assert told[ASHA] == (
        f"120457: Rs {open_of(late, '120457') / 100:.2f} of the bill due 16/12/2026 is still open. "
        f"If it is open after 26/12/2026, a late fee of Rs {fee / 100:.2f} is added. More time? "
        "Send LATER. Already paid? Then all is well. Bijli Line"
    ).replace(".00 ", " ")
    assert announce(late, NOTICE) == announce(late, NOTICE + timedelta(days=1)) == []
    assert charge(late, LAST) == 0
    assert charge(late, LAST + timedelta(days=1)) > 0
    assert late.dues("120457") == dues + fee == dues + fees(late)["120457"]
    assert charge(late, LAST + timedelta(days=2)) == 0
    assert late.rows("SELECT sum(balance_paise) FROM account WHERE kind = 'late_fees'") == [
        (-sum(fees(late).values()),)
    ]


def test_no_rule_no_notice(street: Street) -> None:
    assert announce(street, NOTICE) == []


@pytest.mark.parametrize(
    ("columns", "fee"),
    [
        ({"late_fee_paise": 20_00}, lambda open_: min(20_00, open_)),
        ({"late_fee_paise": 9_000_00}, lambda open_: open_),
        ({"late_fee_paise": 20_00, "late_fee_cap_paise": 7_50}, lambda _: 7_50),
        ({"late_fee_hundredths": 125}, lambda open_: (2 * open_ * 125 + 10_000) // 20_000),
        ({"late_fee_hundredths": 100_00, "late_fee_cap_paise": 3_33}, lambda _: 3_33),
    ],
)
def test_the_rules(street: Street, columns: dict[str, int], fee: Callable[[int], int]) -> None:
    set_rule(street, **columns)
    announce(street, NOTICE)
    charge(street, LAST + timedelta(days=1))
    assert fees(street)["120457"] == fee(open_of(street, "120457"))


def test_whoever_pays_in_time_pays_no_fee_and_who_pays_a_part_less(late: Street) -> None:
    announce(late, NOTICE)
    pay(late, "120457", late.dues("120457"))
    pay(late, "120481", late.dues("120481") - 10_00)
    charge(late, LAST + timedelta(days=1))
    assert "120457" not in fees(late)
    assert fees(late)["120481"] == 20
    assert late.rows(
        f"SELECT closed_at IS NULL, entry_id FROM bill_late_fee WHERE bill_id = {bill(late, '120457')[0]}"
    ) == [(False, None)]


def test_never_more_than_was_announced(late: Street) -> None:
    fee = two_percent(open_of(late, "120457"))
    announce(late, NOTICE)
    set_rule(late, late_fee_paise=49_00)
    charge(late, LAST + timedelta(days=1))
    assert fees(late)["120457"] == fee


def test_a_rule_that_was_taken_away_charges_nothing(late: Street) -> None:
    announce(late, NOTICE)
    set_rule(late)
    charge(late, LAST + timedelta(days=1))
    assert fees(late) == {}


def test_who_was_not_reached_is_not_charged_and_may_be_told_again(late: Street) -> None:
    announce(late, NOTICE, deliver=False)
    run(late, "UPDATE outbox SET state = 'failed', finished_at = now() WHERE kind = 'late_fee'")
    assert charge(late, LAST + timedelta(days=1)) == 0
    assert fees(late) == {}
    again = LAST + timedelta(days=2)
    assert ASHA in dict(announce(late, again))
    assert charge(late, again + timedelta(days=late_fees.NOTICE_DAYS)) == 0
    assert charge(late, again + timedelta(days=late_fees.NOTICE_DAYS + 1)) > 0


def test_a_notice_that_waited_gives_its_days_all_the_same(late: Street) -> None:
    announce(late, NOTICE, deliver=False)
    assert charge(late, LAST + timedelta(days=1)) == 0
    sent(late, LAST)
    assert charge(late, LAST + timedelta(days=late_fees.NOTICE_DAYS)) == 0
    assert charge(late, LAST + timedelta(days=late_fees.NOTICE_DAYS + 1)) > 0


def test_too_late_for_a_notice_is_no_fee(late: Street) -> None:
    assert announce(late, LAST + timedelta(days=late_fees.LATE_DAYS + 1)) == []


def test_a_promise_makes_it_wait(late: Street) -> None:
    announce(late, NOTICE)
    late.today = LAST
    late.promise(ASHA, "120457", 5)
    charge(late, LAST + timedelta(days=1))
    assert "120457" not in fees(late)
    assert "120481" in fees(late)
    late.sweep(LAST + timedelta(days=6))
    charge(late, LAST + timedelta(days=6))
    assert "120457" in fees(late)


def test_a_promise_before_the_notice_rests_the_notice(late: Street) -> None:
    late.today = DUE
    late.promise(ASHA, "120457", 9)
    assert ASHA not in dict(announce(late, NOTICE))


def test_a_payment_in_doubt_makes_it_wait(late: Street) -> None:
    announce(late, NOTICE)
    late.today = LAST
    pay(late, "120457", 1_00)
    [(payment,)] = late.rows("SELECT max(id) FROM payment")
    late.act(ASHA, lambda doing: disputes.deny(doing, payment))
    charge(late, LAST + timedelta(days=1))
    assert "120457" not in fees(late)
    late.act(IN_CHARGE, lambda doing: disputes.settle(doing, payment, "undo"))
    charge(late, LAST + timedelta(days=1))
    assert fees(late)["120457"] == two_percent(open_of(late, "120457"))


def test_it_takes_the_place_of_a_reminder_and_keeps_to_the_hours(late: Street) -> None:
    database = late.play.services.database
    at = noon(NOTICE) + timedelta(hours=10)
    late_fees.announce(database, at, default_language="en", service="Bijli Line")
    assert late.rows("SELECT 1 FROM outbox WHERE kind = 'late_fee'") == []
    announce(late, NOTICE)
    reminders.sweep(
        database, noon(DUE + timedelta(days=4)), (4,), default_language="en", service="Bijli Line"
    )
    assert late.rows(f"SELECT 1 FROM outbox WHERE kind = 'reminder' AND recipient = '{ASHA}'") == []


def test_no_fee_on_a_fee(late: Street) -> None:
    """The next month's bill is paid to the paisa, the fee of the month before is not."""
    announce(late, NOTICE)
    charge(late, LAST + timedelta(days=1))
    fee = fees(late)["120457"]
    bill_for(late, "2026-12", date(2027, 1, 1))
    due = date(2027, 1, 16)
    late.today = due
    pay(late, "120457", late.dues("120457") - fee)
    assert ASHA not in dict(announce(late, due + timedelta(days=5)))
    assert ASHA not in {phone for phone, _ in late.sweep(due + timedelta(days=11))}
    charge(late, due + timedelta(days=20))
    assert fees(late)["120457"] == late.dues("120457") == fee


def test_a_run_taken_back_takes_its_fees_along(late: Street) -> None:
    before = dict(late.rows("SELECT id, balance_paise FROM account"))
    run_id = late.rows("SELECT max(id) FROM billing_run")[0][0]
    announce(late, NOTICE, deliver=False)
    run(late, f"UPDATE outbox SET state = 'delivered', sent_at = '{noon(NOTICE)}' WHERE recipient = '{ASHA}'")
    charge(late, LAST + timedelta(days=1))
    assert fees(late)
    billing.reverse(late.play.services.database, run_id, lambda *_: None, service="Bijli Line")
    assert fees(late) == {}
    amounts = dict(late.rows(f"SELECT connection_id, amount_paise FROM bill WHERE run_id = {run_id}"))
    dues = late.rows("SELECT id, connection_id, balance_paise FROM account WHERE kind = 'dues'")
    for account, connection, balance in dues:
        assert balance == before[account] - amounts.get(connection, 0)
    assert late.rows("SELECT 1 FROM bill_late_fee WHERE closed_at IS NULL") == []
    assert late.rows("SELECT 1 FROM outbox WHERE kind = 'late_fee' AND state = 'queued'") == []
    assert charge(late, LAST + timedelta(days=2)) == 0


def test_two_at_once_charge_once(late: Street) -> None:
    announce(late, NOTICE)
    with ThreadPoolExecutor(3) as pool:
        charged = list(pool.map(lambda _: charge(late, LAST + timedelta(days=1)), range(3)))
    count = late.rows("SELECT count(*) FROM bill_late_fee WHERE entry_id IS NOT NULL")[0][0]
    assert sum(charged) == count == len(late.rows("SELECT 1 FROM entry WHERE kind = 'late_fee'")) > 0


def test_small_batches_do_the_same(late: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(late_fees, "BATCH", 1)
    monkeypatch.setattr(charging, "BATCH", 1)
    told = dict(announce(late, NOTICE))
    charge(late, LAST + timedelta(days=1))
    assert {ASHA, GEETA} <= set(told)
    assert {"120457", "120481"} <= set(fees(late))
