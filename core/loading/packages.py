"""packages.csv: what connections are sold, and which plants offer it."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known, organisation_named, unique, updated

# A package belongs to the organisation it names, else to that of its plants, else to the only one.
_GIVEN = """(
    SELECT in_packages.*, coalesce(
        (SELECT id FROM organisation WHERE code = in_packages.organisation),
        (SELECT min(state.organisation_id) FROM plant JOIN cluster ON cluster.id = plant.cluster_id
         JOIN state ON state.id = cluster.state_id WHERE plant.code = ANY (in_packages.plants)),
        (SELECT organisation_id FROM package WHERE package.code = in_packages.package),
        (SELECT min(id) FROM organisation HAVING count(*) = 1)
    ) AS organisation_id
    FROM in_packages
) AS given"""
_OFFERS = f"""(
    SELECT given.line, package.id AS package_id, plant.id AS plant_id
    FROM {_GIVEN} JOIN package ON package.code = given.package
    JOIN (plant JOIN cluster ON cluster.id = plant.cluster_id JOIN state ON state.id = cluster.state_id)
    ON plant.code = ANY (given.plants)
    OR (given.plants = ARRAY['*'] AND state.organisation_id = given.organisation_id)
) AS offered"""
_OFFERED = "package_plant.package_id = offered.package_id AND package_plant.plant_id = offered.plant_id"

PART = Part(
    file="packages.csv",
    table="in_packages",
    key="package",
    columns=(
        Column("package", cells.code, required=True, also=("package code", "package id", "plan", "पैकेज")),
        Column("organisation", cells.code, also=("organization", "org", "company")),
        Column("name", cells.name, required=True, also=("package name", "plan name", "नाम")),
        Column("name_hindi", cells.short_text(80), also=("hindi name", "name local", "हिन्दी नाम")),
        Column("load_watts", amounts.watts, sql="bigint", required=True, also=("load", "watts", "load w")),
        Column("hours", cells.hours, required=True, also=("supply hours", "timing", "घंटे")),
        Column("energy_price", amounts.rupees, sql="bigint", also=("unit price", "rate", "price per kwh")),
        Column("monthly_price", amounts.rupees, sql="bigint", also=("price", "monthly", "fixed charge")),
        Column("deposit", amounts.rupees, sql="bigint", also=("security deposit", "security")),
        Column(
            "prepaid",
            cells.prepaid,
            sql="boolean",
            required=True,
            also=("billing", "prepaid/postpaid", "payment"),
        ),
        Column("metered", cells.yes_no, sql="boolean", required=True, also=("meter",)),
        Column("credit_limit", amounts.rupees, sql="bigint", also=("limit",)),
        Column("grace_days", cells.days, sql="smallint", also=("grace", "days of grace")),
        Column(
            "plants", cells.codes_or_all, sql="text[]", required=True, also=("offered at", "plant", "sites")
        ),
    ),
    checks=(
        unique("in_packages", "package"),
        known("in_packages", "organisation", "organisation", "organisation", "in_plants.organisation"),
        Check(
            "plants",
            "there is no plant {0}",
            """
            SELECT line, token FROM in_packages, unnest(plants) AS token WHERE token <> '*'
            AND NOT EXISTS (SELECT 1 FROM in_plants WHERE plant = token)
            AND NOT EXISTS (SELECT 1 FROM plant WHERE code = token)
            """,
        ),
        Check(
            "metered",
            "a package with a price for each kWh needs a meter",
            "SELECT line FROM in_packages WHERE energy_price > 0 AND NOT metered",
        ),
    ),
    late_checks=(
        organisation_named(_GIVEN),
        Check(
            "plants",
            "plant {0} belongs to another organisation than the package",
            f"""
            SELECT given.line, plant.code FROM {_GIVEN}
            JOIN plant ON plant.code = ANY (given.plants) JOIN cluster ON cluster.id = plant.cluster_id
            JOIN state ON state.id = cluster.state_id WHERE state.organisation_id <> given.organisation_id
            """,
        ),
    ),
    steps=(
        f"""
        WITH made AS (
            INSERT INTO package (organisation_id, code, name, name_local, load_watts, hours, energy_paise,
                monthly_paise, deposit_paise, prepaid, metered, credit_limit_paise, grace_days)
            SELECT organisation_id, package, name, nullif(name_hindi, ''), load_watts, hours,
                coalesce(energy_price, 0), coalesce(monthly_price, 0), coalesce(deposit, 0), prepaid, metered,
                credit_limit, grace_days
            FROM {_GIVEN} WHERE package NOT IN (SELECT code FROM package) ORDER BY line
            RETURNING code
        )
        INSERT INTO load_new SELECT line FROM in_packages JOIN made ON made.code = in_packages.package
        """,
        changes(
            "package",
            {
                "organisation_id": "given.organisation_id",
                "name": "given.name",
                "name_local": updated("package.name_local", "given.name_hindi"),
                "load_watts": "given.load_watts",
                "hours": "given.hours",
                "energy_paise": "coalesce(given.energy_price, package.energy_paise)",
                "monthly_paise": "coalesce(given.monthly_price, package.monthly_paise)",
                "deposit_paise": "coalesce(given.deposit, package.deposit_paise)",
                "prepaid": "given.prepaid",
                "metered": "given.metered",
                "credit_limit_paise": "coalesce(given.credit_limit, package.credit_limit_paise)",
                "grace_days": "coalesce(given.grace_days, package.grace_days)",
            },
            _GIVEN,
            "package.code = given.package",
        ),
        f"""
        WITH gone AS (
            DELETE FROM package_plant USING package, in_packages
            WHERE package.id = package_plant.package_id AND in_packages.package = package.code
            AND NOT EXISTS (SELECT 1 FROM {_OFFERS} WHERE {_OFFERED})
            RETURNING in_packages.line
        )
        INSERT INTO load_changed SELECT line FROM gone
        """,
        f"""
        WITH made AS (
            INSERT INTO package_plant (package_id, plant_id)
            SELECT package_id, plant_id FROM {_OFFERS}
            WHERE NOT EXISTS (SELECT 1 FROM package_plant WHERE {_OFFERED})
            RETURNING package_id
        )
        INSERT INTO load_changed
        SELECT line FROM in_packages JOIN package ON package.code = in_packages.package
        JOIN made ON made.package_id = package.id
        """,
        # Prices are kept in versions, so that an old bill can be worked out again: the first holds from
        # the beginning, a changed one from today. Finer ones (slabs, bands) are left as they are.
        """
        WITH given AS (
            SELECT package.id, monthly_paise, energy_paise, version.id AS version_id, today
            FROM load_day, in_packages JOIN package ON package.code = in_packages.package
            LEFT JOIN LATERAL (
                SELECT tariff.id, tariff.monthly_paise AS monthly, min(step.paise) AS energy,
                    count(step.paise) AS steps
                FROM tariff LEFT JOIN tariff_step AS step ON step.tariff_id = tariff.id
                WHERE tariff.package_id = package.id GROUP BY tariff.id ORDER BY valid_from DESC LIMIT 1
            ) AS version ON true
            WHERE version.id IS NULL OR version.steps <= 1
            AND (version.monthly, coalesce(version.energy, 0)) <> (monthly_paise, energy_paise)
        ), made AS (
            INSERT INTO tariff (package_id, valid_from, monthly_paise)
            SELECT id, CASE WHEN version_id IS NULL THEN '1990-01-01' ELSE today END, monthly_paise FROM given
            ON CONFLICT (package_id, valid_from) DO UPDATE SET monthly_paise = excluded.monthly_paise
            RETURNING id, package_id
        )
        INSERT INTO tariff_step (tariff_id, paise)
        SELECT made.id, energy_paise FROM made JOIN given ON given.id = made.package_id
        ON CONFLICT (tariff_id, band, from_wh) DO UPDATE SET paise = excluded.paise
        """,
    ),
)
