"""The ledger in any order of postings, reversals and repeats, two sessions at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import ledger
from core.db import Database
from tests.core.books import AT, open_books, pay
from tests.together import at_once

Act = Callable[[Session], int]
Outcome = int | type[Exception]
REFUSED = (ledger.AlreadyPosted, ledger.AlreadyReversed, ledger.SourceReused)
SOURCES = st.integers(0, 7)
PAYMENTS = st.tuples(SOURCES, st.integers(1, 3), st.integers(0, 1), st.integers(0, 1))
"""Source, hundreds of rupees, connection, collector: few values, so that they often meet."""
UNDOINGS = st.tuples(SOURCES, st.integers(0, 3))
"""Which payment, and which of a few sources takes it back."""


class AnyOrder(RuleBasedStateMachine):
    """Payments and reversals, repeated, broken off, two at once: the books stay true throughout."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        with self.database.begin() as session:
            self.books = open_books(session)
        self.entries: dict[int, int] = {}
        """Which entry each payment source made."""
        self.undone: dict[int, int] = {}
        """Which reversal took each entry back."""

    @rule(payment=PAYMENTS, commit=st.booleans())
    def one_payment(self, payment: tuple[int, int, int, int], commit: bool) -> None:
        before = self.entries.get(payment[0])
        outcome = self._run(self._paying(payment), commit)
        assert isinstance(outcome, int) == (before is None)
        if commit and isinstance(outcome, int):
            self.entries[payment[0]] = outcome

    @rule(undoing=UNDOINGS, commit=st.booleans())
    def one_reversal(self, undoing: tuple[int, int], commit: bool) -> None:
        entry = self.entries.get(undoing[0])
        if entry is None:
            return
        outcome = self._run(self._undoing(entry, undoing[1]), commit)
        if entry in self.undone:
            assert outcome in REFUSED
        elif commit and isinstance(outcome, int):
            self.undone[entry] = outcome

    @rule(first=PAYMENTS, second=PAYMENTS)
    def two_payments_at_once(
        self, first: tuple[int, int, int, int], second: tuple[int, int, int, int]
    ) -> None:
        outcomes = self._at_once(self._paying(first), self._paying(second))
        for payment, outcome in zip((first, second), outcomes, strict=True):
            if isinstance(outcome, int):
                assert payment[0] not in self.entries, "one source moved money twice"
                self.entries[payment[0]] = outcome
            else:
                assert outcome in REFUSED

    @rule(source=SOURCES, first=st.integers(0, 3), second=st.integers(0, 3))
    def two_reversals_at_once(self, source: int, first: int, second: int) -> None:
        entry = self.entries.get(source)
        if entry is None:
            return
        for outcome in self._at_once(self._undoing(entry, first), self._undoing(entry, second)):
            if isinstance(outcome, int):
                assert entry not in self.undone, "one entry was taken back twice"
                self.undone[entry] = outcome

    @invariant()
    def books_are_true(self) -> None:
        with self.database.begin() as session:
            assert (
                session.execute(text("SELECT coalesce(sum(amount_paise), 0) FROM posting")).scalar_one() == 0
            )
            wrong = session.execute(
                text("""
                SELECT account.id FROM account LEFT JOIN posting ON posting.account_id = account.id
                GROUP BY account.id HAVING account.balance_paise <> coalesce(sum(posting.amount_paise), 0)
            """)
            ).all()
            assert wrong == []
            made = session.execute(
                text("SELECT count(*) FROM entry WHERE plant_id = :plant"), {"plant": self.books.plant}
            ).scalar_one()
            assert made == len(self.entries) + len(self.undone)

    def _paying(self, payment: tuple[int, int, int, int]) -> Act:
        source, hundreds, who, to = payment
        name = f"pay:{self.books.plant}:{source}"
        return lambda session: pay(session, self.books, name, hundreds * 100_00, who, to)

    def _undoing(self, entry: int, source: int) -> Act:
        return lambda session: ledger.reverse(session, entry, f"undo:{self.books.plant}:{source}", AT)

    def _run(self, act: Act, commit: bool = True) -> Outcome:
        """One transaction, as the service runs it; it may break off at the end."""
        try:
            with Session(self.database.engine) as session:
                outcome = act(session)
                if commit:
                    session.commit()
                return outcome
        except REFUSED as error:
            return type(error)

    def _at_once(self, *acts: Act) -> list[Outcome]:
        return at_once(*(partial(self._run, act) for act in acts))


def test_books_stay_true_in_any_order(kept_database: Database) -> None:
    machine = type("Machine", (AnyOrder,), {"database": kept_database})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=15, deadline=None, database=None)
    )
