"""Houses with smart meters and with others, above and below a credit limit, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text

from core import flags, ledger
from core.db import Database
from core.flags import Swept
from tests.conftest import Servers, fresh_database

LIMIT = 500_00
MONDAY = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
"""Eleven in the morning in India, on a working day."""
_names = count(1)


@dataclass
class Village:
    """The small world with a credit limit, whose smart meters may switch off by themselves."""

    database: Database

    def run(self, sql: str, **bind: object) -> None:
        with self.database.begin() as session:
            session.execute(text(sql), bind)

    def rows(self, sql: str, **bind: object) -> list[tuple[Any, ...]]:
        with self.database.begin() as session:
            return [tuple(row) for row in session.execute(text(sql), bind).all()]

    def house(self, *, smart: bool = True, phone: bool = True) -> int:
        """A new connection in RAMPUR, with a phone that holds it."""
        name = f"F{next(_names)}"
        [(made,)] = self.rows(
            """
            WITH person AS (INSERT INTO customer (reference, name) VALUES (:name, :name) RETURNING id)
            INSERT INTO connection (reference, number, customer_id, plant_id, package_id, meter_driver,
                meter_id)
            SELECT :name, :name, person.id, plant.id, package.id, CAST(:driver AS text), CAST(:meter AS text)
            FROM person, plant, package WHERE plant.code = 'RAMPUR' AND package.code = 'LIMITED' RETURNING id
            """,
            name=name, driver="simulated" if smart else None, meter=name if smart else None,
        )  # fmt: skip
        if phone:
            e164 = f"+9170{made:08}"
            self.run("INSERT INTO phone (e164, language) VALUES (:e164, 'en')", e164=e164)
            link = "INSERT INTO connection_phone (connection_id, e164, role) VALUES (:house, :e164, 'holder')"
            self.run(link, house=made, e164=e164)
        return int(made)

    def move(self, house: int, paise: int, at: datetime) -> None:
        """Charge a house, or let it pay (below zero)."""
        with self.database.begin() as session:
            plant = session.execute(text("SELECT id FROM plant WHERE code = 'RAMPUR'")).scalar_one()
            dues = ledger.account_id(session, "dues", connection_id=house)
            income = ledger.account_id(session, "income", plant_id=plant)
            moves = [(dues, paise), (income, -paise)]
            source = f"test:{next(_names)}"
            ledger.post(session, source=source, kind="test", plant_id=plant, at=at, moves=moves)

    def bill(self, house: int, paise: int, due_on: date) -> None:
        """A bill that is due on a day."""
        self.move(house, paise, MONDAY)
        self.run(
            """
            INSERT INTO bill (connection_id, period_from, period_to, issued_on, due_on, amount_paise)
            VALUES (:house, :first, :first, :first, :due, :paise)
            """,
            house=house, first=due_on - timedelta(days=15), due=due_on, paise=paise,
        )  # fmt: skip

    def sweep(self, at: datetime) -> Swept:
        with self.database.begin() as session:
            return flags.sweep(
                session, at, holidays=(), service="Bijli Line", helpline="1800123456", default_language="en"
            )

    def state(self, house: int) -> str | None:
        """How the newest flag of a house stands."""
        sql = "SELECT state FROM connection_flag WHERE connection_id = :house ORDER BY id DESC LIMIT 1"
        rows = self.rows(sql, house=house)
        return str(rows[0][0]) if rows else None

    def told(self, house: int) -> list[str]:
        """The keys of what a house was told of its supply: flag:<id>:<what>, in order."""
        sql = "SELECT body FROM outbox WHERE connection_id = :house AND kind = 'supply' ORDER BY id"
        return [str(row[0]) for row in self.rows(sql, house=house)]

    def wishes(self, house: int) -> list[str]:
        """What the meter of a house was told to do, in order."""
        sql = "SELECT action FROM meter_command WHERE connection_id = :house ORDER BY id"
        return [str(row[0]) for row in self.rows(sql, house=house)]

    def status(self, house: int) -> str:
        return str(self.rows("SELECT status FROM connection WHERE id = :house", house=house)[0][0])


@pytest.fixture
def village(servers: Servers, world_template: str) -> Iterator[Village]:
    with fresh_database(servers, world_template) as url:
        database = Database(url)
        made = Village(database)
        made.run(
            "UPDATE organisation SET credit_limit_paise = :limit, features = '{\"auto_switch\": true}'",
            limit=LIMIT,
        )
        made.run("UPDATE package SET credit_limit_paise = 100000000")
        made.run(
            "INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered) "
            "SELECT min(id), 'LIMITED', 'Limited', 100, '24', false, true FROM organisation"
        )
        yield made
        database.close()
