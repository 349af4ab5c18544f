"""Cash between hands on a real database: any order of acts, repeats, and two sessions at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core import disputes, handing, lists, payments, taking_back
from core.doing import Doing
from core.errors import Refusal
from core.lists import Item
from core.people import Caller, find_caller
from core.text import Text
from tests.play import Play
from tests.together import at_once

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
RAMESH, SURESH, IN_CHARGE = "+919800000002", "+919800000012", "+919800000003"
ASHA = "+919800000001"
NUMBERS = ("120457", "120465", "120473")
_keys = count(1)


@dataclass
class Till:
    """The small world with its people, and acts under keys of one's choice."""

    play: Play
    callers: dict[str, Caller] = field(init=False)

    def __post_init__(self) -> None:
        # Beforehand: every thread that reads would open a connection of its own.
        reader = self.play.services.database.reader
        self.callers = {phone: find_caller(reader, phone) for phone in (RAMESH, SURESH, IN_CHARGE, ASHA)}

    def act(
        self, phone: str, do: Callable[[Doing], object], key: str | None = None, at: datetime = AT
    ) -> object:
        """One act in one transaction; a Refusal is given back as its key."""
        database = self.play.services.database
        caller = self.callers[phone]
        try:
            with database.begin() as session:
                doing = Doing(session, caller, "sms", key or f"t/{next(_keys)}.1", at, self.play.settings)
                return do(doing)
        except Refusal as refusal:
            return refusal.text.key

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.play.services.database.reader.rows(sql, {})]

    def staff(self, phone: str) -> int:
        return int(str(self.rows(f"SELECT id FROM staff WHERE phone = '{phone}'")[0][0]))

    def cash(self, phone: str) -> int:
        return handing.held(self.play.services.database.reader, self.staff(phone))


@pytest.fixture
def till(play: Play) -> Till:
    return Till(play)


def paid(number: str, paise: int) -> Callable[[Doing], object]:
    def do(doing: Doing) -> object:
        found = doing.session.execute(text("SELECT id FROM connection WHERE number = :n"), {"n": number})
        return payments.take_cash(doing, found.scalar_one(), paise)

    return do


def test_a_hand_over_moves_cash_only_after_the_other_side_said_yes(till: Till) -> None:
    till.act(RAMESH, paid("120457", 300_00))
    till.act(RAMESH, lambda doing: handing.offer(doing, till.staff(SURESH), 200_00))
    assert (till.cash(RAMESH), till.cash(SURESH)) == (300_00, 0)
    [(offer,)] = till.rows("SELECT id FROM handover")
    assert till.act(RAMESH, lambda doing: handing.answer(doing, int(str(offer)), True)) == "got.over"
    done = at_once(
        *(lambda: till.act(SURESH, lambda doing: handing.answer(doing, int(str(offer)), True)),) * 2
    )
    assert sorted(map(str, done))[-1] == "got.over"
    assert (till.cash(RAMESH), till.cash(SURESH)) == (100_00, 200_00)


def test_an_unanswered_hand_over_ends_after_a_day_and_both_hear_of_it(till: Till) -> None:
    till.act(RAMESH, paid("120457", 300_00))
    till.act(RAMESH, lambda doing: handing.offer(doing, till.staff(SURESH), 200_00))
    [(offer,)] = till.rows("SELECT id FROM handover")
    late = AT + timedelta(days=1)
    act = till.act(SURESH, lambda doing: handing.answer(doing, int(str(offer)), True), at=late)
    assert act == "got.over"
    for expected in (1, 0):
        with till.play.services.database.begin() as session:
            assert handing.expire(session, late, default_language="en") == expected
    told = till.rows("SELECT recipient FROM outbox WHERE source LIKE 'hand-over:%%' ORDER BY recipient")
    assert told == [(RAMESH,), (SURESH,)]
    assert till.cash(RAMESH) == 300_00


def test_a_close_on_an_old_figure_is_refused(till: Till) -> None:
    till.act(RAMESH, paid("120457", 300_00))
    assert till.act(RAMESH, lambda doing: handing.close(doing, 100_00, 200_00, "lost")) == "close.moved"
    till.act(RAMESH, lambda doing: handing.close(doing, 290_00, 300_00, "change"))
    assert till.cash(RAMESH) == 290_00
    assert till.rows("SELECT balance_paise FROM account WHERE kind = 'difference'") == [(10_00,)]


def test_a_list_is_entered_once_under_its_number_even_by_two_sessions(till: Till) -> None:
    items = [Item("120457", 300_00), Item("120465", 150_00), Item("300011", 100_00)]
    said = at_once(*(lambda: till.act(RAMESH, lambda doing: lists.take(doing, 3, items, "same")),) * 2)
    assert sorted(one.key for one in said if isinstance(one, Text)) == ["batch.again", "nav.lines"]
    assert till.cash(RAMESH) == 450_00
    differs = till.act(RAMESH, lambda doing: lists.take(doing, 3, items[:1], "other"))
    assert isinstance(differs, Text)
    assert differs.key == "batch.differs"
    gaps = till.act(RAMESH, lambda doing: lists.take(doing, 6, items[:1], "next"))
    assert isinstance(gaps, Text)
    assert "#4, #5" in str(gaps)
    assert till.cash(RAMESH) == 750_00


def test_two_lists_of_the_same_houses_in_opposite_order_do_not_block_each_other(till: Till) -> None:
    items = [Item(number, 10_00) for number in NUMBERS]
    for _ in range(5):
        at_once(
            lambda: till.act(RAMESH, lambda doing: lists.take(doing, None, items, "a")),
            lambda: till.act(SURESH, lambda doing: lists.take(doing, None, items[::-1], "b")),
        )
    assert till.cash(RAMESH) == till.cash(SURESH) == 150_00


class CashMachine(RuleBasedStateMachine):
    """Every act on cash in any order, each of them perhaps sent twice, against plain sums of our own."""

    till: Till

    def newest(self, sql: str) -> int | None:
        rows = self.till.rows(sql)
        return int(str(rows[0][0])) if rows else None

    @rule(who=st.sampled_from([RAMESH, SURESH]), number=st.sampled_from(NUMBERS), rupees=st.integers(1, 900))
    def pay(self, who: str, number: str, rupees: int) -> None:
        self.till.act(who, paid(number, rupees * 100))

    @rule(who=st.sampled_from([RAMESH, SURESH]), running=st.integers(1, 5), rupees=st.integers(1, 900))
    def pay_list(self, who: str, running: int, rupees: int) -> None:
        items = [Item(number, rupees * 100) for number in NUMBERS]
        before = self.till.cash(who)
        for _ in range(2):
            self.till.act(who, lambda doing: lists.take(doing, running, items, str(rupees)))
        assert self.till.cash(who) - before in (0, 3 * rupees * 100)

    @rule(two=st.booleans())
    def undo(self, two: bool) -> None:
        last = self.newest("SELECT id FROM payment WHERE reversal_id IS NULL ORDER BY id DESC LIMIT 1")
        if last is not None:
            acts = [
                lambda who=who: self.till.act(who, lambda d: taking_back.undo(d, last))
                for who in (RAMESH, SURESH)
            ]
            at_once(*acts, *(acts if two else []))

    @rule(giver=st.sampled_from([RAMESH, SURESH]), rupees=st.integers(1, 900))
    def hand(self, giver: str, rupees: int) -> None:
        taker = self.till.staff(SURESH if giver == RAMESH else RAMESH)
        self.till.act(giver, lambda doing: handing.offer(doing, taker, rupees * 100))

    @rule(taken=st.booleans())
    def answer(self, taken: bool) -> None:
        offer = self.newest("SELECT id FROM handover WHERE state = 'offered' LIMIT 1")
        if offer is not None:
            # Both sides at the same moment: one answers, the other takes it back.
            at_once(
                *(
                    lambda who=who: self.till.act(who, lambda d: handing.answer(d, offer, taken))
                    for who in (RAMESH, SURESH)
                ),
                *(
                    lambda who=who: self.till.act(who, lambda d: handing.withdraw(d, offer))
                    for who in (RAMESH, SURESH)
                ),
            )

    @rule(who=st.sampled_from([RAMESH, SURESH]), off=st.integers(-50, 50))
    def close(self, who: str, off: int) -> None:
        held = self.till.cash(who)
        counted = max(held + off * 100, 0)
        act = lambda: self.till.act(who, lambda d: handing.close(d, counted, held, "why"))  # noqa: E731
        if held or off:
            at_once(act, act)

    @rule()
    def deny(self) -> None:
        last = self.newest(
            "SELECT payment.id FROM payment JOIN connection ON connection.id = connection_id "
            "WHERE number = '120457' ORDER BY payment.id DESC LIMIT 1"
        )
        if last is not None:
            at_once(*(lambda: self.till.act(ASHA, lambda d: disputes.deny(d, last)),) * 2)

    @rule(outcomes=st.tuples(*[st.sampled_from(["keep", "undo"])] * 2))
    def settle(self, outcomes: tuple[disputes.Outcome, disputes.Outcome]) -> None:
        last = self.newest("SELECT payment_id FROM dispute ORDER BY at DESC, payment_id DESC LIMIT 1")
        if last is not None:
            acts = [
                lambda how=how: self.till.act(IN_CHARGE, lambda d: disputes.settle(d, last, how))
                for how in outcomes
            ]
            at_once(*acts)

    @invariant()
    def books_are_true(self) -> None:
        assert self.till.rows("SELECT coalesce(sum(amount_paise), 0) FROM posting") == [(0,)]
        wrong = """SELECT account.id FROM account LEFT JOIN posting ON posting.account_id = account.id
                   GROUP BY account.id HAVING balance_paise <> coalesce(sum(amount_paise), 0)"""
        assert self.till.rows(wrong) == []

    @invariant()
    def dues_fall_by_what_stands(self) -> None:
        """What customers owe less, collectors hold or are missing: nothing credited twice or lost."""
        held = "SELECT coalesce(sum(balance_paise), 0) FROM account WHERE kind IN ('cash', 'difference')"
        stands = "SELECT coalesce(sum(amount_paise), 0) FROM payment WHERE reversal_id IS NULL"
        assert self.till.rows(held) == self.till.rows(stands)

    @invariant()
    def receipts_have_no_gaps(self) -> None:
        gaps = "SELECT plant_id FROM receipt GROUP BY plant_id, year HAVING max(serial) <> count(*)"
        assert self.till.rows(gaps) == []

    @invariant()
    def an_undone_dispute_is_settled(self) -> None:
        wrong = """SELECT payment_id FROM dispute JOIN payment ON payment.id = payment_id
                   WHERE CASE WHEN reversal_id IS NULL THEN outcome = 'undo' ELSE outcome IS NULL END"""
        assert self.till.rows(wrong) == []


def test_cash_in_any_order_keeps_the_books_true(till: Till) -> None:
    CashMachine.till = till
    run_state_machine_as_test(
        CashMachine, settings=hypothesis_settings(max_examples=12, stateful_step_count=25, deadline=None)
    )


def test_the_in_charge_settles_a_disputed_receipt_in_one_line(till: Till) -> None:
    play = till.play
    for words, left in (("KEEP", 300_00), ("UNDO", 300_00)):
        play.text(RAMESH, "PAY 120457 300")
        [(receipt,)] = till.rows("SELECT number FROM receipt ORDER BY id DESC LIMIT 1")
        for said in ("NO", "1"):
            play.text(ASHA, said)
        play.text(SURESH, f"SETTLE {receipt} {words}")
        before = till.cash(RAMESH)
        play.deliver()
        play.text(IN_CHARGE, f"SETTLE {receipt} {words}")
        assert till.cash(RAMESH) == before
        code = next(said for to, said in play.deliver() if to == IN_CHARGE and "is the code" in said)
        play.text(IN_CHARGE, code[:6])
        assert till.cash(RAMESH) == left
        play.text(IN_CHARGE, f"SETTLE {receipt} {words}")
    outcomes = till.rows("SELECT outcome FROM dispute ORDER BY payment_id")
    assert outcomes == [("keep",), ("undo",)]
    told = [words for phone, words in play.deliver() if phone == IN_CHARGE]
    assert any("is taken back" in words for words in told)
    assert any("has no open dispute" in words for words in told)
