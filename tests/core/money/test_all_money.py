"""All that moves money, in any order, again and at once, on real PostgreSQL: no rupee is lost or doubled.

What the ledger says is held against the rows of the trade: payments, bills, coupons, plans, water and cash.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial

from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.conftest import Servers, demo_settings, fresh_database
from tests.core.money.office import WAYS, Office
from tests.core.money.world import IN_CHARGE, Act
from tests.play import Play
from tests.together import at_once

# What each connection owes: paid at the counter or online, less what went back, and all that was asked.
_EXPLAINED = """
SELECT connection.id,
    (SELECT coalesce(sum(amount_paise), 0) FROM bill
     WHERE connection_id = connection.id AND run_id IS NOT NULL AND reversed_at IS NULL)
  + (SELECT coalesce(sum(down_paise), 0) FROM plan
     WHERE connection_id = connection.id AND cancelled_at IS NULL)
  + (SELECT coalesce(sum(paise), 0) FROM instalment
     WHERE connection_id = connection.id AND payoff_id IS NOT NULL)
  + (SELECT coalesce(sum(paise), 0) FROM bill_late_fee
     WHERE connection_id = connection.id AND entry_id IS NOT NULL AND reversal_id IS NULL)
  - (SELECT coalesce(sum(coalesce(online.amount_paise - online.refunded_paise, payment.amount_paise)), 0)
     FROM payment LEFT JOIN online_payment AS online ON online.payment_id = payment.id
     WHERE connection_id = connection.id AND reversal_id IS NULL AND purpose = 'dues')
  - (SELECT coalesce(sum(paise), 0) FROM coupon
     WHERE connection_id = connection.id AND entry_id IS NOT NULL)
FROM connection
"""
_DEPOSITS = """
SELECT connection.id, (SELECT coalesce(sum(amount_paise), 0) FROM payment
    WHERE connection_id = connection.id AND reversal_id IS NULL AND purpose = 'deposit')
FROM connection
"""
_CASH = """
SELECT staff.id,
    (SELECT coalesce(sum(amount_paise), 0) FROM payment
     WHERE staff_id = staff.id AND mode = 'cash' AND reversal_id IS NULL)
  + (SELECT coalesce(sum(amount_paise), 0) FROM water_sale
     WHERE staff_id = staff.id AND undone_at IS NULL)
  + (SELECT coalesce(sum(CASE WHEN taker_id = staff.id THEN amount_paise ELSE -amount_paise END), 0)
     FROM handover WHERE state = 'taken' AND staff.id IN (giver_id, taker_id))
FROM staff
"""
_AT_PROVIDERS = """
SELECT (SELECT coalesce(sum(amount_paise - refunded_paise), 0) FROM online_payment)
  + (SELECT coalesce(sum(amount_paise), 0) FROM payment
     WHERE mode IN ('card', 'wallet') AND reversal_id IS NULL)
"""
_NOBODYS = """
SELECT coalesce(sum(amount_paise - refunded_paise), 0) FROM online_payment WHERE NOT EXISTS (
    SELECT FROM payment WHERE payment.id = online_payment.payment_id AND payment.reversal_id IS NULL)
"""
_EARNED = """
SELECT (SELECT coalesce(sum(amount_paise - instalment_paise), 0) FROM bill
        WHERE run_id IS NOT NULL AND reversed_at IS NULL)
  + (SELECT coalesce(sum(price_paise), 0) FROM plan WHERE cancelled_at IS NULL)
"""

_FINED = """
SELECT coalesce(sum(paise), 0) FROM bill_late_fee WHERE entry_id IS NOT NULL AND reversal_id IS NULL
"""


# Days off of a month paid in advance, given back by later bills: never more, nor for a bill that is gone.
_GIVEN_TOO_MUCH = """
SELECT line.bill FROM bill CROSS JOIN LATERAL jsonb_to_recordset(bill.lines)
    AS line (kind text, bill bigint, paise bigint)
JOIN bill AS charged ON charged.id = line.bill
WHERE line.kind = 'unserved' AND bill.reversed_at IS NULL
GROUP BY line.bill, charged.lines, charged.reversed_at
HAVING -sum(line.paise) > CAST(charged.lines -> 0 ->> 'paise' AS bigint) OR charged.reversed_at IS NOT NULL
"""


class AllMoney(RuleBasedStateMachine):
    """Each step is one act, the same act again, the same act twice at once, or two different ones at once."""

    servers: Servers
    world: str

    @initialize()
    def begin(self) -> None:
        self.stack = ExitStack()
        url = self.stack.enter_context(fresh_database(self.servers, self.world))
        self.office = Office(self.stack.enter_context(closing(Play(demo_settings(self.servers, url)))))
        self.owed_before = self.balances("dues", "connection_id")
        self.held_before = self.balances("deposit", "connection_id")
        for way, pick in (
            ("pay", 0),
            ("water", 0),
            ("make_coupon", 0),
            ("webhook", 0),
            ("webhook", 1),
            ("sell", 0),
            ("match", 1),
            ("bill_ahead", 0),
            ("switch", 1),
            ("switch", 8),
        ):
            if (act := self.act(way, pick, 100)) is not None:
                act(self.office.key())

    def teardown(self) -> None:
        self.stack.close()

    def balances(self, kind: str, owner: str) -> dict[int, int]:
        found = self.office.rows(f"SELECT {owner}, balance_paise FROM account WHERE kind = '{kind}'")
        return {int(str(row[0])): int(str(row[1])) for row in found}

    def total(self, kind: str) -> int:
        return sum(self.balances(kind, "id").values())

    def act(self, way: str, pick: int, rupees: int) -> Act | None:
        made: Act | None = getattr(self.office, way)(pick, rupees)
        return made

    @rule(
        way=st.sampled_from(WAYS),
        pick=st.integers(0, 59),
        rupees=st.integers(1, 200),
        how=st.sampled_from(["once", "again", "at once"]),
    )
    def one(self, way: str, pick: int, rupees: int, how: str) -> None:
        act = self.act(way, pick, rupees)
        if act is None:
            return
        key = self.office.key()
        if how == "at once":
            at_once(*(partial(act, key),) * 2)
            return
        act(key)
        if how == "again" and way not in ("bill", "bill_ahead", "unbill"):
            stands = self.office.standing()
            act(key)
            assert self.office.standing() == stands, f"{way} moved money twice under one key"

    @rule(
        ways=st.tuples(st.sampled_from(WAYS), st.sampled_from(WAYS)),
        picks=st.tuples(st.integers(0, 59), st.integers(0, 59)),
        rupees=st.integers(1, 200),
    )
    def two_at_once(self, ways: tuple[str, str], picks: tuple[int, int], rupees: int) -> None:
        acts = [self.act(way, pick, rupees) for way, pick in zip(ways, picks, strict=True)]
        at_once(*(partial(act, self.office.key()) for act in acts if act is not None))

    @rule(pick=st.integers(0, 59))
    def billed_in_vain(self, pick: int) -> None:
        """A run that is taken back at once leaves no trace in any balance."""
        before = (
            self.balances("dues", "id") | self.balances("income", "id") | self.balances("instalments", "id")
        )
        run = self.office.bill(pick, 0)("")
        runs = self.office.ids("SELECT id FROM billing_run ORDER BY id")
        if not isinstance(run, int) or run != runs[-1]:
            return
        self.office.taking_back(run)("")
        after = (
            self.balances("dues", "id") | self.balances("income", "id") | self.balances("instalments", "id")
        )
        if self.office.rows(f"SELECT state FROM billing_run WHERE id = {run}") == [("reversed",)]:
            assert {key: paise for key, paise in after.items() if paise} == {
                key: paise for key, paise in before.items() if paise
            }

    @invariant()
    def the_books_are_true(self) -> None:
        assert self.office.number("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0
        assert not self.office.rows(
            "SELECT entry_id FROM posting GROUP BY entry_id HAVING sum(amount_paise) <> 0"
        )
        assert not self.office.rows(
            "SELECT account.id FROM account LEFT JOIN posting ON posting.account_id = account.id "
            "GROUP BY account.id HAVING balance_paise <> coalesce(sum(posting.amount_paise), 0)"
        )

    @invariant()
    def everything_owed_is_explained(self) -> None:
        owed = self.balances("dues", "connection_id")
        for house, explained in self.office.rows(_EXPLAINED):
            here = int(str(house))
            set_off = self.left("setoff", here)
            wanted = self.owed_before.get(here, 0) + int(str(explained)) - set_off
            assert owed.get(here, 0) == wanted, f"connection {here}"

    @invariant()
    def every_deposit_came_and_went(self) -> None:
        held = self.balances("deposit", "connection_id")
        for house, came in self.office.rows(_DEPOSITS):
            here = int(str(house))
            went = self.left("setoff", here) + self.left("refund", here)
            assert held.get(here, 0) == self.held_before.get(here, 0) - int(str(came)) + went
            assert held.get(here, 0) <= 0

    def left(self, how: str, house: int) -> int:
        """What left a deposit in one way, in paise."""
        done = self.office.left_deposit.values()
        return sum(paise for one, here, paise in done if (one, here) == (how, house))

    @invariant()
    def everyone_holds_what_they_took(self) -> None:
        cash = self.balances("cash", "staff_id")
        in_charge = self.office.staff(IN_CHARGE)
        refunded = sum(paise for how, _, paise in self.office.left_deposit.values() if how == "refund")
        for staff, took in self.office.rows(_CASH):
            who = int(str(staff))
            missing = sum(paise for one, paise in self.office.differences.values() if one == who)
            gave_back = refunded if who == in_charge else 0
            assert cash.get(who, 0) == int(str(took)) - missing - gave_back
            assert self.balances("difference", "staff_id").get(who, 0) == missing

    @invariant()
    def money_without_cash_is_where_it_came_from(self) -> None:
        office = self.office
        assert self.total("clearing") == office.number(_AT_PROVIDERS)
        assert self.total("suspense") == -office.number(_NOBODYS)
        assert self.total("income") == -office.number(_EARNED)
        assert self.total("late_fees") == -office.number(_FINED)
        sold = "SELECT coalesce(sum(amount_paise), 0) FROM water_sale WHERE undone_at IS NULL"
        assert self.total("water") == -office.number(sold)
        given = "SELECT coalesce(sum(paise), 0) FROM coupon WHERE entry_id IS NOT NULL"
        assert self.total("discount") == office.number(given)
        later = "SELECT coalesce(sum(paise), 0) FROM instalment WHERE run_id IS NULL AND payoff_id IS NULL"
        assert self.total("instalments") == office.number(later)

    @invariant()
    def no_month_gives_back_more_than_it_took(self) -> None:
        assert not self.office.rows(_GIVEN_TOO_MUCH)

    @invariant()
    def receipts_have_no_gaps(self) -> None:
        assert not self.office.rows(
            "SELECT plant_id, year FROM receipt GROUP BY plant_id, year HAVING max(serial) <> count(*)"
        )
        assert not self.office.rows(
            "SELECT payment.id FROM payment LEFT JOIN receipt ON receipt.payment_id = payment.id "
            "GROUP BY payment.id HAVING count(receipt.id) <> 1"
        )

    @invariant()
    def a_reversed_run_has_no_standing_bill(self) -> None:
        assert not self.office.rows(
            "SELECT bill.id FROM bill JOIN billing_run ON billing_run.id = run_id "
            "WHERE (state = 'reversed') <> (reversed_at IS NOT NULL)"
        )


def test_all_money_in_any_order(servers: Servers, world_template: str) -> None:
    machine = type("Machine", (AllMoney,), {"servers": servers, "world": world_template})
    run_state_machine_as_test(
        machine,
        # What fails between two sessions may not fail again, so nothing is made smaller: the steps are shown.
        settings=hypothesis_settings(
            max_examples=10, stateful_step_count=30, deadline=None, database=None, phases=[Phase.generate]
        ),
    )
