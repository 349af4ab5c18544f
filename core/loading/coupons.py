"""coupons.csv: coupon schemes, one row each (seed 3.5.13)."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known, unique, updated

_YES = cells.one_of("yes or no", {"yes": True, "y": True, "no": False, "n": False, "हाँ": True, "नहीं": False})
_LISTED = """(
    SELECT in_coupons.line, scheme.id AS scheme_id, {0}.id AS {0}_id
    FROM in_coupons JOIN coupon_scheme AS scheme ON scheme.code = in_coupons.scheme
    CROSS JOIN LATERAL unnest(in_coupons.{0}s) AS given (code)
    JOIN {0} ON {0}.code = given.code
)"""


def _places(table: str, target: str) -> tuple[str, str]:
    """Keep what a list names, and nothing else; an empty list means all."""
    listed = _LISTED.format(target)
    same = f"named.scheme_id = {table}.scheme_id AND named.{target}_id = {table}.{target}_id"
    return (
        f"""
        WITH gone AS (
            DELETE FROM {table} USING coupon_scheme AS scheme, in_coupons
            WHERE scheme.id = {table}.scheme_id AND scheme.code = in_coupons.scheme
            AND NOT EXISTS (SELECT FROM {listed} AS named WHERE {same})
            RETURNING in_coupons.line
        )
        INSERT INTO load_changed SELECT line FROM gone
        """,
        f"""
        WITH made AS (
            INSERT INTO {table} (scheme_id, {target}_id)
            SELECT scheme_id, {target}_id FROM {listed} AS named ON CONFLICT DO NOTHING RETURNING scheme_id
        )
        INSERT INTO load_changed SELECT in_coupons.line FROM in_coupons
        JOIN coupon_scheme AS scheme ON scheme.code = in_coupons.scheme
        JOIN made ON made.scheme_id = scheme.id
        """,
    )


def _exist(target: str) -> Check:
    return Check(
        f"{target}s",
        f"there is no {target} {{0}}",
        f"""
        SELECT line, given.code FROM in_coupons CROSS JOIN LATERAL unnest({target}s) AS given (code)
        WHERE NOT EXISTS (SELECT FROM {target} WHERE {target}.code = given.code)
        """,
    )


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
        _exist("plant"),
        _exist("package"),
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
        *_places("coupon_place", "plant"),
        *_places("coupon_package", "package"),
    ),
)
