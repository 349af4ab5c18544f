"""A fault that staff write down for somebody: whose it is, who may, and who says that it is mended."""

from __future__ import annotations

import pytest

from core.requests import FaultKind, Opened, open_for
from core.work.rules import Step
from tests.core.work.desk import Desk


def note(desk: Desk, who: str, number: str = "120457", kind: FaultKind = FaultKind.METER) -> Opened | str:
    [(connection,)] = desk.rows(f"SELECT id FROM connection WHERE number = '{number}'")
    return desk.act(who, lambda doing: open_for(doing, int(str(connection)), kind, "sparks"))


@pytest.mark.parametrize("who", ["operator", "technician", "CSA", "cluster in-charge", "state in-charge"])
def test_it_is_the_customers_and_staff_of_the_plant_write_it_down(desk: Desk, who: str) -> None:
    opened = note(desk, who)
    assert isinstance(opened, Opened)
    [(phone, raised_by)] = desk.rows("SELECT phone, raised_by IS NOT NULL FROM request")
    assert (phone, raised_by) == ("+919800000001", True)
    told = [(to, words) for to, words in desk.play.deliver() if opened.number in words]
    assert [to for to, _ in told] == ["+919800000001"]


@pytest.mark.parametrize("who", ["technician elsewhere", "who asked", "nobody"])
def test_nobody_else_does(desk: Desk, who: str) -> None:
    assert note(desk, who) == "pay.not_yours"
    assert desk.rows("SELECT count(*) FROM request") == [(0,)]


def test_the_same_fault_is_the_same_whoever_tells_it(desk: Desk) -> None:
    first, again = note(desk, "technician"), note(desk, "CSA")
    assert isinstance(first, Opened)
    assert isinstance(again, Opened)
    assert (again.number, again.new) == (first.number, False)


def test_whoever_wrote_it_down_does_not_say_that_the_own_work_is_right(desk: Desk) -> None:
    opened = note(desk, "technician", "200002")
    assert isinstance(opened, Opened)
    desk.step("technician", opened.number, Step.TAKE)
    desk.step("technician", opened.number, Step.DONE)
    assert desk.step("technician", opened.number, Step.OK) == "work.own"
    assert desk.step("CSA", opened.number, Step.OK) != "work.own"
    assert desk.rows("SELECT state FROM request") == [("completed",)]
