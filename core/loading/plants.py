"""plants.csv: organisations, states, clusters and plants."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Column, Part, changes, same, unique, updated

# A level above the plants is written from the rows that name it, its first line speaking for it.
_ORGANISATIONS = """(
    SELECT DISTINCT ON (organisation) organisation AS code, organisation_name AS name, line
    FROM in_plants ORDER BY organisation, organisation_name IS NULL, line
) AS given"""
_STATES = """(
    SELECT DISTINCT ON (state) state AS code, state_name AS name, organisation.id AS organisation_id, line
    FROM in_plants JOIN organisation ON organisation.code = in_plants.organisation
    ORDER BY state, state_name IS NULL, line
) AS given"""
_CLUSTERS = """(
    SELECT DISTINCT ON (cluster) cluster AS code, cluster_name AS name, state.id AS state_id, line
    FROM in_plants JOIN state ON state.code = in_plants.state
    ORDER BY cluster, cluster_name IS NULL, line
) AS given"""
_PLANTS = """(
    SELECT line, plant AS code, in_plants.name, name_hindi, cluster.id AS cluster_id
    FROM in_plants JOIN cluster ON cluster.code = in_plants.cluster
) AS given"""
_LIMITS = """(
    SELECT organisation AS code, min(line) AS line, max(credit_limit) AS credit_limit,
        max(grace_days) AS grace_days,
        max(float_limit) AS float_limit, max(late_fee) AS late_fee, max(late_fee_days) AS late_fee_days,
        max(late_fee_cap) AS late_fee_cap, max(second_from) AS second_from
    FROM in_plants GROUP BY organisation
) AS given"""
_ROLE_LIMITS = """(
    SELECT organisation AS code, role, max(paise) AS paise FROM in_plants CROSS JOIN LATERAL (
        VALUES ('cluster_in_charge', cluster_limit), ('state_in_charge', state_limit)) AS one (role, paise)
    WHERE paise IS NOT NULL GROUP BY organisation, role
) AS given"""
# Switches are gathered over all rows of an organisation and laid over those it has.
_FEATURES = """(
    SELECT organisation AS code, min(line) AS line, jsonb_object_agg(switch.key, switch.value) AS features
    FROM in_plants, jsonb_each(in_plants.features) AS switch GROUP BY organisation
) AS given"""

PART = Part(
    file="plants.csv",
    table="in_plants",
    key="plant",
    columns=(
        Column("organisation", cells.code, required=True, also=("organization", "org", "company", "संस्था")),
        Column("organisation_name", cells.name, also=("organization name", "company name")),
        Column("state", cells.code, required=True, also=("state code", "राज्य")),
        Column("state_name", cells.name),
        Column("cluster", cells.code, required=True, also=("cluster code", "क्लस्टर")),
        Column("cluster_name", cells.name),
        Column(
            "plant", cells.code, required=True, also=("plant code", "plant id", "site", "site code", "प्लांट")
        ),
        Column("name", cells.name, required=True, also=("plant name", "नाम")),
        Column("name_hindi", cells.short_text(80), also=("hindi name", "name local", "हिन्दी नाम")),
        Column("features", cells.features, sql="jsonb", also=("switches",)),
        Column("credit_limit", amounts.rupees, sql="bigint", also=("limit",)),
        Column("float_limit", amounts.rupees, sql="bigint", also=("float",)),
        Column("cluster_limit", amounts.rupees, sql="bigint", also=("cluster in-charge limit",)),
        Column("state_limit", amounts.rupees, sql="bigint", also=("state in-charge limit",)),
        Column("second_from", amounts.rupees, sql="bigint", also=("second approver from",)),
        Column("grace_days", cells.days, sql="smallint", also=("grace", "days of grace")),
        Column("late_fee", amounts.fee, sql="bigint[]", also=("late payment charge", "विलंब शुल्क")),
        Column("late_fee_days", cells.days, sql="smallint"),
        Column("late_fee_cap", amounts.rupees, sql="bigint", also=("late fee at most",)),
    ),
    checks=(
        unique("in_plants", "plant"),
        same("in_plants", "organisation", "organisation_name", "organisation"),
        same("in_plants", "organisation", "credit_limit", "organisation"),
        same("in_plants", "organisation", "grace_days", "organisation"),
        same("in_plants", "organisation", "float_limit", "organisation"),
        same("in_plants", "organisation", "late_fee", "organisation"),
        same("in_plants", "organisation", "late_fee_days", "organisation"),
        same("in_plants", "organisation", "late_fee_cap", "organisation"),
        same("in_plants", "organisation", "cluster_limit", "organisation"),
        same("in_plants", "organisation", "state_limit", "organisation"),
        same("in_plants", "organisation", "second_from", "organisation"),
        same("in_plants", "state", "organisation", "state"),
        same("in_plants", "state", "state_name", "state"),
        same("in_plants", "cluster", "state", "cluster"),
        same("in_plants", "cluster", "cluster_name", "cluster"),
    ),
    late_checks=(),
    steps=(
        (
            f"INSERT INTO organisation (code, name) SELECT code, coalesce(name, code) FROM {_ORGANISATIONS} "
            "WHERE code NOT IN (SELECT code FROM organisation) ORDER BY line"
        ),
        changes(
            "organisation",
            {"name": "coalesce(given.name, organisation.name)"},
            _ORGANISATIONS,
            "organisation.code = given.code",
        ),
        changes(
            "organisation",
            {"features": "organisation.features || given.features"},
            _FEATURES,
            "organisation.code = given.code",
        ),
        changes(
            "organisation",
            {
                "credit_limit_paise": "coalesce(given.credit_limit, organisation.credit_limit_paise)",
                "grace_days": "coalesce(given.grace_days, organisation.grace_days)",
                # Zero takes a limit away; an empty cell leaves it.
                "float_limit_paise": (
                    "nullif(coalesce(given.float_limit, organisation.float_limit_paise), 0)"
                ),
                # A sum takes the place of a share, and the other way round.
                "late_fee_paise": (
                    "CASE WHEN given.late_fee IS NULL THEN organisation.late_fee_paise "
                    "ELSE nullif(given.late_fee[1], 0) END"
                ),
                "late_fee_hundredths": (
                    "CASE WHEN given.late_fee IS NULL THEN organisation.late_fee_hundredths "
                    "ELSE nullif(given.late_fee[2], 0) END"
                ),
                "late_fee_cap_paise": (
                    "nullif(coalesce(given.late_fee_cap, organisation.late_fee_cap_paise), 0)"
                ),
                "late_fee_days": "coalesce(given.late_fee_days, organisation.late_fee_days)",
                "second_from_paise": (
                    "nullif(coalesce(given.second_from, organisation.second_from_paise), 0)"
                ),
            },
            _LIMITS,
            "organisation.code = given.code",
        ),
        # A role's own limit; zero takes it away, an empty cell leaves what there is (core/limits.py).
        f"""
        WITH written AS (
            INSERT INTO approval_limit (organisation_id, role, limit_paise)
            SELECT organisation.id, given.role, nullif(given.paise, 0)
            FROM {_ROLE_LIMITS} JOIN organisation ON organisation.code = given.code
            ON CONFLICT (organisation_id, role) DO UPDATE SET limit_paise = excluded.limit_paise
            WHERE approval_limit.limit_paise IS DISTINCT FROM excluded.limit_paise
            RETURNING organisation_id
        )
        INSERT INTO load_changed
        SELECT min(line) FROM in_plants JOIN organisation ON organisation.code = in_plants.organisation
        WHERE organisation.id IN (SELECT organisation_id FROM written) GROUP BY organisation.id
        """,
        (
            "INSERT INTO state (code, name, organisation_id) "
            f"SELECT code, coalesce(name, code), organisation_id FROM {_STATES} "
            "WHERE code NOT IN (SELECT code FROM state) ORDER BY line"
        ),
        changes(
            "state",
            {"name": "coalesce(given.name, state.name)", "organisation_id": "given.organisation_id"},
            _STATES,
            "state.code = given.code",
        ),
        (
            "INSERT INTO cluster (code, name, state_id) SELECT code, coalesce(name, code), state_id "
            f"FROM {_CLUSTERS} WHERE code NOT IN (SELECT code FROM cluster) ORDER BY line"
        ),
        changes(
            "cluster",
            {"name": "coalesce(given.name, cluster.name)", "state_id": "given.state_id"},
            _CLUSTERS,
            "cluster.code = given.code",
        ),
        # A plant's own number comes from a sequence and leads its receipts: given once, in file order.
        f"""
        WITH made AS (
            INSERT INTO plant (code, name, name_local, cluster_id)
            SELECT code, name, nullif(name_hindi, ''), cluster_id FROM {_PLANTS}
            WHERE code NOT IN (SELECT code FROM plant) ORDER BY line
            RETURNING code
        )
        INSERT INTO load_new SELECT line FROM in_plants JOIN made ON made.code = in_plants.plant
        """,
        changes(
            "plant",
            {
                "name": "given.name",
                "name_local": updated("plant.name_local", "given.name_hindi"),
                "cluster_id": "given.cluster_id",
            },
            _PLANTS,
            "plant.code = given.code",
        ),
    ),
)
