"""Leave, and what waits too long."""

from __future__ import annotations

from datetime import timedelta

from core.clock import now
from core.work import away, complaints, figures, lists
from core.work.machine import Moved
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


def rise(desk: Desk) -> set[str]:
    """Let everything that is open go up; gives whose phones hear of it."""
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE request SET goes_up_at = now() - interval '1 minute', "
            "waits_since = waits_since - interval '25 hours' WHERE closed_at IS NULL"
        )
    desk.play.deliver()
    away.go_up(desk.play.services.database, "en")
    return {phone for phone, _ in desk.play.deliver()}


def listed(desk: Desk, who: str) -> list[tuple[str, int, int]]:
    """Number, level and begun hours of what somebody finds under REVIEW."""
    member = desk.callers[who].staff
    assert member is not None
    found = lists.to_decide(desk.play.services.database.reader, member.id, member.role, 9)
    return [(one.number, one.level, one.waited_hours) for one in found]


def test_who_it_has_gone_up_to_finds_it_with_how_long_it_waits_and_may_act(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.TAKE, now())
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE request SET waits_since = now()")
    assert listed(desk, "cluster in-charge") == listed(desk, "state in-charge") == []
    assert desk.step("cluster in-charge", number, Step.TAKE, now()) == "work.not_you"
    assert rise(desk) == {"+919800000003"}
    assert listed(desk, "cluster in-charge") == [(number, 1, 26)]
    assert listed(desk, "state in-charge") == []
    assert [
        one.number for one in lists.tasks(desk.play.services.database.reader, staff(desk, "technician"), 9)
    ] == [number]
    assert desk.step("state in-charge", number, Step.ASSIGN, now(), to="CSA") == "work.not_you"
    assert rise(desk) == {"+919800000030"}
    assert listed(desk, "state in-charge") == [(number, 2, 51)]
    assert isinstance(desk.step("state in-charge", number, Step.ASSIGN, now(), to="CSA"), Moved)
    told = {phone for phone, _ in desk.play.deliver()}
    assert {"+919800000001", "+919800000002", "+919800000032"} <= told


def test_an_in_charge_takes_over_and_finishes_it_but_does_not_close_it(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.START, now())
    rise(desk)
    assert desk.step("cluster in-charge", number, Step.DONE, now()) == "work.held"
    assert isinstance(desk.step("cluster in-charge", number, Step.TAKE, now()), Moved)
    assert "+919800000002" in {phone for phone, _ in desk.play.deliver()}
    assert desk.step("technician", number, Step.DONE, now()) == "work.held"
    assert isinstance(desk.step("cluster in-charge", number, Step.DONE, now()), Moved)
    assert desk.step("cluster in-charge", number, Step.OK, now()) == "work.own"
    assert isinstance(desk.step("who asked", number, Step.SENDBACK, now()), Moved)
    assert isinstance(desk.step("cluster in-charge", number, Step.DONE, now()), Moved)
    assert isinstance(desk.step("who asked", number, Step.OK, now()), Moved)
    steps = [row[0] for row in desk.rows("SELECT step FROM request_event ORDER BY id")]
    assert steps == ["raise", "start", "up", "take", "done", "sendback", "done", "ok"]


def test_a_step_brings_it_down_again(desk: Desk) -> None:
    number = desk.fault()
    rise(desk)
    desk.step("technician", number, Step.START, now())
    assert desk.rows("SELECT level FROM request") == [(0,)]
    assert listed(desk, "cluster in-charge") == []


def test_what_waits_for_the_state_in_charge_is_told_to_nobody_below(desk: Desk) -> None:
    [(connection,)] = desk.rows("SELECT id FROM connection WHERE number = '120457'")
    desk.act(
        "cluster in-charge",
        lambda doing: complaints.ask_for_status(doing, int(str(connection)), "inactive", "moved"),
    )
    assert rise(desk) == {"+919800000030"}


def test_where_a_plant_has_no_cluster_in_charge_it_goes_past(desk: Desk) -> None:
    number = desk.fault()
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE staff SET listed = false WHERE role = 'cluster_in_charge'"
        )
    assert rise(desk) == {"+919800000030"}
    assert isinstance(desk.step("state in-charge", number, Step.TAKE, now()), Moved)


def test_what_has_gone_up_is_overdue_in_the_report(desk: Desk) -> None:
    desk.fault()
    rise(desk)
    [rampur] = figures.report(desk.play.services.database.reader, staff(desk, "cluster in-charge"), "week")
    assert (rampur.open, rampur.overdue) == (1, 1)


def test_nothing_goes_up_before_its_time(desk: Desk) -> None:
    desk.fault(at=now())
    assert away.go_up(desk.play.services.database, "en") == 0
    assert timedelta(hours=23) < _wait(desk) <= timedelta(hours=24)


def _wait(desk: Desk) -> timedelta:
    found = desk.rows("SELECT goes_up_at - created_at FROM request")[0][0]
    assert isinstance(found, timedelta)
    return found
