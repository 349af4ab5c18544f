"""staff.csv: staff members, their roles, and where they may act."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, unique, updated

# What the codes of a scope stand for: rows of plants.csv or of the database. `plant:X` settles doubt.
_PLACES = """(
    SELECT 'plant' AS kind, plant AS code FROM in_plants UNION SELECT 'plant', code FROM plant
    UNION SELECT 'cluster', cluster FROM in_plants UNION SELECT 'cluster', code FROM cluster
    UNION SELECT 'state', state FROM in_plants UNION SELECT 'state', code FROM state
) AS place"""
_SCOPE_FITS = "token IN (place.code, place.kind || ':' || place.code)"
_SCOPES = """(
    SELECT in_staff.line, staff.id AS staff_id, plant.id AS plant_id, cluster.id AS cluster_id,
        state.id AS state_id
    FROM in_staff JOIN staff ON staff.code = in_staff.staff CROSS JOIN unnest(in_staff.scope) AS token
    LEFT JOIN plant ON token IN (plant.code, 'plant:' || plant.code)
    LEFT JOIN cluster ON token IN (cluster.code, 'cluster:' || cluster.code)
    LEFT JOIN state ON token IN (state.code, 'state:' || state.code)
) AS given"""
_SAME_SCOPE = """staff_scope.staff_id = given.staff_id
    AND staff_scope.plant_id IS NOT DISTINCT FROM given.plant_id
    AND staff_scope.cluster_id IS NOT DISTINCT FROM given.cluster_id
    AND staff_scope.state_id IS NOT DISTINCT FROM given.state_id"""

PART = Part(
    file="staff.csv",
    table="in_staff",
    key="staff",
    columns=(
        Column(
            "staff", cells.code, required=True, also=("staff code", "employee", "employee code", "staff id")
        ),
        Column("name", cells.name, required=True, also=("staff name", "नाम")),
        Column("name_hindi", cells.short_text(80), also=("hindi name", "name local", "हिन्दी नाम")),
        Column("phone", cells.phone, also=("mobile", "phone number", "mobile number", "मोबाइल", "फ़ोन")),
        Column("role", cells.staff_role, required=True, also=("designation", "पद")),
        Column("scope", cells.codes, sql="text[]", required=True, also=("place", "area", "plants")),
        Column("language", cells.language, also=("भाषा",)),
        Column("active", cells.yes_no, sql="boolean"),
        Column("float_limit", amounts.rupees, sql="bigint", also=("float", "cash limit")),
    ),
    checks=(
        unique("in_staff", "staff"),
        unique("in_staff", "phone"),
        Check(
            "scope",
            "there is no plant, cluster or state {0}",
            f"""
            SELECT line, token FROM in_staff, unnest(scope) AS token
            WHERE NOT EXISTS (SELECT 1 FROM {_PLACES} WHERE {_SCOPE_FITS})
            """,
        ),
        Check(
            "scope",
            "{0} is the code of more than one place ({1}): write which, e.g. {2}",
            f"""
            SELECT line, token, string_agg(place.kind, ', ' ORDER BY place.kind),
                min(place.kind) || ':' || token
            FROM in_staff, unnest(scope) AS token JOIN {_PLACES} ON {_SCOPE_FITS}
            GROUP BY line, token HAVING count(*) > 1
            """,
        ),
        Check(
            "phone",
            "{0} is the phone of staff member {1}, who is not given another one in this file",
            """
            SELECT given.line, given.phone, holder.code FROM in_staff AS given
            JOIN staff AS holder ON holder.phone = given.phone AND holder.code <> given.staff
            WHERE NOT EXISTS (SELECT 1 FROM in_staff AS other
                WHERE other.staff = holder.code AND other.phone IS NOT NULL)
            """,
        ),
    ),
    late_checks=(),
    steps=(
        (
            "INSERT INTO phone (e164) SELECT phone FROM in_staff WHERE phone <> '' "
            "AND phone NOT IN (SELECT e164 FROM phone) ON CONFLICT DO NOTHING"
        ),
        # People may have passed a phone on to one another: all let go before anyone takes.
        changes(
            "staff",
            {"phone": "NULL"},
            "in_staff AS given",
            "staff.code = given.staff AND given.phone <> staff.phone",
        ),
        """
        WITH made AS (
            INSERT INTO staff (code, name, name_local, phone, role, listed, float_limit_paise)
            SELECT staff, name, nullif(name_hindi, ''), nullif(phone, ''), role, coalesce(active, true),
                nullif(float_limit, 0)
            FROM in_staff WHERE staff NOT IN (SELECT code FROM staff) ORDER BY line
            RETURNING code
        )
        INSERT INTO load_new SELECT line FROM in_staff JOIN made ON made.code = in_staff.staff
        """,
        changes(
            "staff",
            {
                "name": "given.name",
                "name_local": updated("staff.name_local", "given.name_hindi"),
                "phone": updated("staff.phone", "given.phone"),
                "role": "given.role",
                "listed": "coalesce(given.active, staff.listed)",
                # Zero takes a limit away; an empty cell leaves it.
                "float_limit_paise": "nullif(coalesce(given.float_limit, staff.float_limit_paise), 0)",
            },
            "in_staff AS given",
            "staff.code = given.staff",
        ),
        # The phone's language is its holder's own choice once made.
        changes(
            "phone",
            {"language": "given.language"},
            "in_staff AS given",
            "phone.e164 = given.phone AND phone.language IS NULL AND given.language IS NOT NULL",
        ),
        f"""
        WITH gone AS (
            DELETE FROM staff_scope USING staff, in_staff
            WHERE staff.id = staff_scope.staff_id AND in_staff.staff = staff.code
            AND NOT EXISTS (SELECT 1 FROM {_SCOPES} WHERE {_SAME_SCOPE})
            RETURNING in_staff.line
        )
        INSERT INTO load_changed SELECT line FROM gone
        """,
        f"""
        WITH made AS (
            INSERT INTO staff_scope (staff_id, plant_id, cluster_id, state_id)
            SELECT DISTINCT staff_id, plant_id, cluster_id, state_id FROM {_SCOPES}
            WHERE NOT EXISTS (SELECT 1 FROM staff_scope WHERE {_SAME_SCOPE})
            RETURNING staff_id
        )
        INSERT INTO load_changed
        SELECT line FROM in_staff JOIN staff ON staff.code = in_staff.staff
        JOIN made ON made.staff_id = staff.id
        """,
    ),
)
