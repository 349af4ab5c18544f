"""Deposits on a real database: any order of acts, repeats, two at once; and how much cash one may hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core import deposits, ledger, payments, receivable, statements, taking_back
from core.doing import Doing
from core.text import has_words
from tests.core.test_cash import ASHA, AT, IN_CHARGE, RAMESH, Till
from tests.play import Play
from tests.together import at_once

NUMBER = "120465"
"""Owes nothing at first, and Rs 100 are held."""


@pytest.fixture
def till(play: Play) -> Till:
    return Till(play)


def connection(till: Till, number: str = NUMBER) -> int:
    return int(str(till.rows(f"SELECT id FROM connection WHERE number = '{number}'")[0][0]))


def stands(till: Till, kind: str, number: str = NUMBER) -> int:
    rows = till.rows(
        "SELECT balance_paise FROM account JOIN connection ON connection.id = account.connection_id "
        f"WHERE kind = '{kind}' AND number = '{number}'"
    )
    return int(str(rows[0][0])) if rows else 0


def taking(id_: int, paise: int) -> Callable[[Doing], object]:
    return lambda doing: payments.take_cash(doing, id_, paise, "deposit")


def setting_off(id_: int, paise: int) -> Callable[[Doing], object]:
    return lambda doing: deposits.set_off(doing, id_, paise).key


def giving_back(id_: int, paise: int) -> Callable[[Doing], object]:
    return lambda doing: deposits.give_back(doing, id_, paise).key


def test_only_an_in_charge_of_the_plant_sets_off_and_gives_back(till: Till) -> None:
    id_ = connection(till)
    for phone in (RAMESH, ASHA):
        for act in (setting_off(id_, 1_00), giving_back(id_, 1_00)):
            assert till.act(phone, act) == "deposit.not_you"
    assert stands(till, "deposit") == -100_00


def test_nothing_goes_back_while_dues_are_open_or_beyond_what_is_held_or_in_hand(till: Till) -> None:
    id_, owing = connection(till), connection(till, "120457")
    assert till.act(IN_CHARGE, giving_back(owing, 1_00)) == "deposit.owes"
    assert till.act(IN_CHARGE, giving_back(id_, 100_01)) == "deposit.too_much"
    assert till.act(IN_CHARGE, giving_back(id_, 100_00)) == "deposit.no_cash"
    till.act(IN_CHARGE, taking(id_, 50_00))
    assert till.act(IN_CHARGE, giving_back(id_, 50_00)) == "deposit.refunded"
    assert (stands(till, "deposit"), till.cash(IN_CHARGE)) == (-100_00, 0)


def test_two_set_offs_at_once_use_the_deposit_once(till: Till) -> None:
    id_ = connection(till, "120457")
    done = at_once(*(lambda: till.act(IN_CHARGE, setting_off(id_, 400_00)),) * 2)
    assert sorted(map(str, done)) == ["deposit.setoff_due", "deposit.too_much"]
    assert (stands(till, "deposit", "120457"), stands(till, "dues", "120457")) == (-100_00, 220_50)


def test_a_deposit_that_was_used_is_not_undone(till: Till) -> None:
    id_ = connection(till, "120457")
    till.act(RAMESH, taking(id_, 50_00))
    assert till.act(IN_CHARGE, setting_off(id_, 520_00)) == "deposit.setoff_due"
    [(payment,)] = till.rows("SELECT id FROM payment")
    undo = till.act(RAMESH, lambda doing: taking_back.undo(doing, int(str(payment))))
    assert undo == "deposit.used"


class AnyOrder(RuleBasedStateMachine):
    """Taken, undone, set off, given back, repeated: what leaves was held, the books are true."""

    till: Till
    id_: int

    def __init__(self) -> None:
        super().__init__()
        self.keys = 0

    @rule(
        what=st.sampled_from(["take", "setoff", "back", "owe", "undo"]),
        rupees=st.integers(1, 200),
        twice=st.booleans(),
    )
    def one_act(self, what: str, rupees: int, twice: bool) -> None:
        act = {
            "take": taking(self.id_, rupees * 100),
            "setoff": setting_off(self.id_, rupees * 100),
            "back": giving_back(self.id_, rupees * 100),
            "owe": self._undo_last("dues"),
            "undo": self._undo_last("deposit"),
        }[what]
        key = f"d/{id(self)}.{self.keys}"
        self.keys += 1
        before = stands(self.till, "deposit")
        self._act(act, key)
        after = stands(self.till, "deposit")
        if twice:
            self._act(act, key)
            assert stands(self.till, "deposit") == after
        assert before <= 0

    def _undo_last(self, purpose: str) -> Callable[[Doing], object]:
        def undo(doing: Doing) -> object:
            last = doing.session.execute(
                text(
                    "SELECT id FROM payment WHERE purpose = :purpose AND reversal_id IS NULL "
                    "ORDER BY id DESC LIMIT 1"
                ),
                {"purpose": purpose},
            ).scalar_one_or_none()
            if last is not None:
                return taking_back.undo(doing, last)
            return payments.take_cash(doing, self.id_, 50_00)

        return undo

    def _act(self, act: Callable[[Doing], object], key: str) -> None:
        with suppress(ledger.AlreadyPosted, ledger.SourceReused, ledger.AlreadyReversed):
            self.till.act(IN_CHARGE, act, key)

    @invariant()
    def books_are_true(self) -> None:
        assert stands(self.till, "deposit") <= 0
        [(total,)] = self.till.rows("SELECT coalesce(sum(amount_paise), 0) FROM posting")
        assert total == 0
        wrong = self.till.rows(
            "SELECT account.id FROM account LEFT JOIN posting ON posting.account_id = account.id "
            "GROUP BY account.id HAVING account.balance_paise <> coalesce(sum(posting.amount_paise), 0)"
        )
        assert wrong == []
        [(gaps,)] = self.till.rows("SELECT coalesce(max(serial), 0) - count(*) FROM receipt")
        assert gaps == 0


def test_any_order_of_acts_keeps_the_books_true(till: Till) -> None:
    AnyOrder.till, AnyOrder.id_ = till, connection(till)
    run_state_machine_as_test(
        AnyOrder, settings=hypothesis_settings(max_examples=12, stateful_step_count=12, deadline=None)
    )


def test_what_a_deposit_should_be(till: Till) -> None:
    reader = till.play.services.database.reader
    assert deposits.deposit_of(reader, connection(till, "120457")) == deposits.Deposit(500_00, 500_00)
    ids = {str(code): int(str(id_)) for code, id_ in till.rows("SELECT code, id FROM package")}
    database, here = till.play.services.database, connection(till)

    def needed(code: str) -> int:
        return deposits.deposit_of(reader, here, ids[code]).needed_paise

    assert deposits.deposit_of(reader, here, ids["SHOP500"]) == deposits.Deposit(100_00, 500_00)
    with database.begin() as session:
        session.execute(text("UPDATE package SET deposit_paise = 0, prepaid = false"))
    # Two bills of Rs 100; for the other package two of its monthly prices.
    assert (needed("HOME30"), needed("SHOP500")) == (200_00, 100_00)
    with database.begin() as session:
        session.execute(text("UPDATE package SET prepaid = true"))
    assert needed("HOME30") == 0


def limit(till: Till, rupees: int) -> None:
    with till.play.services.database.begin() as session:
        session.execute(text("UPDATE organisation SET float_limit_paise = :paise"), {"paise": rupees * 100})


def test_above_the_limit_a_collector_is_warned_and_the_in_charge_hears_once_a_day(play: Play) -> None:
    till = Till(play)
    limit(till, 100)
    for rupees in (100, 50, 51, 5):
        play.text(RAMESH, f"PAY 120457 {rupees}")
    told = play.deliver()
    mine = [words for phone, words in told if phone == RAMESH]
    assert "hand over" not in mine[0]
    assert mine[1].endswith("You hold Rs 150, above Rs 100. Please hand over soon.")
    assert mine[3].startswith("You hold Rs 201, far above your limit of Rs 100.")
    alerts = [words for phone, words in told if phone == IN_CHARGE]
    assert alerts == [
        "Ramesh Kumar holds Rs 150 in cash, above the limit of Rs 100. Please arrange a hand-over."
    ]
    assert till.cash(RAMESH) == 201_00
    play.text(RAMESH, "PAY 120457 5, 120465 5")
    play.text(RAMESH, "CASH")
    [(_, listed), (_, cash)] = play.deliver()
    assert "far above your limit" in listed
    assert "above Rs 100" in cash
    assert till.cash(RAMESH) == 201_00


def test_ones_own_limit_goes_before_the_organisations(play: Play) -> None:
    till = Till(play)
    limit(till, 100)
    with play.services.database.begin() as session:
        session.execute(
            text("UPDATE staff SET float_limit_paise = 50000 WHERE phone = :phone"), {"phone": RAMESH}
        )
    play.text(RAMESH, "PAY 120457 400")
    assert "hand over" not in play.deliver()[-1][1]


def test_every_kind_that_moves_dues_or_deposits_has_its_column_and_words() -> None:
    moving = set()
    for path in Path("core").rglob("*.py"):
        source = path.read_text()
        for entry in re.findall(r"ledger\.post\((.*?)\n\s*\)\n", source, re.S):
            if "dues" in entry or "deposit" in entry or "owner" in entry or "other" in entry:
                moving |= set(re.findall(r'kind="(\w+)"', entry))
    moving |= set(payments._KINDS.values()) | {"bill", "opening"}
    known = set(statements.KINDS) | set(statements.DEPOSIT_KINDS)
    assert moving <= known, moving - known
    assert all(has_words(f"statement.kind.{kind}", "en") for kind in known)


def test_the_year_and_the_statement_add_up_with_a_set_off(till: Till) -> None:
    id_ = connection(till, "120457")
    assert till.act(IN_CHARGE, setting_off(id_, 120_50)) == "deposit.setoff_due"
    reader = till.play.services.database.reader
    moves = statements.moves(reader, "dues", id_, 30)
    assert [(one.kind, one.paise, one.balance_paise) for one in moves] == [
        ("setoff", -120_50, 500_00),
        ("opening", 620_50, 620_50),
    ]
    held = statements.moves(reader, "deposit", id_, 30)
    assert [(one.kind, one.balance_paise) for one in held] == [("setoff", -379_50), ("opening", -500_00)]
    assert sum(month.paid_paise for month in statements.year_by_month(reader, id_)) == 120_50


def test_receivable_by_age_of_the_bills(till: Till) -> None:
    reader = till.play.services.database.reader
    with till.play.services.database.begin() as session:
        session.execute(
            text("UPDATE bill SET issued_on = current_date - 40, period_from = current_date - 71")
        )
    [kasba, rampur] = receivable.receivable(reader, till.staff(IN_CHARGE))
    assert (kasba.plant, rampur.plant) == ("Kasba", "Rampur")
    assert rampur.owed_paise == rampur.fresh_paise + rampur.older_paise + rampur.oldest_paise
    assert rampur.fresh_paise == 0
    assert rampur.older_paise > 0
    assert rampur.oldest_paise > 0
    [only] = receivable.receivable(reader, till.staff(IN_CHARGE), "kasba")
    assert only == kasba
    assert receivable.receivable(reader, till.staff(RAMESH), "kasba") == []


def test_questions_of_a_month_are_read_by_the_indexes(till: Till) -> None:
    """Made to choose, the planner has an index for the days of payments and for the bills of a connection."""
    database = till.play.services.database
    bind = {"staff": 1, "plant": None, "day": AT.date(), "month": AT.date(), "oldest": AT.date()}
    bind |= {"first": AT.date(), "upto": AT.date()}
    with database.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        driver = session.connection()
        plans = [
            "\n".join(row[0] for row in driver.exec_driver_sql(f"EXPLAIN {sql}", bind))
            for sql in (receivable._TAKEN, receivable._OWED)
        ]
    assert "payment_by_day" in plans[0]
    assert "bill_standing" in plans[1]
