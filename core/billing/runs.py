"""A billing run's row: opened once for a plant and month, held by whoever works on it, gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import ledger
from core.billing.period import Period
from core.db import Database
from core.errors import BillingError

DUE_DAYS = 15
_RUN = "SELECT id, plant_id, period_from, period_to, issued_on, due_on, state, told_to FROM billing_run"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands; the rows behind it are in billing_run."""

    id: int
    plant_id: int
    period: Period
    issued_on: date
    due_on: date
    state: str
    told_to: int


_OPEN = text("""
    INSERT INTO billing_run (plant_id, period_from, period_to, issued_on, due_on)
    VALUES (:plant, :first, :last, :issued, :due)
    ON CONFLICT (plant_id) WHERE state IN ('posting', 'telling', 'reversing') DO NOTHING
    RETURNING id
""")
_OTHER = text("""
    SELECT id, period_from, state FROM billing_run
    WHERE plant_id = :plant AND state IN ('posting', 'telling', 'reversing')
""")


def open_run(database: Database, plant_id: int, period: Period, issued_on: date) -> int:
    """A new run, or the plant's open one if it is for the same month."""
    bind = {
        "plant": plant_id,
        "first": period.first,
        "last": period.last,
        "issued": issued_on,
        "due": issued_on + timedelta(days=DUE_DAYS),
    }
    other = None
    with database.begin() as session:
        # Opened here, or the first batches would wait for each other to open it.
        ledger.account_id(session, "income", plant_id=plant_id)
        # A run that was in the way may be over by the time it is looked for: then ours begins after all.
        while other is None:
            made = session.execute(_OPEN, bind).scalar_one_or_none()
            if made is not None:
                return int(made)
            other = session.execute(_OTHER, bind).one_or_none()
    if other.period_from != period.first or other.state == "reversing":
        raise BillingError(f"run {other.id} of this plant is not finished: go on with it first")
    return int(other.id)


def unfinished(database: Database) -> list[int]:
    """Runs that were broken off, oldest first."""
    with database.begin() as session:
        return list(
            session.scalars(
                text(
                    "SELECT id FROM billing_run WHERE state IN ('posting', 'telling', 'reversing') "
                    "ORDER BY id"
                )
            )
        )


def load(database: Database, run_id: int) -> Run:
    """The run as it stands; BillingError when there is none."""
    with database.begin() as session:
        return _as_run(session, f"{_RUN} WHERE id = :run", run_id)


def held(session: Session, run_id: int) -> Run:
    """The run, in a state that nobody changes until this transaction ends."""
    return _as_run(session, f"{_RUN} WHERE id = :run FOR SHARE", run_id)


def locked(session: Session, run_id: int) -> Run:
    """The run, with its row held: two who work on one run take turns."""
    return _as_run(session, f"{_RUN} WHERE id = :run FOR UPDATE", run_id)


def _as_run(session: Session, sql: str, run_id: int) -> Run:
    row = session.execute(text(sql), {"run": run_id}).one_or_none()
    if row is None:
        raise BillingError(f"there is no run {run_id}")
    return Run(
        row.id,
        row.plant_id,
        Period(row.period_from, row.period_to),
        row.issued_on,
        row.due_on,
        row.state,
        row.told_to,
    )


def set_state(session: Session, run: Run, state: str) -> None:
    """Let a run stand in another state; a posted or reversed one is finished."""
    session.execute(
        text(
            "UPDATE billing_run SET state = :state, finished_at = "
            "CASE WHEN :state IN ('posted', 'reversed') THEN now() END WHERE id = :run"
        ),
        {"state": state, "run": run.id},
    )


def reopen(session: Session, run: Run) -> None:
    """Begin to take a run back; BillingError while another run of its plant is not finished."""
    try:
        set_state(session, run, "reversing")
    except IntegrityError as error:
        raise BillingError("another run of this plant is not finished: go on with it first") from error
