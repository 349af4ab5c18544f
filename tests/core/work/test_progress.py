"""New connections: who asks and writes down, where a village belongs, who is told, what is made."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from core.clock import now
from core.ids import read_number, with_check_digit
from core.work import joining, progress
from core.work.joining import Wanted
from core.work.machine import take_step
from core.work.rules import Step
from tests.core.work.desk import Desk
from tests.together import at_once

STRANGER, WALK_IN = "+919800000009", "+919800000055"
SHOP = Wanted("SHOP500", "M-7")
CSA, IN_CHARGE, STATE = "+919800000032", "+919800000003", "+919800000030"


def wish(desk: Desk, plant: str | None = "RAMPUR", who: str = "nobody", phone: str | None = None) -> object:
    return desk.act(who, lambda doing: progress.ask(doing, "Ram Prasad", "Rampur", plant, phone))


def built(desk: Desk) -> str:
    """A new connection that waits for its review."""
    assert wish(desk) == ("10006", True)
    number = "10006"
    stage = {"stage": "at_pole"}
    desk.act("technician", lambda doing: take_step(doing, number, Step.STAGE, details=stage))
    desk.step("technician", number, Step.DONE)
    desk.play.deliver()
    return number


def finish(desk: Desk, number: str, who: str = "CSA", wanted: Wanted | None = SHOP) -> object:
    return desk.act(who, lambda doing: joining.finish(doing, number, wanted))


def codes(desk: Desk, village: str) -> list[str]:
    return [one.code for one in progress.places(desk.play.services.database.reader, village, 9)]


@pytest.mark.parametrize(
    ("village", "plants"),
    [
        ("Kasba", ["KASBA"]),
        ("rampur", ["RAMPUR"]),
        ("बेलौरी", ["BELAURI"]),
        ("purnia", ["KASBA", "RAMPUR"]),
        ("nowhere", ["BELAURI", "KASBA", "PALASI", "RAMPUR"]),
    ],
)
def test_a_village_belongs_to_the_plants_that_are_known_there(
    desk: Desk, village: str, plants: list[str]
) -> None:
    assert codes(desk, village) == plants


def test_where_an_organisation_does_not_work_with_it_nothing_is_offered(desk: Desk) -> None:
    with desk.play.services.database.begin() as session:
        session.execute(text("UPDATE organisation SET features = '{\"progress\": false}'"))
    assert codes(desk, "Kasba") == []
    assert wish(desk) == "work.switched_off"
    assert wish(desk, None) == ("10006", True)


def test_a_wish_is_told_to_who_gives_it_on_and_one_without_a_plant_to_the_state(desk: Desk) -> None:
    wish(desk)
    assert {phone for phone, _ in desk.play.deliver()} == {CSA, IN_CHARGE}
    assert wish(desk) == ("10006", False)
    assert wish(desk, None, "technician", WALK_IN) == ("10014", True)
    assert {phone for phone, _ in desk.play.deliver()} == {STATE, WALK_IN}


@pytest.mark.parametrize(
    ("who", "plant", "noted"),
    [
        ("technician", "RAMPUR", True),
        ("CSA", "RAMPUR", True),
        ("cluster in-charge", "KASBA", True),
        ("state in-charge", "PALASI", True),
        ("operator", "RAMPUR", False),
        ("technician", "PALASI", False),
        ("technician elsewhere", "RAMPUR", False),
    ],
)
def test_who_may_write_a_wish_down(desk: Desk, who: str, plant: str, noted: bool) -> None:
    got = wish(desk, plant, who, WALK_IN)
    assert got == (("10006", True) if noted else "work.not_you")


def test_a_wish_finds_its_plant_once(desk: Desk) -> None:
    wish(desk, None)
    desk.play.deliver()
    reader = desk.play.services.database.reader
    state, technician = desk.callers["state in-charge"].staff, desk.callers["technician"].staff
    assert state is not None
    assert technician is not None
    assert [one.number for one in progress.unplaced(reader, state.id, 9)] == ["10006"]
    assert progress.unplaced(reader, technician.id, 9) == []
    assert desk.act("technician", lambda doing: progress.place(doing, "10006", "RAMPUR")) == "work.not_you"
    assert (
        desk.act("cluster in-charge", lambda doing: progress.place(doing, "10006", "PALASI"))
        == "work.not_you"
    )

    def put(who: str) -> object:
        return desk.act(who, lambda doing: progress.place(doing, "10006", "RAMPUR"))

    got = at_once(partial(put, "cluster in-charge"), partial(put, "CSA"))
    assert sorted(got, key=str) == [None, "progress.placed_already"]
    assert desk.rows("SELECT count(*) FROM request_event WHERE step = 'place'") == [(1,)]


def test_a_connection_that_is_right_has_its_number_phone_and_package(desk: Desk) -> None:
    request = built(desk)
    number = str(finish(desk, request))
    assert read_number(number) == number
    made = desk.rows(
        "SELECT customer.name, village, package.code, status, meter_number, e164, role, request.state "
        "FROM request JOIN connection ON connection.id = request.connection_id "
        "JOIN customer ON customer.id = customer_id JOIN package ON package.id = package_id "
        "JOIN connection_phone ON connection_phone.connection_id = connection.id"
    )
    assert made == [("Ram Prasad", "Rampur", "SHOP500", "active", "M-7", STRANGER, "holder", "completed")]
    [(phone, words)] = desk.play.deliver()
    assert phone == STRANGER
    assert number in words


def test_a_number_that_a_sheet_brought_is_passed_over(desk: Desk) -> None:
    request = built(desk)
    [(taken,)] = desk.rows("SELECT last_value + 1 FROM connection_number_seq")
    with desk.play.services.database.begin() as session:
        session.execute(
            text("UPDATE connection SET number = :number WHERE reference = 'P-001'"),
            {"number": with_check_digit(int(str(taken)))},
        )
    assert finish(desk, request) == with_check_digit(int(str(taken)) + 1)


def test_by_sheet_nothing_is_made(desk: Desk) -> None:
    request = built(desk)
    before = desk.rows("SELECT count(*) FROM connection")
    assert finish(desk, request, wanted=None) is None
    assert desk.rows("SELECT count(*) FROM connection") == before
    assert [phone for phone, _ in desk.play.deliver()] == [STRANGER]


@pytest.mark.parametrize("who", ["technician", "operator", "technician elsewhere", "nobody"])
def test_nobody_else_makes_a_connection(desk: Desk, who: str) -> None:
    request = built(desk)
    before = desk.rows("SELECT count(*) FROM connection")
    assert isinstance(finish(desk, request, who), str)
    assert desk.rows("SELECT count(*) FROM connection") == before


def test_a_package_that_the_plant_does_not_offer(desk: Desk) -> None:
    request = built(desk)
    assert finish(desk, request, wanted=Wanted("NONE", None)) == "change.gone"
    assert desk.rows("SELECT state FROM request") == [("review",)]


def test_two_who_finish_at_once_make_one(desk: Desk) -> None:
    request = built(desk)
    got = at_once(*(partial(finish, desk, request, who) for who in ("CSA", "cluster in-charge")))
    assert sorted(map(str, got))[1] == "work.state"
    assert desk.rows("SELECT count(*) FROM connection WHERE starts_with(reference, 'NEW-')") == [(1,)]


def test_counts_and_the_denied_with_their_reason(desk: Desk) -> None:
    built(desk)
    for phone in (WALK_IN, "+919800000056"):
        wish(desk, "RAMPUR", "CSA", phone)
    desk.step("cluster in-charge", "10022", Step.REJECT, now(), note="too far")
    wish(desk, "RAMPUR", "CSA", "+919800000057")
    desk.step("CSA", "10039", Step.WITHDRAW)
    reader = desk.play.services.database.reader
    csa, elsewhere = desk.callers["CSA"].staff, desk.callers["technician elsewhere"].staff
    assert csa is not None
    assert elsewhere is not None
    [rampur] = progress.counts(reader, csa.id)
    assert rampur.homes == {"review": 1, "requested": 1, "rejected": 1}
    [no] = progress.denied(reader, csa.id, 9)
    assert (no.number, no.name, no.reason) == ("10022", "Ram Prasad", "too far")
    assert [one.number for one in progress.open_ones(reader, csa.id, 9)] == ["10006", "10014"]
    assert progress.counts(reader, elsewhere.id) == []
    assert progress.denied(reader, elsewhere.id, 9) == []
