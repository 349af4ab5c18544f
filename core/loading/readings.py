"""readings.csv: what meters showed."""

# Statements are put together from our own names only, never from a cell's text.
from __future__ import annotations

from core.loading import amounts, cells
from core.loading.part import Check, Column, Part, changes, known

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
        Check(
            "date", "{0} is still to come", "SELECT line, date FROM in_readings, load_day WHERE date > today"
        ),
        known("in_readings", "connection", "connection", "connection", "in_customers.connection"),
    ),
    late_checks=(),
    steps=(
        """
        WITH made AS (
            INSERT INTO reading (connection_id, taken_on, wh, source)
            SELECT connection.id, date, kwh, 'file'
            FROM in_readings JOIN connection ON connection.reference = in_readings.connection
            WHERE NOT EXISTS (SELECT 1 FROM reading
                WHERE reading.connection_id = connection.id AND reading.taken_on = in_readings.date)
            ORDER BY line
            RETURNING connection_id, taken_on
        )
        INSERT INTO load_new SELECT line FROM made JOIN connection ON connection.id = made.connection_id
        JOIN in_readings ON in_readings.connection = connection.reference AND in_readings.date = made.taken_on
        """,
        changes(
            "reading",
            {"wh": "given.kwh"},
            "connection, in_readings AS given",
            "reading.connection_id = connection.id AND connection.reference = given.connection "
            "AND reading.taken_on = given.date",
        ),
    ),
)
