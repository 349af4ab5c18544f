"""Every cell of kind × state × step × person: allowed or refused as the seeds say (who_may.csv)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.work.machine import take_step
from core.work.rules import Kind, Step
from tests.core.work.desk import AT, Desk

ROWS = list(csv.DictReader((Path(__file__).parent / "who_may.csv").read_text("utf-8").splitlines()))
STATES = ("requested", "in_process", "review", "completed", "rejected")
ROLES = ("operator", "technician", "CSA", "cluster in-charge", "state in-charge")
OUTSIDERS = ("technician elsewhere", "nobody")

_MAKE = text("""
    INSERT INTO request (number, kind, topic, state, plant_id, connection_id, phone, channel, source,
        created_at, closed_at)
    SELECT '1000006', :kind, 'no_power', :state, plant_id, id, '+919800000001', 'sms', 'test', :at,
        CASE WHEN :state IN ('completed', 'rejected') THEN CAST(:at AS timestamptz) END
    FROM connection WHERE number = '120457'
""")


def allowed(kind: Kind, state: str, step: Step) -> dict[str, str] | None:
    """The row of the table for a cell; a note may be added to whatever is open, by any role.

    Who asked may add one to a fault: where it is.
    """
    if step is Step.NOTE and state in STATES[:3]:
        asked = "yes" if kind is Kind.FAULT else ""
        return {**dict.fromkeys(ROLES, "yes"), "who asked": asked, "leads to": state}
    same = [row for row in ROWS if (row["kind"], row["state"], row["step"]) == (kind, state, step)]
    return same[0] if same else None


def attempt(desk: Desk, session: Session, who: str, step: Step) -> str:
    """Try a step and undo it; gives the state it led to, or the key of the refusal."""
    staff = desk.callers["technician"].staff
    with session.begin_nested() as savepoint:
        try:
            moved = take_step(
                desk.doing(session, who), "1000006", step, to_staff_id=staff.id if staff else None
            )
        except Refusal as refusal:
            return refusal.text.key
        finally:
            savepoint.rollback()
    return moved.state


@pytest.mark.parametrize("kind", Kind)
def test_every_cell(desk: Desk, kind: Kind) -> None:
    for state in STATES:
        with desk.play.services.database.begin() as session:
            session.execute(_MAKE, {"kind": kind, "state": state, "at": AT})
            for step in Step:
                row = allowed(kind, state, step)
                for who in (*ROLES, "who asked"):
                    got = attempt(desk, session, who, step)
                    may = row is not None and row[who] == "yes"
                    wanted = {row["leads to"]} if row and may else {"work.not_you" if row else "work.state"}
                    assert got in wanted, f"{kind} {state} {step} by {who}: {got}"
                for who in OUTSIDERS:
                    assert attempt(desk, session, who, step) == "work.none", f"{kind} {state} {step} {who}"
            session.rollback()


def test_the_table_names_only_what_there_is() -> None:
    for row in ROWS:
        Kind(row["kind"])
        Step(row["step"])
        assert row["state"] in STATES
