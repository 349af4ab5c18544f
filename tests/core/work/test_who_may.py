"""Every cell of kind × amount × state × step × person: allowed or refused as the seeds say (who_may.csv)."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.work import verdict
from core.work.machine import take_step
from core.work.rules import INSIDE, RULES, WAITS, Kind, Step, rung
from tests.core.work.desk import AT, Desk

HERE = Path(__file__).parent
ROWS = list(csv.DictReader((HERE / "who_may.csv").read_text("utf-8").splitlines()))
UPWARDS = list(csv.DictReader((HERE / "who_goes_up.csv").read_text("utf-8").splitlines()))
"""Whom a request of a kind in a state waits for, for how many hours, and whom it then goes up to."""
BELOW = ("technician", "CSA", "cluster in-charge")
STATES = ("requested", "in_process", "review", "completed", "rejected")
ROLES = ("operator", "technician", "CSA", "cluster in-charge", "state in-charge")
OUTSIDERS = ("technician elsewhere", "nobody")
AMOUNTS = {"": None, "small": 5_000_00, "large": 5_000_01, "huge": 20_000_00}
"""Paise: none; what a cluster in-charge decides alone at most; above it; where it takes two of any role."""

_MAKE = text("""
    INSERT INTO request (number, kind, topic, state, plant_id, connection_id, phone, channel, source,
        created_at, closed_at, paise, level)
    SELECT '1000006', :kind, :topic, :state, plant_id, id, '+919800000001', 'sms', 'test', :at,
        CASE WHEN :state IN ('completed', 'rejected') THEN CAST(:at AS timestamptz) END, :paise, :level
    FROM connection WHERE number = '120457'
""")


def allowed(kind: Kind, amount: str, state: str, step: Step) -> dict[str, str] | None:
    """The row of the table for a cell; a note may be added to whatever is open, by any role.

    Who asked may add one to a fault: where it is. Only approvals ask for the amount.
    """
    if step is Step.NOTE and state in STATES[:3]:
        asked = "yes" if kind is Kind.FAULT else ""
        return {**dict.fromkeys(ROLES, "yes"), "who asked": asked, "leads to": state}
    about = amount if step is Step.APPROVE else ""
    cell = (kind, about, state, step)
    same = [row for row in ROWS if (row["kind"], row["amount"], row["state"], row["step"]) == cell]
    return same[0] if same else None


def attempt(desk: Desk, session: Session, who: str, step: Step, paise: int | None) -> str:
    """Try a step and undo it; gives the state it led to, `first` of two, or the key of the refusal."""
    staff = desk.callers["technician"].staff
    with session.begin_nested() as savepoint:
        code = finish(desk, session, who) if step is Step.CODE else ""
        try:
            moved = take_step(
                desk.doing(session, who),
                "1000006",
                step,
                to_staff_id=staff.id if staff else None,
                paise=paise,
                code=code,
            )
        except Refusal as refusal:
            return refusal.text.key
        finally:
            savepoint.rollback()
    return "first" if moved.second else moved.state


def finish(desk: Desk, session: Session, who: str) -> str:
    """Have the request finished by this person, where they are staff; gives the code its customer got."""
    member = desk.callers[who].staff
    if member is not None:
        session.execute(
            text("UPDATE request SET done_by = :staff, waits_since = :at"), {"staff": member.id, "at": AT}
        )
    return verdict.new_code(desk.doing(session, who), "1000006", "+919800000001")


def expected(row: dict[str, str] | None, who: str) -> str:
    if row is None:
        return "work.state"
    return {"yes": row["leads to"], "first": "first", "": "work.not_you"}[row[who]]


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("kind", Kind)
def test_every_cell(desk: Desk, kind: Kind, amount: str) -> None:
    if amount and kind not in (Kind.PACKAGE, *INSIDE):
        return
    paise = AMOUNTS[amount]
    for state in STATES:
        with desk.play.services.database.begin() as session:
            topic = "inactive" if kind is Kind.STATUS else "no_power"
            made = {"kind": kind, "topic": topic, "state": state, "at": AT, "paise": paise, "level": 0}
            session.execute(_MAKE, made)
            for step in Step:
                row = allowed(kind, amount, state, step)
                for who in (*ROLES, "who asked"):
                    got = attempt(desk, session, who, step, paise)
                    assert got == expected(row, who), f"{kind} {state} {step} by {who}: {got}"
                for who in OUTSIDERS:
                    got = attempt(desk, session, who, step, paise)
                    assert got == "work.none", f"{kind} {state} {step} by {who}"
            session.rollback()


def gained(row: dict[str, str], level: int) -> set[str]:
    """Who may do what those below may, once it has gone up so often."""
    return {row["then also"], row["a day later also"] if level > 1 else ""} - {""}


@pytest.mark.parametrize("upwards", UPWARDS, ids=lambda row: f"{row['kind']} {row['state']}")
@pytest.mark.parametrize("level", [1, 2])
def test_what_has_gone_up_those_above_may_move_and_nobody_below_loses_it(
    desk: Desk, upwards: dict[str, str], level: int
) -> None:
    kind, state = Kind(upwards["kind"]), upwards["state"]
    topic = "inactive" if kind is Kind.STATUS else "no_power"
    made = {"kind": kind, "topic": topic, "state": state, "at": AT, "paise": None, "level": level}
    with desk.play.services.database.begin() as session:
        session.execute(_MAKE, made)
        for step in Step:
            row = allowed(kind, "", state, step)
            for who in (*ROLES, "who asked"):
                wanted = dict(row) if row else None
                if wanted and who in gained(upwards, level) and "yes" in [wanted[one] for one in BELOW]:
                    wanted[who] = "yes"
                got = attempt(desk, session, who, step, None)
                assert got == expected(wanted, who), f"{kind} {state} {step} by {who}: {got}"
            for who in OUTSIDERS:
                assert attempt(desk, session, who, step, None) == "work.none"
        session.rollback()


def test_every_state_that_can_wait_has_its_hours() -> None:
    """The stated hours, and whom it waits for; supply that is off has reminders of its own."""
    waiting = {
        (kind, state)
        for kind in Kind
        for state in STATES[:3]
        if kind is not Kind.SUPPLY
        and any(state in rule.before for step, rule in RULES[kind].items() if step is not Step.NOTE)
    }
    assert {(Kind(row["kind"]), row["state"]) for row in UPWARDS} == waiting
    rungs = ["technician or CSA", "cluster in-charge", "state in-charge"]
    for row in UPWARDS:
        assert WAITS[row["state"]] == timedelta(hours=int(row["hours"]))
        assert rungs[rung(Kind(row["kind"]), row["state"])] == row["waits for"], row


def test_the_table_names_only_what_there_is() -> None:
    for row in ROWS:
        Kind(row["kind"])
        Step(row["step"])
        assert row["state"] in STATES
        assert row["amount"] in AMOUNTS
