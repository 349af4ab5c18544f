"""readings.csv: what meters showed."""

# ruff: noqa: S608
# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core import readings
from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known, not_to_come

# What a cell has is the meter's face; what older meters counted is added.
_PLACED = f"""
    SELECT line, in_readings.connection, connection.id, date,
        coalesce(present.before_wh, last.before_wh, 0) AS before_wh,
        coalesce(present.before_wh, last.before_wh, 0) + kwh AS wh,
        present.id AS reading_id, present.wh AS present_wh
    FROM in_readings
    JOIN connection ON connection.reference = in_readings.connection
    LEFT JOIN reading AS present ON present.connection_id = connection.id AND present.taken_on = date
    LEFT JOIN LATERAL ({readings.LAST.format(connection="connection.id", day="in_readings.date")})
        AS last ON true
"""

# Each line among the readings and changes of meters that are known and that the file leaves alone.
_AMONG = f"""
    WITH placed AS MATERIALIZED ({_PLACED}), known AS (
        SELECT id, date, wh, line, connection, present_wh FROM placed
        UNION ALL
        SELECT connection_id, taken_on, reading.wh, NULL, NULL, NULL FROM reading
        WHERE connection_id IN (SELECT id FROM placed)
        AND reading.id NOT IN (SELECT reading_id FROM placed WHERE reading_id IS NOT NULL)
        UNION ALL
        SELECT connection_id, changed_on, meter_change.wh, NULL, NULL, NULL FROM meter_change
        WHERE connection_id IN (SELECT id FROM placed)
    )
    SELECT line, connection FROM (
        SELECT *, max(wh) FILTER (WHERE line IS NULL) OVER (PARTITION BY id ORDER BY date) AS floor,
            min(wh) FILTER (WHERE line IS NULL) OVER (PARTITION BY id ORDER BY date DESC) AS ceiling
        FROM known
    ) AS among
    WHERE line IS NOT NULL AND present_wh IS DISTINCT FROM wh AND (wh < floor OR wh > ceiling)
"""

PART = Part(
    file="readings.csv",
    table="in_readings",
    key="connection",
    columns=(
        Column(
            "connection", cells.code, required=True, also=("connection reference", "connection id", "कनेक्शन")
        ),
        Column("date", amounts.day, sql="date", required=True, also=("reading date", "taken on", "तारीख")),
        Column("kwh", amounts.watt_hours, sql="bigint", required=True, also=("reading", "units", "रीडिंग")),
    ),
    checks=(
        Check(
            "date",
            "{0} has a reading of this day in line {1} already",
            """
            SELECT line, connection, first FROM (
                SELECT line, connection, min(line) OVER (PARTITION BY connection, date) AS first
                FROM in_readings WHERE connection IS NOT NULL AND date IS NOT NULL
            ) AS keyed WHERE line <> first
            """,
        ),
        not_to_come("in_readings"),
        known("in_readings", "connection", "connection", "connection", "in_customers.connection"),
    ),
    late_checks=(
        Check(
            "kwh",
            "{0} showed more before that day",
            """
            SELECT line, connection FROM (
                SELECT line, connection, kwh, max(kwh) OVER (PARTITION BY connection ORDER BY date
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS sooner FROM in_readings
            ) AS given WHERE kwh < sooner
            """,
        ),
        Check(
            "kwh",
            "{0} does not fit between the readings that are known before and after that day",
            _AMONG,
        ),
        Check(
            "kwh",
            "a bill has used the reading that {0} had of this day; it stays",
            f"""
            SELECT line, placed.connection FROM ({_PLACED}) AS placed
            JOIN reading ON reading.id = placed.reading_id
            WHERE reading.wh <> placed.wh AND {readings.USED.format("reading")}
            """,
        ),
    ),
    steps=(
        f"""
        INSERT INTO reading_was (reading_id, connection_id, taken_on, wh, before_wh, bands, source, staff_id,
            noted_at, ended_at, why)
        SELECT reading.id, connection_id, taken_on, reading.wh, reading.before_wh, bands, source, staff_id,
            noted_at, now(), 'corrected'
        FROM ({_PLACED}) AS placed JOIN reading ON reading.id = placed.reading_id
        WHERE reading.wh <> placed.wh
        """,
        f"""
        WITH made AS (
            INSERT INTO reading (connection_id, taken_on, wh, before_wh, source)
            SELECT id, date, wh, before_wh, 'file' FROM ({_PLACED}) AS placed
            WHERE reading_id IS NULL ORDER BY line
            RETURNING connection_id, taken_on
        )
        INSERT INTO load_new SELECT line FROM made JOIN connection ON connection.id = made.connection_id
        JOIN in_readings ON in_readings.connection = connection.reference AND in_readings.date = made.taken_on
        """,
        changes(
            "reading",
            {"wh": "given.kwh + reading.before_wh"},
            "connection, in_readings AS given",
            "reading.connection_id = connection.id AND connection.reference = given.connection "
            "AND reading.taken_on = given.date",
        ),
        """
        UPDATE self_reading AS own SET state = 'read', settled_at = now() FROM in_readings AS given
        JOIN connection ON connection.reference = given.connection
        WHERE own.connection_id = connection.id AND own.state = 'waiting' AND own.taken_on <= given.date
        """,
    ),
)
