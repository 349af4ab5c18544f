"""Requests move from hand to hand: history, two at once, maker and checker, who is told."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import text

from core.clock import now
from core.text import render
from core.work import figures, own
from core.work.machine import Moved
from core.work.raising import raise_request
from core.work.rules import CSA, TECHNICIAN, Kind, Step
from core.work.telling import roles
from tests.core.work.desk import AT, Desk
from tests.together import at_once


def test_a_fault_from_the_first_word_to_the_last(desk: Desk) -> None:
    number = desk.fault()
    for who, step, state in (
        ("technician", Step.TAKE, "requested"),
        ("technician", Step.START, "in_process"),
        ("technician", Step.DONE, "review"),
        ("who asked", Step.SENDBACK, "in_process"),
        ("technician", Step.DONE, "review"),
        ("who asked", Step.OK, "completed"),
        ("who asked", Step.REOPEN, "requested"),
    ):
        moved = desk.step(who, number, step)
        assert isinstance(moved, Moved), moved
        assert moved.state == state
    steps = [row[0] for row in desk.rows("SELECT step FROM request_event ORDER BY id")]
    assert steps == ["raise", "take", "start", "done", "sendback", "done", "ok", "reopen"]


def test_the_customer_is_told_by_name_and_the_technician_of_what_comes_back(desk: Desk) -> None:
    number = desk.fault()
    desk.step("cluster in-charge", number, Step.ASSIGN, to="technician")
    desk.step("technician", number, Step.DONE)
    desk.step("who asked", number, Step.SENDBACK)
    told = desk.play.deliver()
    to_asha = [words for phone, words in told if phone == "+919800000001"]
    to_ramesh = [words for phone, words in told if phone == "+919800000002"]
    assert "Ramesh Kumar" in to_asha[0]
    assert "THEEK" in to_asha[1]
    assert [number in words for words in to_ramesh] == [True, True]


def test_nobody_judges_what_they_did(desk: Desk) -> None:
    number = desk.fault()
    desk.step("CSA", number, Step.DONE)
    assert desk.step("CSA", number, Step.OK) == "work.own"
    assert isinstance(desk.step("cluster in-charge", number, Step.OK), Moved)


def test_a_technician_never_closes_a_fault_alone(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.DONE)
    assert desk.step("technician", number, Step.OK) == "work.not_you"


def test_what_another_has_is_his(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.TAKE)
    assert desk.step("other technician", number, Step.TAKE) == "work.held"
    assert desk.step("other technician", number, Step.DONE) == "work.held"


def test_two_who_take_at_once(desk: Desk) -> None:
    number = desk.fault()
    takers = ("technician", "other technician")
    got = at_once(*(partial(desk.step, who, number, Step.TAKE) for who in takers))
    assert sorted(str(one) if isinstance(one, str) else "taken" for one in got) == ["taken", "work.held"]


def test_an_approval_against_a_withdrawal(desk: Desk) -> None:
    """One wins, the other hears it; whoever is to do the work hears of the end of it."""
    number = str(
        desk.act(
            "CSA",
            lambda doing: raise_request(
                doing, Kind.PACKAGE, plant_id=plant_of(desk), details={"package": "X"}
            ),
        )
    )
    got = at_once(
        partial(desk.step, "CSA", number, Step.WITHDRAW),
        partial(desk.step, "cluster in-charge", number, Step.APPROVE),
    )
    assert sorted(one if isinstance(one, str) else "won" for one in got) == ["won", "work.state"]


def plant_of(desk: Desk) -> int:
    return int(str(desk.rows("SELECT id FROM plant WHERE code = 'RAMPUR'")[0][0]))


def test_who_has_the_work_hears_that_it_was_taken_back(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.TAKE)
    desk.play.deliver()
    assert isinstance(desk.step("who asked", number, Step.WITHDRAW), Moved)
    [(phone, words)] = desk.play.deliver()
    assert phone == "+919800000002"
    assert number in words


def test_only_what_is_ones_own_can_be_taken_back(desk: Desk) -> None:
    number = desk.fault()
    assert desk.step("technician", number, Step.WITHDRAW) == "work.not_you"
    assert desk.step("nobody", number, Step.WITHDRAW) == "work.none"
    reader = desk.play.services.database.reader
    line = desk.callers["who asked"].lines[0]
    assert [one.number for one in own.withdrawable(reader, "+91", [line.id], None, 9)] == [number]
    assert own.withdrawable(reader, "+91", [], staff_id(desk, "technician"), 9) == []
    desk.step("technician", number, Step.DONE)
    assert own.withdrawable(reader, "+91", [line.id], None, 9) == []


def staff_id(desk: Desk, who: str) -> int:
    member = desk.callers[who].staff
    assert member is not None
    return member.id


def test_a_year_of_faults_counts_time_and_stars(desk: Desk) -> None:
    reader = desk.play.services.database.reader
    connection = desk.callers["who asked"].lines[0].id
    assert figures.health(reader, connection) == figures.Health(0, 0, 0, None, 0)
    for hours, stars in ((2, 5), (4, 2)):
        at = now() - timedelta(days=1)
        number = desk.fault()
        desk.step("technician", number, Step.DONE, at)
        desk.step("who asked", number, Step.OK, AT)
        with desk.play.services.database.begin() as session:
            session.execute(
                text(
                    "UPDATE request SET rating = :stars, created_at = now() - interval '1 hour' * :hours, "
                    "closed_at = now() WHERE number = :number"
                ),
                {"stars": stars, "hours": hours, "number": number},
            )
    desk.fault()
    year = figures.health(reader, connection)
    assert (year.faults, year.mended, year.seconds, year.stars, year.rated) == (3, 2, 3 * 3600, 3.5, 2)
    [plant] = figures.report(reader, staff_id(desk, "cluster in-charge"), "month")
    assert (plant.done, plant.rating, plant.rated) == (2, 3.5, 2)


def test_reopened_within_three_days_and_not_later(desk: Desk) -> None:
    number = desk.fault()
    desk.step("technician", number, Step.DONE)
    desk.step("who asked", number, Step.OK)
    late = AT + timedelta(days=3, minutes=1)
    assert desk.step("who asked", number, Step.REOPEN, late) == "work.too_late"
    assert isinstance(desk.step("who asked", number, Step.REOPEN, AT + timedelta(days=2)), Moved)


def test_work_goes_only_to_field_staff_of_the_plant(desk: Desk) -> None:
    number = desk.fault()
    for to in ("operator", "technician elsewhere", "state in-charge"):
        assert desk.step("cluster in-charge", number, Step.ASSIGN, to=to) == "work.not_theirs"


def test_who_can_is_said_in_words() -> None:
    assert render(roles(frozenset({CSA, TECHNICIAN})), "en") == "CSA or technician"
