"""The ledger on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import ledger
from core.db import Database
from tests.core.books import AT, Books, open_books, pay


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def books(database: Database) -> Books:
    with database.begin() as session:
        return open_books(session)


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
