"""Late fees: announced first, charged once, never on a fee; gone with their bill or by an in-charge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import accounts, billing, disputes, payments, statements
from core.billing import Period
from core.doing import Doing
from core.dunning import charging, late_fees, reminders, waiving
from core.errors import Refusal
from core.text import Text
from tests.conftest import Servers, demo_settings, fresh_database
from tests.core.dunning.conftest import ASHA, DUE, GEETA, RAMESH, Street, billed, noon
from tests.play import Play

IN_CHARGE = "+919800000003"
NOTICE = DUE + timedelta(days=3)
"""The first day on which a fee that may fall due ten days after the bill is announced."""
LAST = DUE + timedelta(days=10)
"""The last day to pay without it."""


def set_rule(street: Street, **columns: int | None) -> None:
    rule_ = {"late_fee_paise": None, "late_fee_hundredths": None, "late_fee_cap_paise": None} | columns
    sets = ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in rule_.items())
    run(street, f"UPDATE organisation SET {sets}")


def run(street: Street, sql: str) -> None:
    with street.play.services.database.begin() as session:
        session.connection().exec_driver_sql(sql)


def sent(street: Street, day: date) -> None:
    """Whatever waits is delivered on that day."""
    run(
        street,
        f"UPDATE outbox SET state = 'delivered', sent_at = '{noon(day)}', finished_at = '{noon(day)}' "
        "WHERE state = 'queued'",
    )


def announce(street: Street, day: date, *, deliver: bool = True) -> list[tuple[str, str]]:
    """Make the day's notices; gives phone and words."""
    street.today = day
    seen = street.rows("SELECT coalesce(max(id), 0) FROM outbox")[0][0]
    database = street.play.services.database
    late_fees.announce(database, noon(day), default_language="en", service="Bijli Line")
    told = street.rows(
        f"SELECT recipient, body FROM outbox WHERE id > {seen} AND kind = 'late_fee' ORDER BY 1"
    )
    if deliver:
        sent(street, day)
    return [(phone, body) for phone, body in told]


def charge(street: Street, day: date) -> int:
    street.today = day
    return charging.charge(street.play.services.database, noon(day))


def fees(street: Street) -> dict[str, int]:
    """What stands as late fees, by connection."""
    return dict(
        street.rows(
            "SELECT number, sum(posting.amount_paise)::bigint FROM posting JOIN entry ON entry.id = entry_id "
            "LEFT JOIN entry AS undone ON undone.id = entry.reverses_id "
            "JOIN account ON account.id = account_id AND account.kind = 'dues' "
            "JOIN connection ON connection.id = account.connection_id "
            "WHERE coalesce(undone.kind, entry.kind) = 'late_fee' "
            "GROUP BY number HAVING sum(posting.amount_paise) <> 0"
        )
    )


def pay(street: Street, number: str, paise: int) -> None:
    connection = street.connection(number)
    street.act(RAMESH, lambda doing: payments.take_cash(doing, connection, paise))


def bill(street: Street, number: str) -> tuple[int, int]:
    """Id and amount of the newest bill."""
    return street.rows(
        f"SELECT id, amount_paise FROM bill WHERE connection_id = {street.connection(number)} "
        "AND reversed_at IS NULL ORDER BY period_from DESC LIMIT 1"
    )[0]


def bill_for(street: Street, month: str, issued_on: date) -> None:
    database = street.play.services.database
    billing.post(
        database, billing.plant_of(database, "RAMPUR"), Period.read(month), lambda *_: None,
        default_language="en", service="Bijli Line", issued_on=issued_on,
    )  # fmt: skip


def waiving_(bill_id: int, why: str = "meter was wrong") -> Callable[[Doing], Text]:
    return lambda doing: waiving.waive(doing, bill_id, why)


@pytest.fixture
def late(street: Street) -> Iterator[Street]:
    """Two per cent, at most Rs 50, after ten days."""
    set_rule(street, late_fee_hundredths=200, late_fee_cap_paise=50_00)
    yield street
    assert not street.rows("SELECT entry_id FROM posting GROUP BY 1 HAVING sum(amount_paise) <> 0")


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


def test_an_in_charge_takes_a_fee_back_once(late: Street) -> None:
    dues = late.dues("120457")
    announce(late, NOTICE)
    charge(late, LAST + timedelta(days=1))
    bill_id, _ = bill(late, "120457")
    for phone in (ASHA, RAMESH):
        with pytest.raises(Refusal, match=r"waive\.not_you"):
            late.act(phone, waiving_(bill_id))
    assert late.act(IN_CHARGE, waiving_(bill_id)).key == "waive.done"
    assert late.dues("120457") == dues
    with pytest.raises(Refusal, match=r"waive\.none"):
        late.act(IN_CHARGE, waiving_(bill_id))
    assert charge(late, LAST + timedelta(days=2)) == 0
    [(words,)] = late.rows(f"SELECT body FROM outbox WHERE kind = 'reversal' AND recipient = '{ASHA}'")
    assert words == (
        "120457 ke bill 01/11/2026 se 30/11/2026 ka deri shulk Rs 1 hata diya gaya hai. "
        "Ab bakaya Rs 670.50. Bijli Line"
    )
    assert late.rows("SELECT reason FROM bill_late_fee WHERE reversal_id IS NOT NULL") == [
        ("meter was wrong",)
    ]
    newest = statements.moves(late.play.services.database.reader, "dues", late.connection("120457"), 2)
    assert [(move.kind, move.undone) for move in newest] == [("late_fee", True), ("late_fee", False)]


def test_a_fee_can_be_let_off_before_it_is_charged(late: Street) -> None:
    announce(late, NOTICE)
    late.act(IN_CHARGE, waiving_(bill(late, "120457")[0]))
    charge(late, LAST + timedelta(days=1))
    assert "120457" not in fees(late)
    [(words,)] = late.rows(f"SELECT body FROM outbox WHERE kind = 'reversal' AND recipient = '{ASHA}'")
    assert words.endswith("par deri shulk Rs 1 nahin lagega. Bijli Line")


def test_the_customer_sees_it(late: Street) -> None:
    reader, connection = late.play.services.database.reader, late.connection("120457")

    def seen() -> list[tuple[bool | None, date | None]]:
        owed, view = accounts.what_is_owed(reader, connection), accounts.last_bill(reader, connection)
        assert view is not None
        return [(owed.fee_charged, owed.fee_on), (view.fee_charged, view.fee_on)]

    assert seen() == [(None, None)] * 2
    announce(late, NOTICE)
    assert seen() == [(False, LAST)] * 2
    charge(late, LAST + timedelta(days=1))
    assert seen() == [(True, LAST + timedelta(days=1))] * 2
    late.act(IN_CHARGE, waiving_(bill(late, "120457")[0]))
    assert seen() == [(None, None)] * 2


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


class AnyOrder(RuleBasedStateMachine):
    """Days pass; notices, charges, payments, promises and waivers come in any order, and again."""

    street: Street
    numbers = ("120457", "120481")

    @initialize()
    def start(self) -> None:
        """On bills that were taken back, with their fees, and made again: a bill has one fee only."""
        database = self.street.play.services.database
        [(newest,)] = self.street.rows("SELECT max(id) FROM billing_run")
        billing.reverse(database, newest, lambda *_: None, service="Bijli Line")
        assert fees(self.street) == {}
        bill_for(self.street, "2026-11", date(2026, 12, 1))
        run(
            self.street,
            "DELETE FROM outbox; DELETE FROM promise; DELETE FROM bill_late_fee; DELETE FROM late_fee_round; "
            "UPDATE phone SET reminded_on = NULL",
        )
        [(self.entries,)] = self.street.rows("SELECT coalesce(max(id), 0) FROM entry")
        self.street.today = NOTICE - timedelta(days=2)

    @rule(days=st.integers(0, 5), deliver=st.booleans(), times=st.integers(1, 2))
    def sweep(self, days: int, deliver: bool, times: int) -> None:
        day = self.street.today + timedelta(days=days)
        for _ in range(times):
            self.street.sweep(day)
            charge(self.street, day)
            announce(self.street, day, deliver=deliver)

    @rule(number=st.sampled_from(numbers), days=st.integers(1, 10))
    def promise(self, number: str, days: int) -> None:
        with suppress(Refusal):
            self.street.promise(ASHA if number == "120457" else GEETA, number, days)

    @rule(number=st.sampled_from(numbers), paise=st.integers(1, 100_00))
    def pay(self, number: str, paise: int) -> None:
        pay(self.street, number, paise)

    @rule(number=st.sampled_from(numbers))
    def waive(self, number: str) -> None:
        with suppress(Refusal):
            self.street.act(IN_CHARGE, waiving_(bill(self.street, number)[0]))

    @invariant()
    def the_books_are_whole(self) -> None:
        assert not self.street.rows("SELECT 1 FROM posting GROUP BY entry_id HAVING sum(amount_paise) <> 0")
        assert not self.street.rows(
            "SELECT 1 FROM account WHERE balance_paise <> "
            "(SELECT coalesce(sum(amount_paise), 0) FROM posting WHERE account_id = account.id)"
        )

    @invariant()
    def never_before_its_notice(self) -> None:
        assert not self.street.rows(
            "SELECT 1 FROM bill_late_fee WHERE entry_id IS NOT NULL AND NOT EXISTS (SELECT FROM outbox "
            "WHERE source = ANY(notices) AND state = 'delivered' AND sent_at < closed_at - interval '5 days')"
        )

    @invariant()
    def one_for_a_bill_and_each_has_its_entry(self) -> None:
        made = f"FROM entry WHERE kind = 'late_fee' AND id > {self.entries}"
        assert self.street.rows(f"SELECT count(*), count(DISTINCT source) {made}")[0] == (
            *self.street.rows("SELECT count(entry_id), count(entry_id) FROM bill_late_fee")[0],
        )


def test_any_order(servers: Servers, world_template: str) -> None:
    with fresh_database(servers, world_template) as url:
        play = Play(demo_settings(servers, url))
        street = billed(play)
        set_rule(street, late_fee_hundredths=200, late_fee_cap_paise=50_00)
        machine = type("Machine", (AnyOrder,), {"street": street})
        run_state_machine_as_test(
            machine,
            settings=hypothesis_settings(
                max_examples=15, stateful_step_count=14, deadline=None, database=None
            ),
        )
        play.close()
