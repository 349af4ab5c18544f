"""The ledger on a real database: any order of postings, reversals and repeats, two sessions at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from threading import Barrier

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import ledger
from core.db import Database
from tests.together import at_once

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
_names = count(1)


@dataclass(frozen=True)
class Books:
    """One plant with two connections and two collectors."""

    plant: int
    connections: tuple[int, int]
    staff: tuple[int, int]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def open_books(session: Session) -> Books:
    """A plant of its own, so that many may live in one database."""
    tag = f"t{next(_names)}"

    def add(table: str, **values: object) -> int:
        columns, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        statement = text(f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING id")
        return int(session.execute(statement, values).scalar_one())

    organisation = add("organisation", code=tag, name=tag)
    state = add("state", organisation_id=organisation, code=tag, name=tag)
    cluster = add("cluster", state_id=state, code=tag, name=tag)
    plant = add("plant", cluster_id=cluster, code=tag, name=tag)
    sold = {"load_watts": 100, "hours": "24", "prepaid": False, "metered": False}
    package = add("package", organisation_id=organisation, code=tag, name=tag, **sold)

    def connection(name: str) -> int:
        customer = add("customer", reference=name, name=name)
        owned = {"customer_id": customer, "plant_id": plant, "package_id": package}
        return add("connection", reference=name, number=name, **owned)

    def staff(name: str) -> int:
        return add("staff", code=name, name=name, role="technician")

    return Books(plant, (connection(tag + "a"), connection(tag + "b")), (staff(tag + "x"), staff(tag + "y")))


@pytest.fixture
def books(database: Database) -> Books:
    with database.begin() as session:
        return open_books(session)


def pay(session: Session, books: Books, source: str, paise: int, who: int = 0, to: int = 0) -> int:
    """A collector takes cash for a connection."""
    cash = ledger.account_id(session, "cash", staff_id=books.staff[to])
    dues = ledger.account_id(session, "dues", connection_id=books.connections[who])
    moves = [(cash, paise), (dues, -paise)]
    return ledger.post(session, source=source, kind="payment", plant_id=books.plant, at=AT, moves=moves)


def test_a_payment_moves_money_from_dues_to_cash(database: Database, books: Books) -> None:
    with database.begin() as session:
        pay(session, books, "pay:1", 300_00)
    with database.begin() as session:
        assert ledger.balance(session, "cash", staff_id=books.staff[0]) == 300_00
        assert ledger.balance(session, "dues", connection_id=books.connections[0]) == -300_00
        assert ledger.balance(session, "deposit", connection_id=books.connections[0]) == 0


def test_the_same_source_moves_money_once_and_the_transaction_goes_on(
    database: Database, books: Books
) -> None:
    with database.begin() as session:
        first = pay(session, books, "pay:1", 300_00)
        with pytest.raises(ledger.AlreadyPosted) as again:
            pay(session, books, "pay:1", 300_00)
        assert again.value.entry_id == first
        with pytest.raises(ledger.SourceReused):
            pay(session, books, "pay:1", 301_00)
        pay(session, books, "pay:2", 50_00)
    with database.begin() as session:
        assert ledger.balance(session, "cash", staff_id=books.staff[0]) == 350_00


def test_who_holds_dues_and_then_earns_never_waits_for_who_earns_and_then_bills(
    database: Database, books: Books
) -> None:
    """As a billing run and a single posting do, for a customer who came after the plant's income account."""
    with database.begin() as session:
        income = ledger.account_id(session, "income", plant_id=books.plant)
        dues = ledger.account_id(session, "dues", connection_id=books.connections[0])
    assert income < dues

    def earn(session: Session, source: str) -> None:
        ledger.post(
            session, source=source, kind="bill", plant_id=books.plant, at=AT, moves=[(dues, 1), (income, -1)]
        )

    def earn_alone() -> None:
        with database.begin() as session:
            earn(session, "bill:single")

    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with ThreadPoolExecutor(1) as pool, database.begin() as session:
        ledger.locked(session, dues)
        single = pool.submit(earn_alone)
        while not database.reader.rows(waits, {}) and not single.done():
            pass
        earn(session, "bill:run")
        session.commit()
        single.result()
    with database.begin() as session:
        assert ledger.balance(session, "dues", connection_id=books.connections[0]) == 2


def test_an_entry_is_reversed_once(database: Database, books: Books) -> None:
    with database.begin() as session:
        entry = pay(session, books, "pay:1", 300_00)
        undone = ledger.reverse(session, entry, "undo:1", AT)
        with pytest.raises(ledger.AlreadyPosted):
            ledger.reverse(session, entry, "undo:1", AT)
        with pytest.raises(ledger.AlreadyReversed) as again:
            ledger.reverse(session, entry, "undo:2", AT)
        assert again.value.reversal_id == undone
        with pytest.raises(LookupError):
            ledger.reverse(session, undone, "undo:3", AT)
        with pytest.raises(LookupError):
            ledger.reverse(session, 999_999, "undo:4", AT)
        with pytest.raises(ledger.SourceReused):
            ledger.reverse(session, entry, "pay:1", AT)
        assert ledger.balance(session, "cash", staff_id=books.staff[0]) == 0


@pytest.mark.parametrize("amounts", [[], [100], [100, -99], [100, -100, 0]])
def test_moves_that_do_not_balance_never_reach_the_database(
    database: Database, books: Books, amounts: list[int]
) -> None:
    with database.begin() as session:
        account = ledger.account_id(session, "dues", connection_id=books.connections[0])
        moves = [(account, paise) for paise in amounts]
        with pytest.raises(ValueError, match="bad:1"):
            ledger.post(session, source="bad:1", kind="payment", plant_id=books.plant, at=AT, moves=moves)


def test_an_account_has_the_owner_its_kind_needs(database: Database, books: Books) -> None:
    with database.begin() as session, pytest.raises(ValueError, match="connection_id"):
        ledger.account_id(session, "dues", staff_id=books.staff[0])


def test_two_sessions_that_open_an_account_get_the_same(database: Database, books: Books) -> None:
    start = Barrier(2)

    def open_one(_: int) -> int:
        with database.begin() as session:
            start.wait(60)
            return ledger.account_id(session, "dues", connection_id=books.connections[1])

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(open_one, range(2))
    assert first == second


STRAY = """
    INSERT INTO posting (entry_id, account_id, amount_paise)
    SELECT {entry}, {account}, amount_paise FROM posting
"""
BILL = """
    INSERT INTO bill (connection_id, entry_id, run_id, tariff_id, period_from, period_to, issued_on, due_on,
        amount_paise)
    SELECT {connection}, {entry}, {run}, {tariff}, '2026-11-01', '2026-11-30', '2026-12-01', '2026-12-16', 1
    FROM connection
"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET kind = 'gift'",
        "DELETE FROM entry",
        "TRUNCATE entry CASCADE",
        "UPDATE posting SET amount_paise = amount_paise * 2",
        "DELETE FROM posting",
        "TRUNCATE posting",
        "UPDATE account SET balance_paise = 0",
        "INSERT INTO posting (entry_id, account_id, amount_paise) SELECT 1, account_id, 9 FROM posting",
        "INSERT INTO posting (entry_id, account_id, amount_paise) SELECT 1, account_id, 0 FROM posting",
        "INSERT INTO account (kind, plant_id, balance_paise) SELECT 'income', id, 500 FROM plant",
        # What foreign keys would say: nobody is named who is not there, and nobody who is named goes away.
        STRAY.format(entry="0", account="account_id"),
        STRAY.format(entry="entry_id", account="account_id - 1000000"),
        "DELETE FROM account",
        "UPDATE account SET id = id + 1000000",
        "TRUNCATE account",
        "DELETE FROM connection",
        "TRUNCATE connection CASCADE",
        BILL.format(connection="0", entry="NULL", run="NULL", tariff="NULL"),
        BILL.format(connection="connection.id", entry="0", run="NULL", tariff="NULL"),
        BILL.format(connection="connection.id", entry="NULL", run="0", tariff="NULL"),
        BILL.format(connection="connection.id", entry="NULL", run="NULL", tariff="0"),
    ],
)
def test_the_database_refuses_what_would_falsify_the_books(
    database: Database, books: Books, statement: str
) -> None:
    with database.begin() as session:
        pay(session, books, "pay:1", 300_00)
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(text(statement))
    with database.begin() as session:
        assert ledger.balance(session, "cash", staff_id=books.staff[0]) == 300_00


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


def test_books_stay_true_in_any_order(database: Database) -> None:
    machine = type("Machine", (AnyOrder,), {"database": database})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=15, deadline=None, database=None)
    )
