"""schemes.csv: appliances on instalments, one row each (seeds 2.2.10, 3.6.3)."""

from __future__ import annotations

from core.loading import amounts, cells
from core.loading.listed import keep_listed, listed_exist
from core.loading.part import Check, Column, Part, changes, known, unique, updated

PART = Part(
    file="schemes.csv",
    table="in_schemes",
    key="scheme",
    columns=(
        Column("scheme", cells.code, required=True, also=("scheme code", "स्कीम")),
        Column("organisation", cells.code, required=True, also=("company", "operator")),
        Column("name", cells.name, required=True, also=("appliance", "scheme name", "नाम")),
        Column("name_hindi", cells.name, also=("name in hindi", "hindi name")),
        Column("price", amounts.rupees, sql="bigint", required=True, also=("rupees", "amount")),
        Column("down_payment", amounts.rupees, sql="bigint", also=("down", "at once")),
        Column("instalments", cells.days, sql="bigint", required=True, also=("installments", "months")),
        Column("valid_from", amounts.day, sql="date", required=True, also=("from", "start")),
        Column("valid_to", amounts.day, sql="date", required=True, also=("to", "until", "end")),
        Column("plants", cells.codes, sql="text[]", also=("plant",)),
    ),
    checks=(
        unique("in_schemes", "scheme"),
        known("in_schemes", "organisation", "organisation", "organisation", "in_plants.organisation"),
        Check(
            "instalments",
            "must be 1 to 60",
            "SELECT line FROM in_schemes WHERE instalments NOT BETWEEN 1 AND 60",
        ),
        Check(
            "price",
            "leaves less than a rupee for each instalment after the down payment",
            "SELECT line FROM in_schemes WHERE price - coalesce(down_payment, 0) < instalments * 100",
        ),
        Check("valid_to", "is before valid_from", "SELECT line FROM in_schemes WHERE valid_to < valid_from"),
    ),
    late_checks=(listed_exist("in_schemes", "plant"),),
    steps=(
        """
        WITH made AS (
            INSERT INTO scheme (organisation_id, code, name, name_local, price_paise, down_paise, instalments,
                first, last)
            SELECT organisation.id, given.scheme, given.name, nullif(given.name_hindi, ''), given.price,
                coalesce(given.down_payment, 0), given.instalments, given.valid_from, given.valid_to
            FROM in_schemes AS given JOIN organisation ON organisation.code = given.organisation
            ORDER BY given.line ON CONFLICT (code) DO NOTHING RETURNING code
        )
        INSERT INTO load_new SELECT line FROM in_schemes JOIN made ON made.code = in_schemes.scheme
        """,
        changes(
            "scheme",
            {
                "name": "given.name",
                "name_local": updated("scheme.name_local", "given.name_hindi"),
                "price_paise": "given.price",
                "down_paise": "coalesce(given.down_payment, 0)",
                "instalments": "given.instalments",
                "first": "given.valid_from",
                "last": "given.valid_to",
            },
            "in_schemes AS given",
            "scheme.code = given.scheme",
        ),
        *keep_listed("in_schemes", "scheme", "scheme_place", "plant"),
    ),
)
