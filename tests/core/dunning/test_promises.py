"""Promises: within their rules, kept or broken by what was paid in time, each told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import payments
from core.errors import Refusal
from tests.conftest import Servers, demo_settings, fresh_database
from tests.core.dunning.street import ASHA, DUE, GEETA, GEETAS_SON, RAMESH, Street, billed
from tests.play import Play

IN_CHARGE = "+919800000003"


def pay(street: Street, number: str, paise: int) -> None:
    connection = street.connection(number)
    street.act(RAMESH, lambda doing: payments.take_cash(doing, connection, paise))


def states(street: Street) -> list[str]:
    return [state for (state,) in street.rows("SELECT state FROM promise ORDER BY id")]


def test_a_promise_rests_the_reminders_and_is_recalled_the_day_before(street: Street) -> None:
    street.today = DUE - timedelta(days=4)
    street.promise(ASHA, "120457", 5)
    assert ASHA not in {phone for phone, _ in street.sweep(DUE - timedelta(days=3))}
    [(phone, words)] = street.sweep(DUE)
    assert phone == ASHA
    assert words.startswith("120457: tomorrow, 17/12/2026, is the day you chose for Rs ")
    assert street.sweep(DUE) == []


def test_a_broken_promise_is_told_to_the_in_charge_once(street: Street) -> None:
    street.today = DUE
    street.promise(ASHA, "120457", 1)
    assert IN_CHARGE not in {phone for phone, _ in street.sweep(DUE + timedelta(days=1))}
    told = street.sweep(DUE + timedelta(days=2))
    assert [words for phone, words in told if phone == IN_CHARGE] == [
        "1 promises to pay have ended without the money: 120457. FIND number shows each."
    ]
    assert states(street) == ["broken"]
    assert street.sweep(DUE + timedelta(days=2)) == []


@pytest.mark.parametrize(
    ("paid_after", "short", "state"), [(0, 0, "kept"), (3, 0, "kept"), (2, 1, "broken"), (4, 1, "broken")]
)
def test_kept_is_paid_whole_and_in_time(street: Street, paid_after: int, short: int, state: str) -> None:
    street.today = DUE
    street.promise(ASHA, "120457", 3)
    dues, street.today = street.dues("120457"), DUE + timedelta(days=paid_after)
    pay(street, "120457", dues - short)
    street.sweep(DUE + timedelta(days=4))
    assert states(street) == [state]


def test_two_in_a_row_and_then_it_takes_a_payment(street: Street) -> None:
    for step in range(2):
        street.today = DUE + timedelta(days=2 * step)
        street.promise(ASHA, "120457", 1)
        street.sweep(street.today + timedelta(days=2))
    with pytest.raises(Refusal, match=r"later\.changed"):
        street.promise(ASHA, "120457", 1)
    street.play.text(ASHA, "LATER 3")
    assert "do baar likha ja chuka hai" in str(
        street.play.scalar("SELECT body FROM outbox ORDER BY id DESC LIMIT 1")
    )
    pay(street, "120457", 1_00)
    street.today += timedelta(days=1)
    street.promise(ASHA, "120457", 1)


def test_one_at_a_time_even_from_two_phones_at_once(street: Street) -> None:
    street.today = DUE

    def one(phone: str) -> str:
        try:
            return street.promise(phone, "120481", 3).key
        except Refusal as refusal:
            return refusal.text.key

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(one, [GEETA, GEETAS_SON]))
    assert said == ["later.changed", "later.noted"]
    assert states(street) == ["open"]


def test_only_whoever_pays_may_promise_and_only_for_what_is_owed(street: Street) -> None:
    with pytest.raises(Refusal, match=r"later\.not_yours"):
        street.promise(GEETA, "120457", 3)
    pay(street, "120457", street.dues("120457"))
    with pytest.raises(Refusal, match=r"later\.changed"):
        street.promise(ASHA, "120457", 3)


def test_staff_see_the_day_on_the_card(street: Street) -> None:
    street.promise(ASHA, "120457", 5)
    street.play.text(RAMESH, "FIND 120457")
    assert "Promised to pay by 07/12/2026" in str(
        street.play.scalar("SELECT body FROM outbox WHERE kind = 'reply' ORDER BY id DESC LIMIT 1")
    )


class AnyOrder(RuleBasedStateMachine):
    """Days pass; people promise, pay in part or whole, and undo; sweeps run as often as they like."""

    street: Street

    @initialize()
    def start(self) -> None:
        with self.street.play.services.database.begin() as session:
            session.connection().exec_driver_sql(
                "DELETE FROM outbox WHERE kind IN ('reminder', 'staff_alert'); DELETE FROM promise; "
                "DELETE FROM reminder_round; UPDATE phone SET reminded_on = NULL"
            )
        self.street.today = date(2026, 12, 10)
        self.reminded: list[tuple[str, date]] = []
        self.alerts = 0

    @rule(days=st.integers(1, 10), number=st.sampled_from(["120457", "120481"]))
    def promise(self, days: int, number: str) -> None:
        with suppress(Refusal):
            self.street.promise(ASHA if number == "120457" else GEETA, number, days)

    @rule(paise=st.integers(1, 300_00), number=st.sampled_from(["120457", "120481"]))
    def pay(self, paise: int, number: str) -> None:
        pay(self.street, number, paise)

    @rule(days=st.integers(0, 4), times=st.integers(1, 2))
    def sweep(self, days: int, times: int) -> None:
        day = self.street.today + timedelta(days=days)
        for again in range(times):
            told = self.street.sweep(day)
            assert not (again and told)
            resting = self.street.rows("SELECT number FROM promise JOIN connection "
                "ON connection.id = connection_id WHERE state = 'open'")  # fmt: skip
            for phone, words in told:
                if "due 16/12/2026" in words or "16/12/2026।" in words:
                    self.reminded.append((phone, day))
                    assert (words[:6],) not in resting

    @invariant()
    def nobody_is_pressed(self) -> None:
        for phone in {phone for phone, _ in self.reminded}:
            days = sorted(day for one, day in self.reminded if one == phone)
            assert len(days) <= 3
            assert all((after - before).days >= 7 for before, after in pairwise(days))

    @invariant()
    def every_promise_is_open_until_its_day(self) -> None:
        today = self.street.today
        for state, until in self.street.rows("SELECT state, until_on FROM promise"):
            assert state != "broken" or until < today

    @invariant()
    def never_more_than_two_in_a_row(self) -> None:
        assert not self.street.rows(
            "SELECT 1 FROM promise AS one WHERE 2 < (SELECT count(*) FROM promise AS other "
            "WHERE other.connection_id = one.connection_id AND other.id >= one.id AND NOT EXISTS ("
            "SELECT FROM payment WHERE payment.connection_id = one.connection_id "
            "AND paid_at BETWEEN one.made_at AND other.made_at))"
        )


def test_any_order(servers: Servers, world_template: str) -> None:
    with fresh_database(servers, world_template) as url:
        play = Play(demo_settings(servers, url))
        machine = type("Machine", (AnyOrder,), {"street": billed(play)})
        run_state_machine_as_test(
            machine,
            settings=hypothesis_settings(
                max_examples=25, stateful_step_count=14, deadline=None, database=None
            ),
        )
        play.close()
