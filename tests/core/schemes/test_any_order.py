"""Instalment schemes in any order of acts: the books are true, and a plan is its price."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from itertools import count

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core.billing import BillingError
from core.doing import Doing
from core.schemes import plans
from tests.conftest import Servers, demo_settings, fresh_database
from tests.core.schemes.selling import CSA, MONTHS, Shop
from tests.play import Play

_keys = count(1)


class AnyOrder(RuleBasedStateMachine):
    """Sales, bills, reversals, payoffs and cancellations in any order, each perhaps sent twice."""

    servers: Servers
    world: str

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        url = self.stack.enter_context(fresh_database(self.servers, self.world))
        self.shop = Shop(self.stack.enter_context(closing(Play(demo_settings(self.servers, url)))))
        self.runs: list[int] = []

    def teardown(self) -> None:
        self.stack.close()

    def twice(self, who: str, do: Callable[[Doing], object]) -> None:
        """The same act again, under the same key, moves nothing."""
        key = f"m/{next(_keys)}.1"
        self.shop.act(who, do, key=key)
        with suppress(Exception):
            self.shop.act(who, do, key=key)

    @rule(scheme=st.sampled_from(["FAN", "TV"]), number=st.sampled_from(["120457", "120465"]))
    def sell(self, scheme: str, number: str) -> None:
        offer, connection = self.shop.offer(scheme, number), self.shop.connection(number)
        self.twice(CSA, lambda doing: plans.begin(doing, connection, offer))

    @rule(which=st.integers(0, 2))
    def bill(self, which: int) -> None:
        self.runs.append(self.shop.bill(MONTHS[which]))

    @rule(which=st.integers(0, 50))
    def take_back(self, which: int) -> None:
        if self.runs:
            with suppress(BillingError):
                self.shop.unbill(self.runs[which % len(self.runs)])

    @rule(which=st.integers(0, 50))
    def pay_off(self, which: int) -> None:
        for plan in self.some_plan(which):
            left = self.shop.left(plan)
            self.twice(CSA, partial(plans.pay_off, plan_id=plan, paise=left))

    @rule(which=st.integers(0, 50))
    def cancel(self, which: int) -> None:
        for plan in self.some_plan(which):
            self.twice(CSA, partial(plans.cancel, plan_id=plan))

    def some_plan(self, which: int) -> list[int]:
        rows = self.shop.play.services.database.reader.rows("SELECT id FROM plan ORDER BY id", {})
        return [int(rows[which % len(rows)][0])] if rows else []

    @invariant()
    def the_books_are_true(self) -> None:
        self.shop.books_are_true()

    @invariant()
    def a_plan_is_its_price(self) -> None:
        assert not self.shop.number(
            "SELECT count(*) FROM plan WHERE cancelled_at IS NULL AND price_paise - down_paise <> "
            "(SELECT sum(paise) FROM instalment WHERE plan_id = plan.id)"
        )
        assert not self.shop.number(
            "SELECT count(*) FROM plan JOIN instalment ON plan_id = plan.id WHERE cancelled_at IS NOT NULL"
        )


def test_any_order(servers: Servers, world_template: str) -> None:
    machine = type("Machine", (AnyOrder,), {"servers": servers, "world": world_template})
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(max_examples=15, stateful_step_count=12, deadline=None, database=None),
    )
