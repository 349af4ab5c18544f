"""Outages seen as one, under any load."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import text

from core.clock import now
from core.requests import FaultKind, Opened, open_fault
from core.work import away, lists, outages
from core.work.machine import Moved
from core.work.rules import Step
from tests.core.work.desk import AT, Desk

HOMES = ("120457", "120465", "120481", "120473")


def dark(desk: Desk, number: str, minutes: int = 0) -> Opened:
    """A home without light reports it."""
    row = desk.rows(f"SELECT id, plant_id FROM connection WHERE number = '{number}'")[0]
    connection, plant = (int(str(value)) for value in row)
    opened = desk.act(
        "who asked",
        lambda doing: open_fault(doing, connection, number, plant, FaultKind.NO_POWER, None),
        AT + timedelta(minutes=minutes),
    )
    assert isinstance(opened, Opened), opened
    return opened


def outage_id(desk: Desk) -> int:
    return int(str(desk.rows("SELECT id FROM outage ORDER BY id DESC LIMIT 1")[0][0]))


def test_two_homes_are_two_faults_and_three_are_an_outage(desk: Desk) -> None:
    assert [dark(desk, number).outage for number in HOMES[:2]] == [None, None]
    known = dark(desk, HOMES[2], 30).outage
    assert known is not None
    assert (known.homes, known.since) == (3, AT)


def test_three_homes_over_a_long_day_are_three_faults(desk: Desk) -> None:
    assert [dark(desk, number, 61 * place).outage for place, number in enumerate(HOMES[:3])] == [None] * 3


def test_homes_that_report_at_once_make_one_outage_and_one_alarm(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: dark(desk, number), HOMES))
    assert desk.rows("SELECT count(*) FROM outage") == [(1,)]
    assert desk.rows("SELECT count(*) FROM request WHERE outage_id IS NULL") == [(0,)]
    alarms = desk.rows("SELECT count(*), count(DISTINCT recipient) FROM outbox WHERE source LIKE 'outage:%%'")
    assert alarms[0][0] == alarms[0][1]


def test_restored_all_are_asked_and_one_who_says_no_is_a_single_fault_again(desk: Desk) -> None:
    numbers = [dark(desk, number).number for number in HOMES]
    found = outage_id(desk)
    assert desk.act("technician", lambda doing: outages.take(doing, found)) == 4
    assert desk.act("technician", lambda doing: outages.restore(doing, found)) == 4
    assert desk.act("technician", lambda doing: outages.restore(doing, found)) == "outage.over"
    desk.step("who asked", numbers[0], Step.SENDBACK)
    states = {str(number): state for number, state in desk.rows("SELECT number, state FROM request")}
    assert states[numbers[0]] == "in_process"
    assert [states[number] for number in numbers[1:]] == ["review"] * 3
    tasks = [row[0] for row in desk.rows("SELECT number FROM request WHERE state = 'in_process'")]
    assert tasks == [numbers[0]]


def test_nobody_from_elsewhere_restores_it(desk: Desk) -> None:
    for number in HOMES:
        dark(desk, number)
    found = outage_id(desk)
    assert desk.act("technician elsewhere", lambda doing: outages.restore(doing, found)) == "outage.over"
    assert desk.act("cluster in-charge", lambda doing: outages.take(doing, found)) == "outage.not_you"


def test_an_outage_of_25_homes(desk: Desk) -> None:
    with desk.play.services.database.begin() as session:
        session.execute(
            text("""
                INSERT INTO connection (reference, number, customer_id, plant_id, package_id)
                SELECT 'many' || n, (900000 + n)::text, customer_id, plant_id, package_id
                FROM connection, generate_series(1, 25) AS n WHERE number = '120457'
            """)
        )
    last = [dark(desk, str(900000 + n)) for n in range(1, 26)][-1]
    assert last.outage is not None
    assert last.outage.homes == 25
    assert desk.act("technician", lambda doing: outages.restore(doing, outage_id(desk))) == 25


def on_feeders(desk: Desk, **feeders: str) -> None:
    with desk.play.services.database.begin() as session:
        for number, feeder in feeders.items():
            session.execute(
                text("UPDATE connection SET feeder = :feeder WHERE number = :number"),
                {"feeder": feeder, "number": number.removeprefix("n")},
            )


def outages_of(desk: Desk) -> list[tuple[object, ...]]:
    return [tuple(row) for row in desk.rows("SELECT feeder, count(request.id) FROM outage LEFT JOIN request "
            "ON outage_id = outage.id GROUP BY outage.id ORDER BY outage.id")]  # fmt: skip


def test_homes_of_one_feeder_are_its_outage_and_others_stay_single(desk: Desk) -> None:
    on_feeders(desk, n120457="F1", n120465="F1", n120473="F1", n120481="F2")
    assert [dark(desk, number).outage for number in ("120457", "120465")] == [None, None]
    assert dark(desk, "120473").outage is not None
    assert dark(desk, "120481").outage is None
    assert outages_of(desk) == [("F1", 3)]
    staff = desk.callers["technician"].staff
    assert staff is not None
    [one] = outages.open_ones(desk.play.services.database.reader, staff.id, 9)
    assert (one.label.latin, one.homes) == ("Rampur F1", 3)


def test_dark_homes_on_several_feeders_are_the_plants_outage(desk: Desk) -> None:
    on_feeders(desk, n120457="F1", n120465="F1", n120481="F2")
    assert [dark(desk, number).outage for number in ("120481", "120457")] == [None, None]
    assert dark(desk, "120465").outage is not None
    assert dark(desk, "120473").outage is not None
    assert outages_of(desk) == [(None, 4)]


def test_two_feeders_may_be_dark_each_for_its_own_reason(desk: Desk) -> None:
    on_feeders(desk, n120457="F1", n120465="F1", n120473="F1", n120481="F1")
    for number in HOMES[:3]:
        dark(desk, number)
    with desk.play.services.database.begin() as session:
        other = "INSERT INTO outage (plant_id, feeder, since) SELECT plant_id, 'F2', now() FROM outage"
        session.execute(text(other))
    assert dark(desk, HOMES[3]).outage is not None
    assert outages_of(desk) == [("F1", 4), ("F2", 0)]


def late(desk: Desk) -> list[tuple[str, str]]:
    """Let everything that is open wait too long; gives what arrives of that, by phone."""
    with desk.play.services.database.begin() as session:
        session.execute(
            text("UPDATE request SET goes_up_at = now() - interval '1 minute' WHERE closed_at IS NULL")
        )
    desk.play.deliver()
    away.go_up(desk.play.services.database, "en")
    return [(phone, words) for phone, words in desk.play.deliver()]


def test_an_outage_goes_up_as_one_and_can_be_taken_over(desk: Desk) -> None:
    for number in HOMES:
        dark(desk, number)
    found = outage_id(desk)
    assert [phone for phone, _ in late(desk)] == ["+919800000003"]
    assert [phone for phone, _ in late(desk)] == ["+919800000030"]
    assert desk.act("state in-charge", lambda doing: outages.take(doing, found)) == 4
    assert desk.act("cluster in-charge", lambda doing: outages.take(doing, found)) == "outage.not_you"


def test_who_says_no_after_an_outage_that_nobody_took_is_on_a_list_again(desk: Desk) -> None:
    numbers = [dark(desk, number).number for number in HOMES]
    desk.act("cluster in-charge", lambda doing: outages.restore(doing, outage_id(desk)))
    desk.play.deliver()
    desk.step("who asked", numbers[0], Step.SENDBACK)
    told = {phone for phone, _ in desk.play.deliver()}
    assert {"+919800000002", "+919800000032"} <= told
    staff = desk.callers["technician"].staff
    assert staff is not None
    found = lists.tasks(desk.play.services.database.reader, staff.id, 9)
    assert [one.number for one in found] == [numbers[0]]


def test_homes_that_never_answer_are_taken_as_light_again_and_can_still_be_reopened(desk: Desk) -> None:
    numbers = [dark(desk, number).number for number in HOMES]
    desk.act("technician", lambda doing: outages.restore(doing, outage_id(desk)))
    desk.step("who asked", numbers[0], Step.SENDBACK)
    late(desk)
    states = {str(number): state for number, state in desk.rows("SELECT number, state FROM request")}
    assert [states[number] for number in numbers] == ["in_process", "completed", "completed", "completed"]
    assert isinstance(desk.step("who asked", numbers[1], Step.REOPEN, now()), Moved)
    assert desk.rows(f"SELECT outage_id FROM request WHERE number = '{numbers[1]}'") == [(None,)]
