"""Requests move from hand to hand: history, two at once, maker and checker, who is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from core.text import render
from core.work.machine import Moved, roles
from core.work.rules import CSA, TECHNICIAN, Step
from tests.core.work.desk import AT, Desk


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
    start = Barrier(2)

    def take(who: str) -> Moved | str:
        start.wait()
        return desk.step(who, number, Step.TAKE)

    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(take, ("technician", "other technician")))
    assert sorted(str(one) if isinstance(one, str) else "taken" for one in got) == ["taken", "work.held"]


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
