"""What meters showed becomes energy used: readings are placed, judged and kept, one at a time or many.

A connection's energy never falls. What is shown now is added to what went before on older meters.
"""

# ruff: noqa: S608
# Statements are put together from our own words only.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import local

State = Literal["new", "corrected", "same", "lower", "higher", "billed", "future", "twice"]
"""`new`, `corrected` and `same` stand now; the others were not taken: below an earlier reading, above a
later one, a bill has used this day's, the day is to come, another row is of the same day."""
TAKEN: frozenset[State] = frozenset({"new", "corrected", "same"})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a meter's face showed on a day, in Wh; `turned_wh`: one whole round it has begun anew since."""

    connection_id: int
    taken_on: date
    wh: int
    bands: dict[str, int] | None = None
    turned_wh: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a reading, in Wh: `used` since the last one, which showed `last` on `last_on`."""

    state: State
    used_wh: int | None
    last_wh: int | None
    last_on: date | None

    @property
    def taken(self) -> bool:
        return self.state in TAKEN


# Readings of a connection wait for each other, and for the batch of a billing run that might use one.
LOCK = text("SELECT 1 FROM connection WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
LOCK_DUES = text(
    "SELECT 1 FROM account WHERE kind = 'dues' AND connection_id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)

USED = """EXISTS (
    SELECT FROM bill WHERE bill.connection_id = {0}.connection_id AND reversed_at IS NULL
    AND (reading_id = {0}.id OR (opening_wh = {0}.wh AND period_from + 5 >= {0}.taken_on
        AND NOT EXISTS (SELECT FROM bill AS sooner WHERE sooner.connection_id = bill.connection_id
            AND sooner.reversed_at IS NULL AND sooner.period_to < bill.period_from
            AND sooner.closing_wh IS NOT NULL))))"""
"""Whether a standing bill was closed with a reading, or the first bill opened with it."""

LAST = """
    SELECT * FROM (
        (SELECT wh, before_wh, taken_on, 0 AS rank FROM reading
        WHERE connection_id = {connection} AND taken_on < {day} ORDER BY taken_on DESC LIMIT 1)
        UNION ALL
        (SELECT wh, before_wh, changed_on, 1 FROM meter_change
        WHERE connection_id = {connection} AND changed_on <= {day} ORDER BY changed_on DESC, id DESC LIMIT 1)
    ) AS either ORDER BY wh DESC, rank DESC LIMIT 1"""
"""What stands before a day's reading: the reading before it, or the meter that came since."""

_KEEP_WAS = """
    INSERT INTO reading_was (reading_id, connection_id, taken_on, wh, before_wh, bands, source, staff_id,
        noted_at, ended_at, why)
    SELECT reading.id, reading.connection_id, reading.taken_on, reading.wh, reading.before_wh, reading.bands,
        reading.source, reading.staff_id, reading.noted_at, :at, '{0}' FROM reading"""
KEEP_UNDONE = _KEEP_WAS.format("undone")

# A reading far too high makes all later ones of the same batch `lower`: they come again, nothing is lost.
_RECORD = text(f"""
    WITH given AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:days AS date[]), CAST(:shown AS bigint[]),
            CAST(:turned AS bigint[]), CAST(:bands AS text[])) WITH ORDINALITY
            AS row (connection_id, day, shown, turned, bands, place)
    ), placed AS (
        SELECT given.*, coalesce(last.before_wh, 0) + turned AS before_wh,
            coalesce(last.before_wh, 0) + turned + shown AS wh,
            last.wh AS floor, last.wh - last.before_wh AS last_shown, last.taken_on AS last_on,
            later.wh AS ceiling, present.id, present.wh AS present_wh, present.before_wh AS present_before,
            row_number() OVER (PARTITION BY given.connection_id, day ORDER BY place) AS nth,
            CASE WHEN present.id IS NOT NULL THEN {USED.format("present")} END AS used
        FROM given
        LEFT JOIN LATERAL ({LAST.format(connection="given.connection_id", day="given.day")}) AS last ON true
        LEFT JOIN LATERAL (
            SELECT least(
                (SELECT wh FROM reading WHERE connection_id = given.connection_id AND taken_on > given.day
                ORDER BY taken_on LIMIT 1),
                (SELECT min(wh) FROM meter_change
                WHERE connection_id = given.connection_id AND changed_on > given.day)) AS wh
        ) AS later ON true
        LEFT JOIN reading AS present
            ON present.connection_id = given.connection_id AND present.taken_on = given.day
    ), judged AS (
        SELECT placed.*, CASE
            WHEN day > :today THEN 'future'
            WHEN nth > 1 THEN 'twice'
            WHEN wh < greatest(floor, 0, max(wh) OVER (
                PARTITION BY connection_id ORDER BY day, nth
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) THEN 'lower'
            WHEN wh > ceiling THEN 'higher'
            WHEN present_wh = wh AND present_before = before_wh THEN 'same'
            WHEN used THEN 'billed'
            WHEN id IS NOT NULL THEN 'corrected'
            ELSE 'new' END AS state
        FROM placed
    ), kept AS (
        {_KEEP_WAS.format("corrected")} JOIN judged ON judged.id = reading.id AND judged.state = 'corrected'
    ), corrected AS (
        UPDATE reading SET wh = judged.wh, before_wh = judged.before_wh,
            bands = CAST(judged.bands AS jsonb), source = :source, staff_id = :staff, noted_at = :at
        FROM judged WHERE judged.id = reading.id AND state = 'corrected'
    ), made AS (
        INSERT INTO reading (connection_id, taken_on, wh, before_wh, bands, source, staff_id, noted_at)
        SELECT connection_id, day, wh, before_wh, CAST(bands AS jsonb), :source, :staff, :at
        FROM judged WHERE state = 'new' ORDER BY place
    ), overtaken AS (
        UPDATE self_reading AS own SET state = 'read', settled_at = :at, settled_by = :staff
        FROM judged WHERE judged.state IN ('new', 'corrected') AND own.connection_id = judged.connection_id
        AND own.state = 'waiting' AND own.taken_on <= judged.day
    )
    SELECT state, wh - floor, last_shown, last_on FROM judged ORDER BY place
""")


def record_many(
    session: Session, rows: Sequence[Shown], *, source: str, at: datetime, staff_id: int | None = None
) -> list[Judged]:
    """Keep what many meters showed; says for each row, in their order, what became of it.

    `source` is who or what read them. Nothing is asked and nothing raised: rows that can't be are
    left out, and the others stand.
    """
    ids = sorted({row.connection_id for row in rows})
    lock(session, ids)
    bind = {
        "ids": [row.connection_id for row in rows],
        "days": [row.taken_on for row in rows],
        "shown": [row.wh for row in rows],
        "turned": [row.turned_wh for row in rows],
        "bands": [msgspec.json.encode(row.bands).decode() if row.bands else None for row in rows],
        "today": local(at).date(),
        "source": source,
        "staff": staff_id,
        "at": at,
    }
    return [Judged(*row) for row in session.execute(_RECORD, bind)]


def record(
    session: Session, shown: Shown, *, source: str, at: datetime, staff_id: int | None = None
) -> Judged:
    """Keep what one meter showed; says what became of it."""
    return record_many(session, [shown], source=source, at=at, staff_id=staff_id)[0]


def lock(session: Session, connection_ids: list[int]) -> None:
    """Let no other reading, and no bill, of these connections come in between."""
    session.execute(LOCK, {"ids": connection_ids})
    session.execute(LOCK_DUES, {"ids": connection_ids})
