"""What smart meters are to do: written in the transaction that caused it, carried by a job.

As with messages, a claim is a lease: whoever is killed in mid-sending leaves it to run out, and the
command is carried again, at least once. `source` is the key the provider gets, so that a repeat does
nothing twice there either.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy import text
from sqlalchemy.orm import Session

Action: TypeAlias = Literal["switch_on", "switch_off", "set_tariff", "credit"]
State: TypeAlias = Literal["queued", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Order:
    """A command on its way to a meter; `reference` is the provider's name for it, once it has one."""

    id: int
    source: str
    connection_id: int
    driver: str
    meter: str
    action: Action
    tariff: str | None
    paise: int | None
    attempts: int
    created_at: datetime
    reference: str | None
    at_once: bool = False
    """Switched off by a person for safety: not bound to the hours of `may_cut`."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one attempt ended; `wait` (seconds) is when a queued command is looked at again."""

    id: int
    attempts: int
    state: State
    reference: str | None = None
    error: str | None = None
    wait: float = 0.0


_WISH = text("""
INSERT INTO meter_command (source, connection_id, action, tariff, paise, created_at, next_at, at_once)
SELECT wish.source, connection.id, :action, :tariff, CAST(:paise AS bigint), :at, :at, :at_once
FROM unnest(CAST(:sources AS text[]), CAST(:connections AS bigint[])) AS wish (source, connection_id)
JOIN connection ON connection.id = wish.connection_id AND connection.meter_driver IS NOT NULL
ORDER BY connection.id
ON CONFLICT (source) DO NOTHING
""")

# The newest wish counts: what waits behind it for the same meter is not carried any more.
_OVERTAKEN = text("""
UPDATE meter_command AS old SET state = 'replaced', finished_at = now()
WHERE old.state = 'queued' AND old.action <> 'credit' AND EXISTS (
    SELECT FROM meter_command AS new
    WHERE new.connection_id = old.connection_id AND new.id > old.id
      AND left(new.action, 6) = left(old.action, 6))
""")
# One command of a meter at a time, so that an old one can't arrive after a new one. While people work on
# the line nothing is switched on (core/work/switching.py): such commands wait for the word that all is done.
_CLAIM = text("""
WITH due AS (
    SELECT mine.id FROM meter_command AS mine JOIN connection ON connection.id = mine.connection_id
    WHERE mine.state = 'queued' AND mine.next_at <= now()
      AND (:may_cut OR mine.action <> 'switch_off' OR mine.at_once)
      AND NOT (mine.action = 'switch_on' AND EXISTS (
          SELECT FROM request WHERE kind = 'supply_off' AND closed_at IS NULL
          AND request.plant_id = connection.plant_id
          AND coalesce(request.connection_id, connection.id) = connection.id))
      AND connection.meter_driver = ANY(CAST(:drivers AS text[]))
      AND NOT EXISTS (SELECT FROM meter_command AS other
                      WHERE other.connection_id = mine.connection_id AND other.state = 'sending')
    ORDER BY mine.next_at, mine.id
    LIMIT :limit FOR UPDATE OF mine SKIP LOCKED
)
UPDATE meter_command SET state = 'sending', attempts = attempts + 1,
    next_at = now() + make_interval(secs => :lease)
FROM due, connection
WHERE meter_command.id = due.id AND connection.id = meter_command.connection_id
RETURNING meter_command.id, source, connection_id, meter_driver, meter_id, action, tariff, paise, attempts,
    created_at, meter_command.reference, at_once
""")
_RECORD = text("""
UPDATE meter_command SET
    state = done.state,
    reference = coalesce(done.reference, meter_command.reference),
    error = done.error,
    next_at = now() + make_interval(secs => done.wait),
    finished_at = CASE WHEN done.state <> 'queued' THEN now() END
FROM unnest(
    CAST(:ids AS bigint[]), CAST(:attempts AS smallint[]), CAST(:states AS text[]),
    CAST(:references AS text[]), CAST(:errors AS text[]), CAST(:waits AS float8[])
) AS done (id, attempts, state, reference, error, wait)
WHERE meter_command.id = done.id AND meter_command.attempts = done.attempts
  AND meter_command.state = 'sending'
""")
_ABANDONED = text("""
UPDATE meter_command SET state = 'queued', error = 'abandoned',
    next_at = now() + make_interval(secs => least(5 * (attempts - 1) ^ 2, 900))
WHERE id IN (SELECT id FROM meter_command WHERE state = 'sending' AND next_at <= now()
             FOR NO KEY UPDATE SKIP LOCKED)
RETURNING 1
""")


def switch(session: Session, *, source: str, connection_id: int, on: bool, at: datetime) -> bool:
    """Let a smart meter switch the supply; False when there is none at this connection.

    A newer switch of the same meter overtakes one that still waits; a source that repeats changes nothing.
    """
    return switch_many(session, sources=[source], connection_ids=[connection_id], on=on, at=at) == 1


def switch_many(
    session: Session,
    *,
    sources: Sequence[str],
    connection_ids: Sequence[int],
    on: bool,
    at: datetime,
    at_once: bool = False,
) -> int:
    """As `switch`, for many in one statement; gives how many of them have a smart meter.

    `at_once`: a person switches off for safety, at whatever hour.
    """
    _wish(session, "switch_on" if on else "switch_off", sources, connection_ids, at, at_once=at_once)
    return _smart(session, connection_ids)


def set_package(session: Session, *, source: str, connection_id: int, tariff: str, at: datetime) -> bool:
    """Let a smart meter follow another tariff, by the provider's name of it; False: no smart meter."""
    _wish(session, "set_tariff", [source], [connection_id], at, tariff=tariff)
    return _smart(session, [connection_id]) == 1


def credit(session: Session, *, source: str, connection_id: int, paise: int, at: datetime) -> bool:
    """Credit a smart meter that counts money itself; False: no smart meter. Never twice for one source."""
    _wish(session, "credit", [source], [connection_id], at, paise=paise)
    return _smart(session, [connection_id]) == 1


def _wish(
    session: Session,
    action: Action,
    sources: Sequence[str],
    connection_ids: Sequence[int],
    at: datetime,
    *,
    tariff: str | None = None,
    paise: int | None = None,
    at_once: bool = False,
) -> None:
    bind = {"sources": list(sources), "connections": list(connection_ids), "at": at, "at_once": at_once}
    session.execute(_WISH, {**bind, "action": action, "tariff": tariff, "paise": paise})


def _smart(session: Session, connection_ids: Sequence[int]) -> int:
    """How many of these have a smart meter."""
    counted = text("SELECT count(*) FROM connection WHERE id = ANY(:ids) AND meter_driver IS NOT NULL")
    return int(session.execute(counted, {"ids": list(connection_ids)}).scalar_one())


def claim(
    session: Session, limit: int, lease: timedelta, *, drivers: Collection[str], may_cut: bool
) -> list[Order]:
    """Take up to `limit` due commands of these drivers for `lease`; other workers skip them.

    Without `may_cut` nothing is switched off, except at once: such commands wait for the next fit hour.
    """
    session.execute(_OVERTAKEN)
    bind = {"limit": limit, "lease": lease.total_seconds(), "drivers": list(drivers), "may_cut": may_cut}
    rows = session.execute(_CLAIM, bind).all()
    return sorted((Order(*row) for row in rows), key=lambda order: order.id)


def record(session: Session, results: Sequence[Result]) -> None:
    """Write down how a batch went; what somebody else has claimed since is left alone."""
    session.execute(
        _RECORD,
        {
            "ids": [result.id for result in results],
            "attempts": [result.attempts for result in results],
            "states": [result.state for result in results],
            "references": [result.reference for result in results],
            "errors": [result.error for result in results],
            "waits": [float(result.wait) for result in results],
        },
    )


def requeue_abandoned(session: Session) -> int:
    """Queue what a killed worker left behind; what kills its worker waits longer each time."""
    return len(session.execute(_ABANDONED).all())
