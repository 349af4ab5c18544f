"""Package changes and connections off or on: asked, approved, carried out, in the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from core import billing, requests
from core.billing import Period
from core.doing import Doing
from core.meters.commands import Result, claim, record
from core.requests import FaultKind, Opened
from core.work import complaints, effects, lists, packages, reprogramming
from core.work.machine import Moved, take_step
from core.work.packages import Offer
from core.work.rules import Step
from tests.core.work.desk import Desk


def connection(desk: Desk) -> int:
    return int(str(desk.rows("SELECT id FROM connection WHERE number = '120457'")[0][0]))


def wish(desk: Desk, who: str, code: str) -> str:
    here = connection(desk)
    return str(desk.act(who, lambda doing: packages.ask_for(doing, here, code)))


def other_packages(desk: Desk) -> list[Offer]:
    found = packages.offers(desk.play.services.database.reader, connection(desk), 9)
    assert found[0].current
    return found[1:]


def do(desk: Desk, who: str, number: str, step: Step) -> Moved | str:
    [(about,)] = desk.rows(f"SELECT paise FROM request WHERE number = '{number}'")
    paise = int(str(about)) if about is not None else None
    return desk.act(who, lambda doing: take_step(doing, number, step, paise=paise, effect=effects.of(step)))


def test_only_once_at_a_time_and_only_what_is_offered(desk: Desk) -> None:
    code = other_packages(desk)[0].code
    assert wish(desk, "who asked", "NOPE") == "change.gone"
    assert wish(desk, "who asked", code).isdigit()
    assert wish(desk, "who asked", code) == "change.known"


def test_staff_of_elsewhere_and_strangers_may_not_ask(desk: Desk) -> None:
    code = other_packages(desk)[0].code
    for who in ("technician elsewhere", "nobody", "state in-charge"):
        assert wish(desk, who, code) == "work.not_you"


def test_carried_out_once_however_often_it_is_sent_back(desk: Desk) -> None:
    new = other_packages(desk)[0]
    here = connection(desk)
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE connection SET meter_driver = NULL, meter_id = NULL")
    owed = desk.rows("SELECT id, balance_paise FROM account ORDER BY id")
    number = wish(desk, "CSA", new.code)
    assert do(desk, "CSA", number, Step.APPROVE) == "work.not_you"
    for who, step in (
        ("cluster in-charge", Step.APPROVE),
        ("technician", Step.DONE),
        ("cluster in-charge", Step.SENDBACK),
        ("technician", Step.DONE),
        ("cluster in-charge", Step.OK),
    ):
        assert isinstance(do(desk, who, number, step), Moved)
    assert desk.rows(f"SELECT code FROM package JOIN connection ON package_id = package.id "
                     f"WHERE connection.id = {here}") == [(new.code,)]  # fmt: skip
    # A higher deposit is asked for, and no money moves before it comes.
    assert desk.rows("SELECT id, balance_paise FROM account ORDER BY id") == owed


def test_a_month_like_the_last_ones_in_another_package(desk: Desk) -> None:
    flat = Offer("A", "A", None, 100, "24", 0, False, True, 10_000, "", [("", 0, None, 2_000)], False, 8_000)
    assert flat.month_paise == 10_000 + 16_000
    slabs = [("", 0, 5_000, 1_000), ("", 5_000, None, 3_000)]
    assert Offer("B", "B", None, 100, "24", 0, False, True, 0, "", slabs, False, 8_000).month_paise == 14_000
    assert Offer("C", "C", None, 100, "24", 0, True, False, 5_000, "", [], False, 8_000).month_paise == 5_000


def test_off_for_good_needs_the_state_in_charge_and_the_field(desk: Desk) -> None:
    here = connection(desk)
    ask = desk.act(
        "cluster in-charge", lambda doing: complaints.ask_for_status(doing, here, "inactive", "moved")
    )
    number = str(ask)
    assert do(desk, "cluster in-charge", number, Step.APPROVE) == "work.not_you"
    assert isinstance(do(desk, "state in-charge", number, Step.APPROVE), Moved)
    assert desk.rows(f"SELECT status FROM connection WHERE id = {here}") == [("active",)]
    assert isinstance(do(desk, "technician", number, Step.DONE), Moved)
    assert desk.rows(f"SELECT status FROM connection WHERE id = {here}") == [("inactive",)]


def test_a_theft_complaint_without_a_name_keeps_none(desk: Desk) -> None:
    plant = int(str(desk.rows("SELECT plant_id FROM connection WHERE number = '120457'")[0][0]))
    desk.act("who asked", lambda doing: complaints.complain_of_theft(doing, "hook", plant, named=False))
    assert desk.rows("SELECT phone, raised_by FROM request") == [(None, None)]
    assert desk.rows("SELECT staff_id FROM request_event") == [(None,)]
    assert desk.rows("SELECT count(*) FROM audit WHERE object LIKE 'request:%%'") == [(0,)]


def test_an_organisation_without_theft_complaints(desk: Desk) -> None:
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("""UPDATE organisation SET features = '{"theft": false}'""")
    assert (
        desk.act("CSA", lambda doing: complaints.complain_of_theft(doing, "hook", None, named=True))
        == "work.switched_off"
    )


def answer(desk: Desk, state: Literal["done", "failed"]) -> list[str | None]:
    """Let every meter's order end like that, and the changes go on; gives the packages that were ordered."""
    database = desk.play.services.database
    with database.begin() as session:
        orders = claim(session, 9, timedelta(minutes=1), drivers=["simulated"], may_cut=True)
        record(session, [Result(order.id, order.attempts, state) for order in orders])
    advance(desk)
    return [order.tariff for order in orders]


def advance(desk: Desk) -> int:
    return reprogramming.advance(desk.play.services.database, "en", "Bijli Line")


def stands(desk: Desk, number: str) -> tuple[object, ...]:
    """The request's state, and the package of its connection."""
    [found] = desk.rows(
        "SELECT request.state, package.code FROM request JOIN connection ON connection.id = connection_id "
        f"JOIN package ON package.id = package_id WHERE request.number = '{number}'"
    )
    return found


def test_a_smart_meter_is_set_from_here_and_the_customer_hears_it_once(desk: Desk) -> None:
    number = wish(desk, "CSA", "HOME30")
    assert isinstance(do(desk, "cluster in-charge", number, Step.APPROVE), Moved)
    assert do(desk, "technician", number, Step.DONE) == "change.waits_meter"
    assert tasks_of(desk) == []
    assert advance(desk) == 0
    desk.play.deliver()
    assert answer(desk, "done") == ["HOME30"]
    assert stands(desk, number) == ("completed", "HOME30")
    assert len(desk.play.deliver()) == 1
    assert advance(desk) == 0
    steps = [row[0] for row in desk.rows("SELECT step FROM request_event ORDER BY id")]
    assert steps == ["raise", "approve", "metered"]


def test_what_a_meter_would_not_take_is_a_technicians_task(desk: Desk) -> None:
    number = wish(desk, "CSA", "HOME30")
    do(desk, "cluster in-charge", number, Step.APPROVE)
    answer(desk, "failed")
    assert stands(desk, number) == ("in_process", "SHOP500")
    assert tasks_of(desk) == [number]
    assert isinstance(do(desk, "technician", number, Step.DONE), Moved)
    assert stands(desk, number) == ("review", "HOME30")


def test_with_the_next_bill_it_begins_once_that_is_written(desk: Desk) -> None:
    here = connection(desk)
    number = str(desk.act("CSA", lambda doing: packages.ask_for(doing, here, "HOME30", "next")))
    do(desk, "cluster in-charge", number, Step.APPROVE)
    assert do(desk, "technician", number, Step.DONE) == "change.waits_bill"
    assert (advance(desk), tasks_of(desk)) == (0, [])
    assert desk.rows("SELECT goes_up_at FROM request") == [(None,)]
    database = desk.play.services.database
    billing.post(
        database, billing.plant_of(database, "RAMPUR"), Period.read("2026-11"), lambda *_: None,
        default_language="en", service="Bijli Line", issued_on=date(2026, 12, 1),
    )  # fmt: skip
    assert advance(desk) == 1
    assert stands(desk, number) == ("in_process", "SHOP500")
    assert answer(desk, "done") == ["HOME30"]
    assert stands(desk, number) == ("completed", "HOME30")


def test_a_first_of_two_approvals_orders_nothing(desk: Desk) -> None:
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql(
            "UPDATE package SET deposit_paise = 600000 WHERE code = 'HOME30'"
        )
    number = wish(desk, "CSA", "HOME30")
    moved = do(desk, "cluster in-charge", number, Step.APPROVE)
    assert isinstance(moved, Moved)
    assert moved.second
    assert desk.rows("SELECT count(*) FROM meter_command") == [(0,)]
    do(desk, "state in-charge", number, Step.APPROVE)
    assert desk.rows("SELECT count(*) FROM meter_command") == [(1,)]


def tasks_of(desk: Desk) -> list[str]:
    staff = desk.callers["technician"].staff
    assert staff is not None
    return [task.number for task in lists.tasks(desk.play.services.database.reader, staff.id, 9)]


GEETA = {"+919800000005", "+919800000006"}
"""The holder and the payer of connection 120481."""


def for_geeta(desk: Desk) -> str:
    """The CSA asks for another package for her; gives the request's number."""
    [(found,)] = desk.rows("SELECT id FROM connection WHERE number = '120481'")
    here = int(str(found))
    return str(desk.act("CSA", lambda doing: packages.ask_for(doing, here, "HOME30")))


def told(desk: Desk, phones: set[str]) -> dict[str, str]:
    """What arrived since the last time on some phones: the last words on each."""
    return {phone: words for phone, words in desk.play.deliver() if phone in phones}


def test_whoever_it_was_asked_for_hears_it_on_every_phone_as_if_they_had(desk: Desk) -> None:
    number = for_geeta(desk)
    noted = told(desk, GEETA)
    assert set(noted) == GEETA
    assert all("120481" in words and number in words for words in noted.values())
    do(desk, "cluster in-charge", number, Step.APPROVE)
    assert set(told(desk, GEETA)) == GEETA
    answer(desk, "done")
    assert set(told(desk, GEETA)) == GEETA
    assert "+919800000032" not in {phone for phone, _ in desk.play.deliver()}


def test_they_hear_that_it_was_rejected_and_that_it_was_taken_back(desk: Desk) -> None:
    for who, step in (("cluster in-charge", Step.REJECT), ("CSA", Step.WITHDRAW)):
        number = for_geeta(desk)
        told(desk, GEETA)
        assert isinstance(do(desk, who, number, step), Moved)
        assert set(told(desk, GEETA)) == GEETA


def test_they_may_take_it_back_themselves_and_who_wrote_it_down_hears_that(desk: Desk) -> None:
    here = connection(desk)
    number = wish(desk, "CSA", "HOME30")
    told(desk, GEETA)
    assert isinstance(do(desk, "who asked", number, Step.WITHDRAW), Moved)
    assert set(told(desk, {"+919800000001", "+919800000032"})) == {"+919800000032"}
    assert desk.rows(f"SELECT phone FROM request WHERE connection_id = {here}") == [("+919800000001",)]


def test_whose_connection_goes_off_for_good_hears_it_before_and_after(desk: Desk) -> None:
    [(found,)] = desk.rows("SELECT id FROM connection WHERE number = '120481'")
    here = int(str(found))
    ask = desk.act(
        "cluster in-charge", lambda doing: complaints.ask_for_status(doing, here, "inactive", "moved")
    )
    assert told(desk, GEETA) == {}
    for who, step in (("state in-charge", Step.APPROVE), ("technician", Step.DONE)):
        do(desk, who, str(ask), step)
        assert set(told(desk, GEETA)) == GEETA


def test_a_fault_that_staff_write_down_is_the_customers_own(desk: Desk) -> None:
    [(found,)] = desk.rows("SELECT id FROM connection WHERE number = '120481'")
    here = int(str(found))

    def note(doing: Doing) -> Opened:
        return requests.open_fault_for(doing, here, FaultKind.METER, "it stands still")

    assert desk.act("technician elsewhere", note) == "pay.not_yours"
    opened = desk.act("CSA", note)
    assert isinstance(opened, Opened)
    assert set(told(desk, GEETA)) == GEETA
    again = desk.act("operator", note)
    assert isinstance(again, Opened)
    assert (again.number, again.new) == (opened.number, False)
    for step in (Step.TAKE, Step.DONE):
        assert isinstance(do(desk, "technician", opened.number, step), Moved)
        assert set(told(desk, GEETA)) == GEETA
    assert do(desk, "CSA", opened.number, Step.OK) == "work.own"
    phones = desk.rows("SELECT request.phone, staff.code FROM request JOIN staff ON staff.id = raised_by")
    assert phones == [("+919800000005", "C1")]


def test_whoever_asks_at_any_time_hears_of_a_package_change_too(desk: Desk) -> None:
    number = wish(desk, "CSA", "HOME30")
    found = requests.newest(desk.play.services.database.reader, "", [connection(desk)], 5)
    assert [(one.number, one.kind, one.state) for one in found] == [(number, "package_change", "requested")]
