"""The demo's invented operator: what the README names is there, and the books are true."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from core.db import Database
from core.settings import Settings
from core.water.months import months
from ops.demo_data import SEED, ensure_demo_data, fill, last_months, make_houses


@pytest.fixture
def filled(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    assert fill(database)
    yield database
    database.close()


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    with database.begin() as session:
        return [tuple(row) for row in session.execute(text(sql)).all()]


def test_the_numbers_to_try_are_there(filled: Database) -> None:
    assert rows(
        filled,
        """
        SELECT number, phone.e164, connection_phone.role, language FROM connection
        JOIN connection_phone ON connection_id = connection.id JOIN phone USING (e164)
        WHERE phone.e164 BETWEEN '+919800000001' AND '+919800000009' ORDER BY 1, position
        """,
    ) == [
        ("120457", "+919800000001", "holder", None),
        ("120465", "+919800000007", "holder", "hi-Latn"),
        ("120473", "+919800000004", "holder", "en"),
        ("120481", "+919800000004", "holder", "en"),
        ("120490", "+919800000005", "holder", "hi"),
        ("120490", "+919800000006", "payer", None),
    ]
    assert rows(
        filled,
        """
        SELECT staff.phone, staff.role, count(*) FROM staff JOIN staff_plant ON staff_id = staff.id
        JOIN connection ON connection.plant_id = staff_plant.plant_id AND number = '120457'
        WHERE staff.phone <= '+919800000009' GROUP BY 1, 2 ORDER BY 1
        """,
    ) == [("+919800000002", "technician", 1), ("+919800000003", "cluster_in_charge", 1)]
    unknown = "SELECT e164 FROM phone WHERE e164 = '+919800000009'"
    assert rows(filled, unknown) == []


def test_she_has_dues_bills_and_payments(filled: Database) -> None:
    assert rows(
        filled,
        """
        SELECT balance_paise > 0, (SELECT count(*) FROM bill WHERE bill.connection_id = connection.id),
            (SELECT count(*) > 0 FROM payment WHERE payment.connection_id = connection.id)
        FROM connection JOIN account ON account.connection_id = connection.id AND kind = 'dues'
        WHERE number = '120457'
        """,
    ) == [(True, 4, True)]


def test_one_home_has_a_late_fee_that_can_be_taken_back(filled: Database) -> None:
    assert rows(
        filled,
        """
        SELECT number, paise > 0, reversal_id IS NULL, waived_by IS NULL,
            (SELECT -balance_paise FROM account WHERE kind = 'late_fees') = paise
        FROM bill_late_fee JOIN connection ON connection.id = connection_id WHERE entry_id IS NOT NULL
        """,
    ) == [("120490", True, True, True, True)]


def test_every_customers_statement_is_in_order_of_date(filled: Database) -> None:
    assert rows(
        filled,
        """
        SELECT count(*) FROM (
            SELECT entry.at, lag(entry.at) OVER (PARTITION BY account_id ORDER BY posting.id) AS before
            FROM posting JOIN entry ON entry.id = entry_id JOIN account ON account.id = account_id
            WHERE account.kind = 'dues') AS one
        WHERE at < before
        """,
    ) == [(0,)]


def test_books_receipts_and_sizes(filled: Database) -> None:
    assert rows(filled, "SELECT count(*) FROM connection") == [(200,)]
    assert rows(filled, "SELECT count(DISTINCT role) FROM staff") == [(5,)]
    assert rows(filled, "SELECT count(DISTINCT cluster_id), count(*) FROM plant") == [(2, 3)]
    assert rows(filled, "SELECT sum(amount_paise) FROM posting") == [(0,)]
    assert rows(filled, "SELECT count(*) FROM payment WHERE paid_at > now()") == [(0,)]
    assert rows(
        filled,
        """
        SELECT count(*) FROM receipt_counter AS counted WHERE last <> ALL (
            SELECT unnest(ARRAY[count(*), max(serial)]) FROM receipt
            WHERE receipt.plant_id = counted.plant_id AND receipt.year = counted.year)
        """,
    ) == [(0,)]
    assert rows(
        filled,
        """
        SELECT count(*) FROM receipt JOIN plant ON plant.id = plant_id
        WHERE receipt.number <> plant.number || lpad((year % 100)::text, 2, '0') || lpad(serial::text, 5, '0')
        """,
    ) == [(0,)]


def test_water_was_sold_and_read_for_seven_weeks(filled: Database) -> None:
    with filled.begin() as session:
        [(staff,)] = session.execute(text("SELECT id FROM staff WHERE phone = '+919800000002'")).all()
    sikandarpur = months(filled.reader, staff)[0]
    assert sikandarpur.before.made
    assert sikandarpur.before.price == 2_00
    assert sikandarpur.before.lost is not None
    assert 0.03 < sikandarpur.before.lost < 0.09
    assert 13_000 <= (sikandarpur.before.wh_per_kilolitre or 0) <= 15_000
    assert rows(
        filled,
        "SELECT (SELECT sum(amount_paise) FROM water_sale) = -balance_paise FROM account "
        "WHERE kind = 'water'",
    ) == [(True,)]


def test_a_filled_database_is_left_alone(filled: Database) -> None:
    before = rows(filled, "SELECT max(id) FROM posting UNION ALL SELECT max(id) FROM audit")
    assert not fill(filled)
    assert rows(filled, "SELECT max(id) FROM posting UNION ALL SELECT max(id) FROM audit") == before


def test_the_demo_says_once_that_it_was_filled(settings: Settings) -> None:
    said: list[str] = []
    ensure_demo_data(settings, said.append)
    ensure_demo_data(settings, said.append)
    assert len(said) == 1


def test_the_same_people_every_time() -> None:
    houses = make_houses(random.Random(SEED))
    assert houses == make_houses(random.Random(SEED))
    given = [house.phone for house in houses if house.phone]
    assert len(set(given)) == len(given) - 1, "only one phone serves two connections"


def test_the_last_months_cross_a_new_year() -> None:
    assert last_months(date(2027, 1, 31), 3) == [date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)]
