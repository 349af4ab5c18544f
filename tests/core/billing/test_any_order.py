"""Runs, reversals, payments and readings in any order: the books stay true, and a reversal is as if never."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import billing, ledger
from core.billing import BillingError, Period
from core.db import Database
from core.tariffs import Step, Tariff
from tests.core.billing.conftest import Town, new_town, silent

MONTHS = [Period.read(f"2026-{month:02}") for month in (9, 10, 11)]
_payments = count(1)


class AnyOrder(RuleBasedStateMachine):
    """Three houses of every kind; `paid` and the standing bills must explain what each owes."""

    database: Database

    @initialize()
    def begin(self) -> None:
        self.town: Town = new_town(self.database)
        self.town.run("""UPDATE organisation SET features = features || '{"self_reading_bills": true}'""")
        metered = self.town.package(Tariff(50_00, (Step("", 0, 5_000, 15_00), Step("", 5_000, None, 22_50))))
        ahead = self.town.package(Tariff(100_00), prepaid=True, metered=False)
        self.houses = [
            self.town.house(metered),
            self.town.house(metered, date(2026, 10, 12)),
            self.town.house(ahead),
        ]
        self.paid = dict.fromkeys(self.houses, 0)
        self.meter = 100_000
        self.runs: list[int] = []

    @rule(which=st.integers(0, 2), days=st.integers(0, 3))
    def bill(self, which: int, days: int) -> None:
        month = MONTHS[which]
        before = self._balances()
        dry = self.town.dry(month, month.last + timedelta(days=days))
        assert self._balances() == before
        run, totals = self.town.bill(month, month.last + timedelta(days=days))
        assert (totals.bills, totals.paise) == (dry.bills, dry.paise)
        assert sum(self._balances()) == sum(before) + totals.paise
        self.runs.append(run.id)

    @rule(which=st.integers(0, 50))
    def take_back(self, which: int) -> None:
        if not self.runs:
            return
        # A run under a later one is refused and changes nothing; the invariants see to that.
        with suppress(BillingError):
            billing.reverse(self.database, self.runs[which % len(self.runs)], silent, service="Bijli Line")

    @rule(which=st.integers(0, 2), paise=st.integers(1, 500_00))
    def pay(self, which: int, paise: int) -> None:
        house, town = self.houses[which], self.town
        with self.database.begin() as session:
            dues = ledger.account_id(session, "dues", connection_id=house)
            other = ledger.account_id(session, "opening", plant_id=town.plant)
            ledger.post(
                session, source=f"any:{next(_payments)}", kind="payment", plant_id=town.plant,
                at=datetime.now(UTC), moves=[(dues, -paise), (other, paise)],
            )  # fmt: skip
        self.paid[house] += paise

    @rule(which=st.integers(0, 2), day=st.integers(0, 90), more=st.integers(0, 20_000))
    def read(self, which: int, day: int, more: int) -> None:
        self.meter += more
        self.town.run(
            "INSERT INTO reading (connection_id, taken_on, wh, source) VALUES (:house, :day, :wh, 'test') "
            "ON CONFLICT DO NOTHING",
            house=self.houses[which], day=date(2026, 9, 1) + timedelta(days=day), wh=self.meter,
        )  # fmt: skip

    @rule(which=st.integers(0, 2), day=st.integers(0, 90), more=st.integers(-5_000, 20_000))
    def read_it_myself(self, which: int, day: int, more: int) -> None:
        """What a customer says may be more or less than the meter's truth."""
        self.town.run(
            "INSERT INTO self_reading (connection_id, taken_on, wh, before_wh, turned_wh, noted_at) "
            "VALUES (:house, :day, :wh, 0, 0, now()) ON CONFLICT (connection_id) WHERE state = 'waiting' "
            "DO UPDATE SET taken_on = excluded.taken_on, wh = excluded.wh",
            house=self.houses[which], day=date(2026, 9, 1) + timedelta(days=day), wh=self.meter + more,
        )  # fmt: skip

    @invariant()
    def the_books_are_true(self) -> None:
        self.town.books_are_true()

    @invariant()
    def everything_owed_stands_on_a_bill(self) -> None:
        for house in self.houses:
            billed = self.town.scalar(
                "SELECT coalesce(sum(amount_paise), 0) FROM bill "
                "WHERE connection_id = :house AND reversed_at IS NULL",
                house=house,
            )
            assert self.town.dues(house) == billed - self.paid[house]

    @invariant()
    def each_bill_opens_where_the_last_one_closed(self) -> None:
        assert not self.town.scalar(
            "SELECT count(*) FROM (SELECT opening_wh, closing_wh, self_reading_id, estimated, "
            "lag(closing_wh) OVER (PARTITION BY connection_id ORDER BY period_from) AS before "
            "FROM bill WHERE reversed_at IS NULL) AS one "
            "WHERE opening_wh <> before OR closing_wh < opening_wh "
            "OR (self_reading_id IS NOT NULL AND NOT estimated)"
        )

    @invariant()
    def no_day_is_billed_twice(self) -> None:
        assert not self.town.scalar(
            "SELECT count(*) FROM bill AS one JOIN bill AS other USING (connection_id) "
            "WHERE one.id < other.id AND one.reversed_at IS NULL AND other.reversed_at IS NULL "
            "AND one.period_from <= other.period_to AND other.period_from <= one.period_to"
        )

    def _balances(self) -> list[int]:
        return [self.town.dues(house) for house in self.houses]


def test_any_order(database: Database) -> None:
    machine = type("Machine", (AnyOrder,), {"database": database})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=25, stateful_step_count=12, deadline=None, database=None)
    )
