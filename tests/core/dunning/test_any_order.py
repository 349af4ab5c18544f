"""Days pass, and notices, charges, payments, promises and waivers come in any order: the books hold."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import billing
from core.errors import Refusal
from tests.conftest import Servers, demo_settings, fresh_database
from tests.core.dunning.fees import (
    IN_CHARGE,
    NOTICE,
    announce,
    bill,
    bill_for,
    charge,
    fees,
    pay,
    run,
    set_rule,
    waiving_,
)
from tests.core.dunning.street import ASHA, GEETA, Street, billed
from tests.play import Play


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
