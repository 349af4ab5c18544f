"""tariffs.csv: prices in slabs and by time of day, from a day on; one row a price."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known

# A version is all rows of a package and a day. Energy that no register explains is charged in its
# cheapest band, unless another is named.
_VERSION = """(
    SELECT package, valid_from, min(line) AS line, max(monthly_price) AS monthly,
        coalesce(max(rest_band),
            (array_agg(coalesce(band, '') ORDER BY energy_price, band NULLS FIRST)
                FILTER (WHERE energy_price IS NOT NULL))[1], '') AS rest
    FROM in_tariffs WHERE package IS NOT NULL AND valid_from IS NOT NULL GROUP BY package, valid_from
)"""
# A price holds up to where the next one of its band begins.
_STEP = """(
    SELECT line, package, valid_from, coalesce(band, '') AS band, coalesce(from_kwh, 0) AS from_wh,
        lead(coalesce(from_kwh, 0)) OVER (
            PARTITION BY package, valid_from, band ORDER BY coalesce(from_kwh, 0)) AS upto_wh,
        energy_price AS paise
    FROM in_tariffs WHERE energy_price IS NOT NULL
)"""
_KNOWN = """
    JOIN package ON package.code = given.package
    JOIN tariff ON tariff.package_id = package.id AND tariff.valid_from = given.valid_from
"""


def _same(column: str) -> Check:
    """What belongs to a version must be the same in all of its rows."""
    return Check(
        column,
        "{0} is not what line {1} says of the same package and day",
        f"""
        SELECT line, {column}, first_line FROM (
            SELECT line, {column}, first_value({column}) OVER version AS first,
                first_value(line) OVER version AS first_line
            FROM in_tariffs WHERE {column} IS NOT NULL
            WINDOW version AS (PARTITION BY package, valid_from ORDER BY line)
        ) AS given WHERE {column} <> first
        """,
    )


PART = Part(
    file="tariffs.csv",
    table="in_tariffs",
    key="package",
    columns=(
        Column("package", cells.code, required=True, also=("package code", "package id", "plan", "पैकेज")),
        Column("valid_from", amounts.day, sql="date", required=True, also=("from", "from date", "date")),
        Column(
            "monthly_price", amounts.rupees, sql="bigint", required=True, also=("monthly", "fixed charge")
        ),
        Column("band", cells.short_text(20), also=("time of day", "time band")),
        Column("from_kwh", amounts.watt_hours, sql="bigint", also=("slab from", "from units", "above")),
        Column("energy_price", amounts.rupees, sql="bigint", also=("unit price", "rate", "price per kwh")),
        Column("rest_band", cells.short_text(20), also=("rest",)),
    ),
    checks=(
        known("in_tariffs", "package", "package", "package", "in_packages.package"),
        Check(
            "from_kwh",
            "{0} has a price from here in line {1} already",
            """
            SELECT line, package, first FROM (
                SELECT line, package, min(line) OVER (
                    PARTITION BY package, valid_from, band, coalesce(from_kwh, 0)) AS first
                FROM in_tariffs
            ) AS keyed WHERE line <> first
            """,
        ),
        Check(
            "from_kwh",
            "the first price of a band begins at 0 kWh",
            """
            SELECT line FROM (
                SELECT line, from_kwh, row_number() OVER (
                    PARTITION BY package, valid_from, band ORDER BY coalesce(from_kwh, 0)) AS place
                FROM in_tariffs WHERE energy_price IS NOT NULL
            ) AS step WHERE place = 1 AND from_kwh > 0
            """,
        ),
        Check(
            "energy_price",
            "is empty beside a band or a bound",
            "SELECT line FROM in_tariffs WHERE energy_price IS NULL "
            "AND (band IS NOT NULL OR from_kwh IS NOT NULL)",
        ),
        _same("monthly_price"),
        _same("rest_band"),
        Check(
            "rest_band",
            "{0} is no band of this package and day",
            """
            SELECT line, rest_band FROM in_tariffs AS given WHERE rest_band IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM in_tariffs AS other WHERE other.package = given.package
                AND other.valid_from = given.valid_from AND other.band = given.rest_band)
            """,
        ),
    ),
    late_checks=(
        Check(
            "energy_price",
            "{0} has no meter: leave the price of a kWh empty",
            f"""
            SELECT given.line, given.package FROM {_STEP} AS given
            JOIN package ON package.code = given.package WHERE given.paise > 0 AND NOT package.metered
            """,
        ),
        Check(
            "valid_from",
            "bills were made with the prices of {0} from this day: give the new ones a later day",
            f"""
            SELECT given.line, given.package FROM {_VERSION} AS given {_KNOWN}
            WHERE CASE WHEN (tariff.monthly_paise, tariff.rest_band) <> (given.monthly, given.rest)
                OR EXISTS (
                    SELECT band, from_wh, upto_wh, paise FROM tariff_step WHERE tariff_id = tariff.id
                    EXCEPT SELECT band, from_wh, upto_wh, paise FROM {_STEP} AS step
                    WHERE step.package = given.package AND step.valid_from = given.valid_from)
                OR EXISTS (
                    SELECT band, from_wh, upto_wh, paise FROM {_STEP} AS step
                    WHERE step.package = given.package AND step.valid_from = given.valid_from
                    EXCEPT SELECT band, from_wh, upto_wh, paise FROM tariff_step WHERE tariff_id = tariff.id)
            THEN EXISTS (SELECT FROM bill WHERE bill.tariff_id = tariff.id AND reversed_at IS NULL)
            ELSE false END
            """,
        ),
    ),
    steps=(
        f"""
        WITH made AS (
            INSERT INTO tariff (package_id, valid_from, monthly_paise, rest_band)
            SELECT package.id, given.valid_from, given.monthly, given.rest
            FROM {_VERSION} AS given JOIN package ON package.code = given.package
            ORDER BY given.line ON CONFLICT (package_id, valid_from) DO NOTHING
            RETURNING package_id, valid_from
        )
        INSERT INTO load_new SELECT in_tariffs.line FROM made JOIN package ON package.id = made.package_id
        JOIN in_tariffs ON in_tariffs.package = package.code AND in_tariffs.valid_from = made.valid_from
        """,
        changes(
            "tariff",
            {"monthly_paise": "given.monthly", "rest_band": "given.rest"},
            f"package, {_VERSION} AS given",
            "tariff.package_id = package.id AND package.code = given.package "
            "AND tariff.valid_from = given.valid_from",
        ),
        f"""
        WITH gone AS (
            DELETE FROM tariff_step USING tariff, package, {_VERSION} AS given
            WHERE tariff_step.tariff_id = tariff.id AND tariff.package_id = package.id
            AND package.code = given.package AND tariff.valid_from = given.valid_from
            AND NOT EXISTS (
                SELECT FROM {_STEP} AS step WHERE step.package = given.package
                AND step.valid_from = given.valid_from
                AND step.band = tariff_step.band AND step.from_wh = tariff_step.from_wh)
            RETURNING given.line
        )
        INSERT INTO load_changed SELECT line FROM gone
        """,
        changes(
            "tariff_step",
            {"upto_wh": "given.upto_wh", "paise": "given.paise"},
            f"tariff, package, {_STEP} AS given",
            "tariff_step.tariff_id = tariff.id AND tariff.package_id = package.id "
            "AND package.code = given.package AND tariff.valid_from = given.valid_from "
            "AND tariff_step.band = given.band AND tariff_step.from_wh = given.from_wh",
        ),
        f"""
        WITH made AS (
            INSERT INTO tariff_step (tariff_id, band, from_wh, upto_wh, paise)
            SELECT tariff.id, given.band, given.from_wh, given.upto_wh, given.paise
            FROM {_STEP} AS given {_KNOWN}
            ON CONFLICT (tariff_id, band, from_wh) DO NOTHING
            RETURNING tariff_id, band, from_wh
        )
        INSERT INTO load_changed SELECT given.line FROM {_STEP} AS given {_KNOWN}
        JOIN made ON made.tariff_id = tariff.id AND made.band = given.band AND made.from_wh = given.from_wh
        """,
    ),
)
