"""Leave, and what waits too long."""

from __future__ import annotations

from datetime import timedelta

from core.clock import now
from core.work import away, lists
from core.work.rules import Step
from tests.core.work.desk import Desk


def staff(desk: Desk, who: str) -> int:
    member = desk.callers[who].staff
    assert member is not None
    return member.id


def test_the_stand_in_sees_and_does_what_was_anothers(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.TAKE, now())
    reader = desk.play.services.database.reader
    other = staff(desk, "other technician")
    assert not lists.tasks(reader, other, 9)
    desk.act("technician", lambda doing: away.leave(doing, 2, other), now())
    assert [task.number for task in lists.tasks(reader, other, 9)] == [number]
    moved = desk.step("other technician", number, Step.DONE, now())
    assert not isinstance(moved, str), moved


def test_work_given_to_somebody_away_goes_to_who_stands_in(desk: Desk) -> None:
    number = desk.fault()
    desk.act("technician", lambda doing: away.leave(doing, 2, staff(desk, "other technician")), now())
    moved = desk.step("cluster in-charge", number, Step.ASSIGN, now(), to="technician")
    assert not isinstance(moved, str), moved
    assert moved.assignee is not None
    assert moved.assignee.latin == "Suresh Yadav"


def test_back_ends_it_once(desk: Desk) -> None:
    desk.act("technician", lambda doing: away.leave(doing, 2, staff(desk, "CSA")), now())
    assert desk.act("technician", away.back, now()) is None
    assert desk.act("technician", away.back, now()) == "leave.not_away"


def test_what_waits_too_long_goes_up_first_to_the_cluster_then_to_the_state(desk: Desk) -> None:
    desk.fault()
    database = desk.play.services.database
    late = "UPDATE request SET goes_up_at = now() - interval '1 minute'"
    told = []
    for _ in range(2):
        with database.begin() as session:
            session.connection().exec_driver_sql(late)
        assert away.go_up(database, "en") == 1
        assert away.go_up(database, "en") == 0
        told.append({phone for phone, _ in desk.play.deliver()} & {"+919800000003", "+919800000030"})
    assert told == [{"+919800000003"}, {"+919800000030"}]


def test_nothing_goes_up_before_its_time(desk: Desk) -> None:
    desk.fault()
    assert away.go_up(desk.play.services.database, "en") == 0
    assert timedelta(hours=23) < _wait(desk) <= timedelta(hours=24)


def _wait(desk: Desk) -> timedelta:
    found = desk.rows("SELECT goes_up_at - created_at FROM request")[0][0]
    assert isinstance(found, timedelta)
    return found
