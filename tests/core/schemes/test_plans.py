"""Instalment schemes on a real database: sold, billed once a month, paid off, taken back; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core import billing
from core.billing import BillingError, Period
from core.doing import Doing
from core.errors import Refusal
from core.gsm import parts
from core.loading import load
from core.people import Caller, find_caller
from core.schemes import plans, view
from core.schemes.view import Offer
from core.text import Text
from tests.conftest import Servers, demo_settings, fresh_database
from tests.play import Play

CSA, CUSTOMER, OTHER, TECHNICIAN = "+919800000032", "+919800000001", "+919800000004", "+919800000002"
MONTHS = [Period.read(month) for month in ("2027-02", "2027-03", "2027-04")]
SOLD = datetime(2026, 11, 20, 6, tzinfo=UTC)
_keys = count(1)


def silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


@dataclass
class Shop:
    """The small world, its seller and its customers; a Refusal is given back as its key."""

    play: Play
    callers: dict[str, Caller] = field(init=False)

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        self.callers = {phone: find_caller(reader, phone) for phone in (CSA, CUSTOMER, OTHER, TECHNICIAN)}

    def act(self, who: str, do: Callable[[Doing], object], at: datetime = SOLD, key: str = "") -> str:
        try:
            with self.play.services.database.begin() as session:
                key = key or f"t/{next(_keys)}.1"
                result = do(Doing(session, self.callers[who], "sms", key, at, self.play.settings))
        except Refusal as refusal:
            return refusal.text.key
        assert isinstance(result, Text)
        return result.key

    def number(self, sql: str) -> int:
        return int(str(self.play.services.database.reader.rows(sql, {})[0][0]))

    def connection(self, number: str = "120457") -> int:
        return self.number(f"SELECT id FROM connection WHERE number = '{number}'")

    def offer(self, scheme: str = "FAN", number: str = "120457") -> Offer:
        found = view.offers(self.play.services.database.reader, self.connection(number), 9)
        return next(one for one in found if one.code == scheme)

    def sell(self, scheme: str = "FAN", number: str = "120457", who: str = CSA, at: datetime = SOLD) -> str:
        offer, connection = self.offer(scheme, number), self.connection(number)
        return self.act(who, lambda doing: plans.begin(doing, connection, offer), at)

    def plan(self, scheme: str = "FAN") -> int:
        return self.number(
            "SELECT max(plan.id) FROM plan JOIN scheme ON scheme.id = scheme_id "
            f"WHERE scheme.code = '{scheme}'"
        )

    def open(self) -> int:
        """What is left of all plans, in paise."""
        return self.number(
            "SELECT coalesce(sum(paise), 0) FROM instalment WHERE run_id IS NULL AND payoff_id IS NULL"
        )

    def left(self, plan: int) -> int:
        return self.number(
            f"SELECT coalesce(sum(paise), 0) FROM instalment WHERE plan_id = {plan} "
            "AND run_id IS NULL AND payoff_id IS NULL"
        )

    def account(self, kind: str, number: str = "120457") -> int:
        return self.number(
            "SELECT coalesce(sum(balance_paise), 0) FROM account JOIN connection "
            f"ON connection.id = connection_id WHERE kind = '{kind}' AND number = '{number}'"
        )

    def bill(self, month: Period) -> int:
        """Bill Rampur for a month, the day after it; gives the run."""
        database = self.play.services.database
        run, _ = billing.post(
            database, billing.plant_of(database, "RAMPUR"), month, silent,
            default_language="en", service="Bijli Line", issued_on=month.last + timedelta(days=1),
        )  # fmt: skip
        return run.id

    def unbill(self, run: int) -> None:
        billing.reverse(self.play.services.database, run, silent, service="Bijli Line")

    def billed(self, number: str = "120457") -> int:
        """The instalments on all standing bills of a connection, in paise."""
        return self.number(
            "SELECT coalesce(sum(instalment_paise), 0) FROM bill JOIN connection "
            f"ON connection.id = connection_id WHERE number = '{number}' AND reversed_at IS NULL"
        )

    def books_are_true(self) -> None:
        """Everything sums to zero, balances are their postings, and what is open is what is owed later."""
        assert self.number("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0
        assert not self.number(
            "SELECT count(*) FROM (SELECT FROM account LEFT JOIN posting ON posting.account_id = account.id "
            "GROUP BY account.id HAVING balance_paise <> coalesce(sum(amount_paise), 0)) AS wrong"
        )
        later = "SELECT coalesce(sum(balance_paise), 0) FROM account WHERE kind = 'instalments'"
        assert self.number(later) == self.open()
        assert self.number("SELECT coalesce(sum(paise), 0) FROM instalment WHERE run_id IS NOT NULL") == (
            self.number("SELECT coalesce(sum(instalment_paise), 0) FROM bill WHERE reversed_at IS NULL")
        )


@pytest.fixture
def shop(play: Play) -> Shop:
    return Shop(play)


@given(paise=st.integers(60_00, 10_00_000_00), parts=st.integers(1, 60))
def test_instalments_are_whole_rupees_and_sum_to_the_price(paise: int, parts: int) -> None:
    given_ = plans.parts(paise, parts)
    assert (sum(given_), len(given_)) == (paise, parts)
    assert all(one >= 1_00 for one in given_)
    assert len(set(given_[:-1])) <= 1
    assert all(one % 1_00 == 0 for one in given_[:-1])
    assert 0 <= given_[-1] - given_[0] < parts * 1_00 + 1_00


def test_sold_and_billed_month_by_month(shop: Shop) -> None:
    before = shop.account("dues")
    assert shop.sell() == "scheme.begun_down"
    assert (shop.account("dues") - before, shop.account("instalments")) == (200_00, 1800_00)
    shop.bill(MONTHS[0])
    shop.bill(MONTHS[1])
    assert (shop.billed(), shop.account("instalments")) == (300_00, 1500_00)
    bill = shop.number("SELECT amount_paise FROM bill WHERE instalment_paise > 0 LIMIT 1")
    assert shop.account("dues") - before == 200_00 + 2 * bill
    shop.books_are_true()


def test_the_bill_and_its_message_name_it(shop: Shop) -> None:
    shop.sell()
    shop.play.text(CUSTOMER, "LANGUAGE 1")
    shop.bill(MONTHS[0])
    shop.play.text(CUSTOMER, "BILL")
    words = shop.play.services.database.reader.rows("SELECT body FROM outbox ORDER BY id", {})
    assert "Fan 1/12: Rs 150" in str(words[-1][0])
    [told] = [body for (body,) in words if "(with instalments Rs 150; meter not read, estimated)" in body]
    assert parts(told) <= 2


def test_the_last_instalment_ends_it(shop: Shop) -> None:
    shop.sell()
    with shop.play.services.database.begin() as session:
        session.execute(text("UPDATE instalment SET number = number + 60"))
        session.execute(text("DELETE FROM instalment WHERE number > 62"))
        session.execute(text("UPDATE instalment SET number = number - 60"))
    for month in MONTHS:
        shop.bill(month)
    assert (shop.billed(), shop.open()) == (300_00, 0)
    assert shop.sell(at=datetime(2027, 6, 1, tzinfo=UTC)) == "scheme.begun_down"


def test_a_month_asks_for_one_instalment_whatever_is_run(shop: Shop) -> None:
    shop.sell()
    shop.bill(MONTHS[0])
    shop.bill(MONTHS[0])
    assert shop.billed() == 150_00
    dry = billing.dry_run(
        shop.play.services.database, 1, MONTHS[1], silent, MONTHS[1].last + timedelta(days=1)
    )
    assert (dry.bills > 0, shop.billed()) == (True, 150_00)


def test_no_bill_of_a_month_before_the_sale_asks_for_it(shop: Shop) -> None:
    shop.sell(at=datetime(2027, 3, 1, 6, tzinfo=UTC))
    shop.bill(MONTHS[0])
    assert shop.billed() == 0
    shop.bill(MONTHS[1])
    assert shop.billed() == 150_00


def test_a_run_taken_back_gives_the_instalment_back(shop: Shop) -> None:
    shop.sell()
    before = shop.account("dues")
    run = shop.bill(MONTHS[0])
    shop.unbill(run)
    assert (shop.account("dues"), shop.account("instalments"), shop.billed()) == (before, 1800_00, 0)
    shop.books_are_true()
    shop.bill(MONTHS[0])
    assert shop.billed() == 150_00


def test_paid_off_and_the_run_before_taken_back(shop: Shop) -> None:
    shop.sell()
    run = shop.bill(MONTHS[0])
    plan = shop.plan()
    assert shop.act(CUSTOMER, lambda doing: plans.pay_off(doing, plan, 1650_00)) == "scheme.paid_off_due"
    assert shop.open() == 0
    shop.unbill(run)
    assert shop.open() == 150_00
    shop.books_are_true()
    shop.bill(MONTHS[1])
    assert (shop.billed(), shop.open()) == (150_00, 0)


def test_who_may_not(shop: Shop) -> None:
    assert shop.sell(who=TECHNICIAN) == "scheme.not_sold"
    assert shop.sell("TV") == "scheme.begun"
    assert shop.sell("TV") == "scheme.running"
    plan = shop.plan("TV")
    for who in (OTHER, TECHNICIAN):
        assert shop.act(who, lambda doing: plans.pay_off(doing, plan, 9999_00)) == "scheme.not_you"
    assert shop.act(CUSTOMER, lambda doing: plans.cancel(doing, plan)) == "scheme.not_you"
    assert shop.act(CUSTOMER, lambda doing: plans.pay_off(doing, plan, 1)) == "nav.changed"


def test_terms_that_changed_meanwhile_are_not_sold(shop: Shop) -> None:
    shown, connection = shop.offer(), shop.connection()
    with shop.play.services.database.begin() as session:
        session.execute(text("UPDATE scheme SET price_paise = price_paise + 100"))
    assert shop.act(CSA, lambda doing: plans.begin(doing, connection, shown)) == "scheme.not_sold"


def test_taken_back_only_before_the_first_instalment(shop: Shop) -> None:
    before = shop.account("dues")
    shop.sell()
    run = shop.bill(MONTHS[0])
    plan = shop.plan()
    assert shop.act(CSA, lambda doing: plans.cancel(doing, plan)) == "scheme.asked_for"
    shop.unbill(run)
    assert shop.act(CSA, lambda doing: plans.cancel(doing, plan)) == "scheme.cancelled"
    assert shop.act(CSA, lambda doing: plans.cancel(doing, plan)) == "scheme.cancelled_before"
    assert (shop.account("dues"), shop.account("instalments")) == (before, 0)
    shop.books_are_true()
    assert shop.sell() == "scheme.begun_down"


def test_two_who_sell_or_pay_off_at_once(shop: Shop) -> None:
    with ThreadPoolExecutor(2) as pool:
        sold = list(pool.map(lambda _: shop.sell(), range(2)))
    assert sorted(sold) == ["scheme.begun_down", "scheme.running"]
    plan = shop.plan()
    with ThreadPoolExecutor(3) as pool:
        run = pool.submit(shop.bill, MONTHS[0])
        off = list(
            pool.map(
                lambda who: shop.act(who, lambda doing: plans.pay_off(doing, plan, 1800_00)), (CSA, CUSTOMER)
            )
        )
        run.result()
    assert off.count("scheme.paid_off_due") <= 1
    shop.books_are_true()
    assert shop.billed() in (0, 150_00)


def test_the_loader_reads_them_again_and_again(shop: Shop, tmp_path: Path) -> None:
    head = (Path(__file__).parents[2] / "world" / "schemes.csv").read_text("utf-8").splitlines()[0]

    def given_(*rows: str) -> list[str]:
        (tmp_path / "schemes.csv").write_text("\n".join((head, *rows)), "utf-8")
        report = load(shop.play.services.database, tmp_path)
        return [problem.reason for problem in report.problems]

    assert given_("PUMP,HUSK,Pump,,3000,500,10,01/01/2026,31/12/2026,RAMPUR;PALASI") == []
    assert given_("PUMP,HUSK,Pump,,3000,500,10,01/01/2026,31/12/2026,RAMPUR") == []
    assert shop.number("SELECT count(*) FROM scheme_place JOIN scheme ON scheme.id = scheme_id "
                       "WHERE code = 'PUMP'") == 1  # fmt: skip
    assert given_("PUMP,HUSK,Pump,,100,95,10,01/01/2026,31/12/2026,") == [
        "leaves less than a rupee for each instalment after the down payment"
    ]
    assert given_("PUMP,HUSK,Pump,,100,,61,01/01/2026,31/12/2025,NOWHERE")[:2] != []


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
