"""coupons.csv: coupon schemes, one row each (seed 3.5.13)."""

from __future__ import annotations

from core.loading import amounts, cells
from core.loading.listed import keep_listed, listed_exist
from core.loading.part import Check, Column, Part, changes, known, unique, updated

_YES = cells.one_of("yes or no", {"yes": True, "y": True, "no": False, "n": False, "हाँ": True, "नहीं": False})
PART = Part(
    file="coupons.csv",
    table="in_coupons",
    key="scheme",
    columns=(
        Column("scheme", cells.code, required=True, also=("coupon", "scheme code", "कूपन")),
        Column("organisation", cells.code, required=True, also=("company", "operator")),
        Column("name", cells.name, required=True, also=("scheme name", "नाम")),
        Column("name_hindi", cells.name, also=("name in hindi", "hindi name")),
        Column("value", amounts.rupees, sql="bigint", also=("amount", "rupees")),
        Column("percent", cells.days, sql="bigint", also=("per cent", "%")),
        Column("most", amounts.rupees, sql="bigint", also=("maximum", "at most")),
        Column("valid_from", amounts.day, sql="date", required=True, also=("from", "start")),
        Column("valid_to", amounts.day, sql="date", required=True, also=("to", "until", "end")),
        Column("days", cells.days, sql="bigint", required=True, also=("lives", "coupon days")),
        Column("per_connection", cells.days, sql="bigint", also=("per customer",)),
        Column("total", cells.days, sql="bigint", also=("in all", "limit")),
        Column("clear_only", _YES, sql="boolean", also=("no arrears",)),
        Column("plants", cells.codes, sql="text[]", also=("plant",)),
        Column("packages", cells.codes, sql="text[]", also=("package",)),
    ),
    checks=(
        unique("in_coupons", "scheme"),
        known("in_coupons", "organisation", "organisation", "organisation", "in_plants.organisation"),
        Check(
            "value",
            "give either a value in rupees or a per cent with the most it may be worth",
            """
            SELECT line FROM in_coupons WHERE (value IS NULL) = (percent IS NULL)
            OR (percent IS NULL) <> (most IS NULL) OR value = 0 OR most = 0
            """,
        ),
        Check("percent", "is more than 100", "SELECT line FROM in_coupons WHERE percent > 100"),
        Check("valid_to", "is before valid_from", "SELECT line FROM in_coupons WHERE valid_to < valid_from"),
    ),
    late_checks=(
        listed_exist("in_coupons", "plant"),
        listed_exist("in_coupons", "package"),
        Check(
            "scheme",
            "coupons of {0} are out already: its worth stays as it is",
            """
            SELECT in_coupons.line, in_coupons.scheme FROM in_coupons
            JOIN coupon_scheme AS scheme ON scheme.code = in_coupons.scheme
            WHERE (scheme.value_paise, scheme.percent, scheme.most_paise)
                IS DISTINCT FROM (in_coupons.value, in_coupons.percent, in_coupons.most)
            AND EXISTS (SELECT FROM coupon WHERE coupon.scheme_id = scheme.id)
            """,
        ),
    ),
    steps=(
        """
        WITH made AS (
            INSERT INTO coupon_scheme (organisation_id, code, name, name_local, value_paise, percent,
                most_paise, first, last, days, per_connection, total, clear_only)
            SELECT organisation.id, given.scheme, given.name, nullif(given.name_hindi, ''), given.value,
                given.percent, given.most, given.valid_from, given.valid_to, given.days,
                coalesce(given.per_connection, 1), given.total, coalesce(given.clear_only, false)
            FROM in_coupons AS given JOIN organisation ON organisation.code = given.organisation
            ORDER BY given.line ON CONFLICT (code) DO NOTHING RETURNING code
        )
        INSERT INTO load_new SELECT line FROM in_coupons JOIN made ON made.code = in_coupons.scheme
        """,
        changes(
            "coupon_scheme",
            {
                "name": "given.name",
                "name_local": updated("coupon_scheme.name_local", "given.name_hindi"),
                "value_paise": "given.value",
                "percent": "given.percent",
                "most_paise": "given.most",
                "first": "given.valid_from",
                "last": "given.valid_to",
                "days": "given.days",
                "per_connection": "coalesce(given.per_connection, 1)",
                "total": "given.total",
                "clear_only": "coalesce(given.clear_only, false)",
            },
            "in_coupons AS given",
            "coupon_scheme.code = given.scheme",
        ),
        *keep_listed("in_coupons", "coupon_scheme", "coupon_place", "plant"),
        *keep_listed("in_coupons", "coupon_scheme", "coupon_package", "package"),
    ),
)
