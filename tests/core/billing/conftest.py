"""A plant to bill: packages with any tariff, houses with any meter, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

import msgspec
import pytest
from sqlalchemy import text

from core import billing
from core.accounts import BillLine, BillView, last_bill
from core.billing import Period, Run, Totals
from core.clock import INDIA
from core.db import Database
from core.standing import Status, change_status
from core.tariffs import Line, Tariff
from tests.conftest import Servers, fresh_database

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
MONTHS_OF_METERS = [Period.read(f"2026-{month:02}") for month in (9, 10, 11, 12)]
_names = count(1)


def silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


@dataclass
class Town:
    """One plant of its own in a database that tests share."""

    database: Database
    plant: int

    def scalar(self, sql: str, **bind: object) -> int:
        with self.database.begin() as session:
            return int(session.execute(text(sql), bind).scalar_one())

    def run(self, sql: str, **bind: object) -> None:
        with self.database.begin() as session:
            session.execute(text(sql), bind)

    def package(self, tariff: Tariff, *, prepaid: bool = False, metered: bool = True) -> int:
        """A package with one tariff from the beginning."""
        made = self.scalar(
            """
            INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
            SELECT min(id), :code, 'Package', 100, '24', :prepaid, :metered FROM organisation RETURNING id
            """,
            code=f"PK{next(_names)}",
            prepaid=prepaid,
            metered=metered,
        )
        self.tariff(made, tariff, date(1990, 1, 1))
        return made

    def tariff(self, package: int, tariff: Tariff, valid_from: date) -> None:
        """A version of a package's prices."""
        made = self.scalar(
            "INSERT INTO tariff (package_id, valid_from, monthly_paise, rest_band) "
            "VALUES (:package, :day, :monthly, :rest) RETURNING id",
            package=package, day=valid_from, monthly=tariff.monthly_paise, rest=tariff.rest_band,
        )  # fmt: skip
        for step in tariff.steps:
            self.run(
                "INSERT INTO tariff_step (tariff_id, band, from_wh, upto_wh, paise) "
                "VALUES (:tariff, :band, :lower, :upper, :paise)",
                tariff=made, band=step.band, lower=step.from_wh, upper=step.upto_wh, paise=step.paise,
            )  # fmt: skip

    def house(self, package: int, connected_on: date = date(2024, 3, 1)) -> int:
        """A connection on a package."""
        name = f"H{next(_names)}"
        return self.scalar(
            """
            WITH person AS (INSERT INTO customer (reference, name) VALUES (:name, :name) RETURNING id)
            INSERT INTO connection (reference, number, customer_id, plant_id, package_id, connected_on)
            SELECT :name, :name, id, :plant, :package, :day FROM person RETURNING id
            """,
            name=name, plant=self.plant, package=package, day=connected_on,
        )  # fmt: skip

    def turn(self, house: int, status: Status, day: date, *, hour: int = 12) -> None:
        """Switch a connection on or off for good, at an hour of a day in India."""
        at = datetime(day.year, day.month, day.day, hour, tzinfo=INDIA)
        with self.database.begin() as session:
            before = session.scalar(text("SELECT status FROM connection WHERE id = :house"), {"house": house})
            change_status(session, [house], before=before, status=status, reason="test", at=at)

    def read(self, house: int, day: date, wh: int, bands: Mapping[str, int] | None = None) -> None:
        """A meter reading, in Wh."""
        self.run(
            "INSERT INTO reading (connection_id, taken_on, wh, bands, source) "
            "VALUES (:house, :day, :wh, CAST(:bands AS jsonb), 'test')",
            house=house, day=day, wh=wh, bands=msgspec.json.encode(bands).decode() if bands else None,
        )  # fmt: skip

    def bill(self, period: Period = NOVEMBER, issued_on: date = date(2026, 12, 1)) -> tuple[Run, Totals]:
        return billing.post(
            self.database, self.plant, period, silent,
            default_language="en", service="Bijli Line", issued_on=issued_on,
        )  # fmt: skip

    def dry(self, period: Period = NOVEMBER, issued_on: date = date(2026, 12, 1)) -> Totals:
        return billing.dry_run(self.database, self.plant, period, silent, issued_on)

    def bill_of(self, house: int) -> BillView | None:
        return last_bill(self.database.reader, house)

    def dues(self, house: int) -> int:
        return self.scalar(
            "SELECT coalesce(sum(balance_paise), 0) FROM account "
            "WHERE kind = 'dues' AND connection_id = :house",
            house=house,
        )

    def books_are_true(self) -> None:
        """Everything sums to zero and every balance is what its postings say."""
        assert self.scalar("SELECT coalesce(sum(amount_paise), 0) FROM posting") == 0
        assert not self.scalar(
            """
            SELECT count(*) FROM (
                SELECT account.id FROM account LEFT JOIN posting ON posting.account_id = account.id
                GROUP BY account.id HAVING balance_paise <> coalesce(sum(amount_paise), 0)
            ) AS wrong
            """
        )


def as_lines(lines: list[BillLine] | None) -> tuple[Line, ...]:
    """What SQL wrote, as the pure arithmetic has it."""
    return tuple(Line(one.kind, one.rate, one.paise, one.days, one.wh, one.band) for one in lines or ())


@pytest.fixture(scope="module")
def database(servers: Servers, template: str) -> Iterator[Database]:
    with fresh_database(servers, template) as url:
        made = Database(url)
        with made.begin() as session:
            session.execute(
                text("""
                WITH o AS (INSERT INTO organisation (code, name) VALUES ('O', 'O') RETURNING id),
                s AS (INSERT INTO state (organisation_id, code, name) SELECT id, 'S', 'S' FROM o RETURNING id)
                INSERT INTO cluster (state_id, code, name) SELECT id, 'C', 'C' FROM s
            """)
            )
        yield made
        made.close()


def new_town(database: Database) -> Town:
    with database.begin() as session:
        code = f"P{next(_names)}"
        plant = session.execute(
            text(
                "INSERT INTO plant (cluster_id, code, name) SELECT id, :code, :code FROM cluster RETURNING id"
            ),
            {"code": code},
        ).scalar_one()
    return Town(database, int(plant))


@pytest.fixture
def town(database: Database) -> Town:
    return new_town(database)
