"""tariffs.csv: slabs and bands from a day on, once or again, and no change of what bills were made with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db import Database
from core.loading import LoadReport, load

PACKAGES = """\
package,organisation,name,load_watts,hours,monthly_price,prepaid,metered,plants
MILL,TARA,Mill,3000,24,500,postpaid,yes,*
HOME,TARA,Home,100,24,160,postpaid,no,*
"""
PLANTS = """\
organisation,state,state_name,cluster,plant,name
TARA,BR,Bihar,MUZ,SKP,Sikandarpur
"""
TARIFFS = """\
package,valid_from,monthly_price,band,from_kwh,energy_price
MILL,01/12/2026,450,day,,22.50
MILL,01/12/2026,450,day,50,25
MILL,01/12/2026,450,night,0,18
HOME,01/01/2027,170,,,
"""


class Prices:
    """A folder with packages and tariffs, loaded together."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        for name, body in (("plants", PLANTS), ("packages", PACKAGES)):
            (folder / f"{name}.csv").write_text(body, encoding="utf-8")

    def load(self, tariffs: str) -> LoadReport:
        (self.folder / "tariffs.csv").write_text(tariffs, encoding="utf-8")
        return load(self.database, self.folder)

    def steps(self, day: str) -> list[tuple[object, ...]]:
        return self.database.reader.rows(
            "SELECT code, monthly_paise, rest_band, band, from_wh, upto_wh, paise FROM ("
            "SELECT package.code, tariff.id, tariff.monthly_paise, rest_band, valid_from FROM tariff "
            "JOIN package ON package.id = package_id) AS version "
            "LEFT JOIN tariff_step ON tariff_id = version.id WHERE valid_from = %(day)s "
            "ORDER BY code, band, from_wh",
            {"day": day},
        )


@pytest.fixture
def prices(database_url: str, tmp_path: Path) -> Iterator[Prices]:
    database = Database(database_url)
    yield Prices(database, tmp_path)
    database.close()


def test_slabs_and_bands_from_a_day_on(prices: Prices) -> None:
    report = prices.load(TARIFFS)
    assert report.problems == []
    assert prices.steps("2026-12-01") == [
        ("MILL", 450_00, "night", "day", 0, 50_000, 22_50),
        ("MILL", 450_00, "night", "day", 50_000, None, 25_00),
        ("MILL", 450_00, "night", "night", 0, None, 18_00),
    ]
    assert prices.steps("2027-01-01") == [("HOME", 170_00, "", None, None, None, None)]
    assert (report.files["tariffs.csv"].rows, report.files["tariffs.csv"].new) == (4, 4)


def test_the_same_again_changes_nothing_and_a_correction_only_what_it_names(prices: Prices) -> None:
    prices.load(TARIFFS)
    count = prices.load(TARIFFS).files["tariffs.csv"]
    assert (count.new, count.changed) == (0, 0)
    report = prices.load(TARIFFS.replace("day,50,25", "day,60,26"))
    assert report.problems == []
    assert [step[4:] for step in prices.steps("2026-12-01")] == [
        (0, 60_000, 22_50), (60_000, None, 26_00), (0, None, 18_00),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "reason"),
    [
        ("MILL,01/12/2026,450,night", "MILX,01/12/2026,450,night", 4, "package", "there is no package MILX"),
        ("450,day,50", "451,day,50", 3, "monthly_price", "451"),
        ("450,day,50,25", "450,day,0,25", 3, "from_kwh", "MILL has a price from here in line 2 already"),
        ("night,0,18", "night,5,18", 4, "from_kwh", "the first price of a band begins at 0 kWh"),
        ("night,0,18", "night,0,", 4, "energy_price", "is empty beside a band or a bound"),
        ("170,,,", "170,,,5", 5, "energy_price", "HOME has no meter"),
        ("01/01/2027", "32/01/2027", 5, "valid_from", "'32/01/2027' is not a day"),
    ],
)
def test_a_bad_row_is_named(prices: Prices, old: str, new: str, line: int, column: str, reason: str) -> None:
    report = prices.load(TARIFFS.replace(old, new))
    assert [(problem.line, problem.column) for problem in report.problems] == [(line, column)], report.lines()
    assert report.problems[0].reason.startswith(reason)
    assert not report.wrote


def test_another_rest_band_must_be_a_band(prices: Prices) -> None:
    named = TARIFFS.replace("energy_price\n", "energy_price,rest_band\n").replace("22.50\n", "22.50,day\n")
    assert prices.load(named).problems == []
    assert prices.steps("2026-12-01")[0][2] == "day"
    report = prices.load(named.replace("22.50,day", "22.50,dusk"))
    assert [problem.reason for problem in report.problems] == ["dusk is no band of this package and day"]


def test_prices_that_bills_were_made_with_stay(prices: Prices) -> None:
    prices.load(TARIFFS)
    with prices.database.begin() as session:
        session.connection().exec_driver_sql("""
            WITH person AS (INSERT INTO customer (reference, name) VALUES ('C', 'C') RETURNING id),
            line AS (
                INSERT INTO connection (reference, number, customer_id, plant_id, package_id)
                SELECT 'C', '120457', person.id, plant.id, package.id
                FROM person, plant, package WHERE package.code = 'MILL' RETURNING id)
            INSERT INTO bill (connection_id, period_from, period_to, issued_on, due_on, amount_paise,
                tariff_id)
            SELECT line.id, '2026-12-01', '2026-12-31', '2027-01-01', '2027-01-16', 1, tariff.id
            FROM line, tariff WHERE valid_from = '2026-12-01'
        """)
    assert prices.load(TARIFFS).problems == []
    report = prices.load(TARIFFS.replace("day,50,25", "day,50,26"))
    assert [problem.reason for problem in report.problems] == [
        "bills were made with the prices of MILL from this day: give the new ones a later day"
    ]
