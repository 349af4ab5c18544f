"""Standing in for somebody away: who decides what for whom (who_stands_in.csv), and what neither may."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core.clock import now
from core.errors import Refusal
from core.people import find_caller
from core.work import away, lists
from core.work.machine import Moved, take_step
from core.work.rules import CLUSTER, CSA, OPERATOR, STATE, TECHNICIAN, Kind, Step, hands_on_approvals, lends
from tests.core.work.desk import Desk, more_in_charge, run
from tests.core.work.test_limits import HUGE, LARGE, change
from tests.core.work.test_who_may import _MAKE, STATES

AWAY = {"CSA": CSA, "cluster in-charge": CLUSTER, "state in-charge": STATE}
STAND_INS = {"operator": OPERATOR, "technician": TECHNICIAN, **AWAY}
TABLE = {
    (row["away"], row["kind"], row["state"], row["step"]): {who for who in STAND_INS if row[who] == "yes"}
    for row in csv.DictReader((Path(__file__).parent / "who_stands_in.csv").read_text("utf-8").splitlines())
}
"""Which stand-in, who is of another plant, takes which step for whom; what is not in it, nobody does."""


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Also one of each role who is of another cluster, so that only standing in leads to Rampur."""
    for place, (who, role) in enumerate(STAND_INS.items()):
        phone = f"+9198000008{place:02d}"
        run(desk, f"INSERT INTO phone (e164) VALUES ('{phone}')")
        run(
            desk,
            "INSERT INTO staff (code, name, phone, role) "
            f"VALUES ('EL{place}', 'Elsewhere {place}', '{phone}', '{role}')",
        )
        run(
            desk,
            "INSERT INTO staff_scope (staff_id, plant_id) SELECT staff.id, staff_plant.plant_id FROM staff, "
            "staff_plant JOIN staff AS other ON other.id = staff_plant.staff_id "
            f"WHERE staff.code = 'EL{place}' AND other.phone = '+919800000040' LIMIT 1",
        )
        desk.callers[f"{who} of elsewhere"] = find_caller(desk.play.services.database.reader, phone)
    return desk


def stand_in(desk: Desk, who: str, whose: str, days: int = 3) -> None:
    member = desk.callers[who].staff
    assert member is not None
    desk.act(whose, lambda doing: away.leave(doing, days, member.id), now())


@pytest.mark.parametrize("who", STAND_INS)
@pytest.mark.parametrize("whose", AWAY)
def test_every_cell(desk: Desk, whose: str, who: str) -> None:
    stand_in(desk, f"{who} of elsewhere", whose)
    technician = desk.callers["technician"].staff
    assert technician is not None
    for kind in Kind:
        for state in STATES:
            with desk.play.services.database.begin() as session:
                topic = "inactive" if kind is Kind.STATUS else "no_power"
                made = {"kind": kind, "topic": topic, "state": state, "at": now(), "paise": None, "level": 0}
                session.execute(_MAKE, made)
                for step in Step:
                    wanted = who in TABLE.get((whose, str(kind), state, str(step)), set())
                    got = _attempt(desk, session, f"{who} of elsewhere", step, technician.id)
                    assert (got == "took") is wanted, f"{kind} {state} {step} by {who} for {whose}: {got}"
                session.rollback()


def _attempt(desk: Desk, session: Session, who: str, step: Step, technician: int) -> str:
    with session.begin_nested() as savepoint:
        try:
            moved = take_step(desk.doing(session, who, now()), "1000006", step, to_staff_id=technician)
        except Refusal as refusal:
            return refusal.text.key
        finally:
            savepoint.rollback()
    return moved.code or "took"


def test_a_collector_who_stands_in_for_an_in_charge_approves_nothing() -> None:
    for of_role in (CLUSTER, STATE):
        for to_role in (OPERATOR, TECHNICIAN, CSA):
            assert not hands_on_approvals(to_role, of_role)
    assert [lends(TECHNICIAN, CLUSTER), lends(CSA, CLUSTER), lends(CLUSTER, CLUSTER)] == [
        "none",
        "some",
        "all",
    ]
    assert [lends(STATE, CLUSTER), lends(CLUSTER, STATE), lends(CSA, TECHNICIAN)] == [
        "all",
        "some",
        "nothing",
    ]


def test_it_is_kept_for_whom_and_over_when_they_are_back(desk: Desk) -> None:
    stand_in(desk, "cluster in-charge of elsewhere", "cluster in-charge")
    member = desk.callers["cluster in-charge of elsewhere"].staff
    assert member is not None
    first, second = change(desk, 100_00), change(desk, 100_00)
    reader = desk.play.services.database.reader
    assert [one.number for one in lists.to_decide(reader, member.id, member.role, 9)] == [first, second]
    assert approve_now(desk, "cluster in-charge of elsewhere", first, 100_00) == "in_process"
    [(name,)] = desk.rows(
        "SELECT staff.name FROM request_event JOIN staff ON staff.id = for_staff_id WHERE step = 'approve'"
    )
    assert name == "Sunita Jha"
    [(audited,)] = desk.rows("SELECT details ->> 'for_staff' FROM audit WHERE action = 'request.approve'")
    assert audited is not None
    assert lists.history(reader, member.id, first)[-1].absent == "Sunita Jha"
    desk.act("cluster in-charge", away.back, now())
    assert approve_now(desk, "cluster in-charge of elsewhere", second, 100_00) == "work.none"
    assert lists.to_decide(reader, member.id, member.role, 9) == []


def test_nothing_that_either_of_them_raised_or_did(desk: Desk) -> None:
    stand_in(desk, "cluster in-charge of elsewhere", "cluster in-charge")
    theirs = change(desk, 100_00, "cluster in-charge")
    own = change(desk, 100_00, "cluster in-charge of elsewhere")
    assert approve_now(desk, "cluster in-charge of elsewhere", theirs, 100_00) == "work.not_you"
    assert approve_now(desk, "cluster in-charge of elsewhere", own, 100_00) in ("work.not_you", "work.own")


def test_the_limit_is_that_of_who_is_away(desk: Desk) -> None:
    stand_in(desk, "state in-charge of elsewhere", "cluster in-charge")
    number = change(desk, LARGE)
    assert approve_now(desk, "state in-charge of elsewhere", number, LARGE) == "first"
    stand_in(desk, "cluster in-charge", "state in-charge")
    other = change(desk, LARGE)
    assert approve_now(desk, "cluster in-charge", other, LARGE) == "in_process"


def test_two_approvals_are_never_given_in_one_name(desk: Desk) -> None:
    more_in_charge(desk)
    stand_in(desk, "state in-charge of elsewhere", "state in-charge")
    number = change(desk, HUGE)
    assert approve_now(desk, "state in-charge", number, HUGE) == "first"
    assert approve_now(desk, "state in-charge of elsewhere", number, HUGE) == "work.first_yours"
    assert approve_now(desk, "other state", number, HUGE) == "in_process"
    number = change(desk, HUGE)
    assert approve_now(desk, "state in-charge of elsewhere", number, HUGE) == "first"
    assert approve_now(desk, "state in-charge", number, HUGE) == "work.first_yours"
    assert approve_now(desk, "cluster in-charge", number, HUGE) == "in_process"


def approve_now(desk: Desk, who: str, number: str, paise: int) -> str:
    """As `approve`, today, when somebody is away."""
    moved = desk.act(who, lambda doing: take_step(doing, number, Step.APPROVE, paise=paise), now())
    if isinstance(moved, str):
        return moved
    return "first" if moved.second else moved.state


def test_what_waits_reaches_the_stand_in(desk: Desk) -> None:
    stand_in(desk, "cluster in-charge of elsewhere", "cluster in-charge")
    desk.play.deliver()
    number = desk.fault()
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE request SET goes_up_at = now() - interval '1 minute'")
    away.go_up(desk.play.services.database, "en")
    told = {phone for phone, words in desk.play.deliver() if number in words}
    assert desk.callers["cluster in-charge of elsewhere"].phone in told


def test_where_the_stand_in_may_not_decide_it_goes_up_at_once(desk: Desk) -> None:
    number = change(desk, 100_00)
    database = desk.play.services.database
    assert away.go_up(database, "en") == 0
    stand_in(desk, "technician", "cluster in-charge")
    assert away.go_up(database, "en") == 1
    assert away.go_up(database, "en") == 0
    [(level,)] = desk.rows(f"SELECT level FROM request WHERE number = '{number}'")
    assert level == 1
    assert desk.callers["state in-charge"].phone in {phone for phone, _ in desk.play.deliver()}
    moved = desk.step("state in-charge", number, Step.APPROVE, now())
    assert isinstance(moved, Moved)


def test_where_another_in_charge_is_there_it_waits_for_them(desk: Desk) -> None:
    more_in_charge(desk)
    change(desk, 100_00)
    stand_in(desk, "technician", "cluster in-charge")
    assert away.go_up(desk.play.services.database, "en") == 0
