"""Supply off for a while: at once, held while people work, once at a time, recalled until it is back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core import meters
from core.meters.commands import claim
from core.requests import FaultKind, Opened, open_fault
from core.work import effects, switching
from core.work.machine import take_step
from core.work.rules import Step
from tests.core.work.desk import AT, Desk

LEASE = timedelta(minutes=5)


def ids(desk: Desk, number: str = "120457") -> tuple[int, int]:
    row = desk.rows(f"SELECT plant_id, id FROM connection WHERE number = '{number}'")[0]
    return int(str(row[0])), int(str(row[1]))


def off(desk: Desk, who: str = "cluster in-charge", number: str | None = None) -> str:
    """Switch Rampur or one of its connections off for three hours; gives the key of what is said."""
    plant, connection = ids(desk, number or "120457")
    one = connection if number else None
    said = desk.act(who, lambda doing: switching.switch_off(doing, plant, one, 3, "new pole"))
    return said if isinstance(said, str) else said.key


def on(desk: Desk, who: str = "cluster in-charge") -> str:
    number = str(desk.rows("SELECT number FROM request WHERE kind = 'supply_off' ORDER BY id DESC")[0][0])
    moved = desk.act(
        who, lambda doing: take_step(doing, number, Step.RESTORE, effect=effects.of(Step.RESTORE))
    )
    return moved if isinstance(moved, str) else moved.state


def carried(desk: Desk) -> list[str]:
    """What meters are told now, in the evening."""
    with desk.play.services.database.begin() as session:
        return [one.action for one in claim(session, 99, LEASE, drivers=["simulated"], may_cut=False)]


def test_a_plant_goes_off_at_once_at_whatever_hour_and_comes_back(desk: Desk) -> None:
    assert off(desk) == "off.done"
    assert carried(desk) == ["switch_off"] * 3
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE meter_command SET state = 'done'")
    assert on(desk) == "completed"
    assert carried(desk) == ["switch_on"] * 3
    assert desk.rows("SELECT DISTINCT status FROM connection") == [("active",)]


def test_nothing_is_switched_on_while_people_work_on_the_line(desk: Desk) -> None:
    off(desk)
    _, connection = ids(desk)
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE meter_command SET state = 'done'")
        meters.switch(session, source="paid", connection_id=connection, on=True, at=AT)
    assert carried(desk) == []
    assert on(desk) == "completed"
    assert carried(desk) == ["switch_on"] * 3


def test_a_connection_that_is_off_by_itself_stays_off_when_the_plant_comes_back(desk: Desk) -> None:
    assert off(desk, "technician", "120457") == "off.done"
    assert off(desk) == "off.done"
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE meter_command SET state = 'done'")
    assert on(desk) == "completed"
    assert carried(desk) == ["switch_on"] * 2


@pytest.mark.parametrize(
    ("who", "number", "said"),
    [
        ("technician", None, "work.not_you"),
        ("technician", "120457", "off.done"),
        ("CSA", "120457", "work.not_you"),
        ("state in-charge", None, "work.not_you"),
        ("technician elsewhere", "120457", "work.not_you"),
        ("who asked", "120457", "work.not_you"),
    ],
)
def test_who_may(desk: Desk, who: str, number: str | None, said: str) -> None:
    assert off(desk, who, number) == said


def test_two_at_once_are_one(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(lambda _: off(desk), range(4)))
    assert said == ["off.already"] * 3 + ["off.done"]
    assert desk.rows("SELECT count(*) = count(DISTINCT recipient) FROM outbox WHERE kind = 'supply'") == [
        (True,)
    ]


def test_an_organisation_that_does_not_work_with_it(desk: Desk) -> None:
    with desk.play.services.database.begin() as session:
        session.connection().exec_driver_sql("UPDATE organisation SET features = '{\"supply_off\": false}'")
    assert off(desk) == "work.switched_off"


def test_no_light_is_known_and_danger_is_danger(desk: Desk) -> None:
    off(desk)
    plant, connection = ids(desk)

    def report(kind: FaultKind) -> Opened:
        opened = desk.act(
            "who asked", lambda doing: open_fault(doing, connection, "120457", plant, kind, None)
        )
        assert isinstance(opened, Opened)
        return opened

    known = report(FaultKind.NO_POWER)
    assert known.planned is not None
    assert (known.new, known.planned.since, known.planned.until) == (False, AT, AT + timedelta(hours=3))
    assert report(FaultKind.DANGER).new


def test_it_is_recalled_until_it_is_back_three_times_a_day_at_most(desk: Desk) -> None:
    off(desk)
    database = desk.play.services.database
    moments = [AT + timedelta(minutes=5 * step) for step in range(12 * 48)]
    recalled = [at for at in moments if switching.remind(database, "en", at)]
    assert [str(at.time())[:5] for at in recalled] == ["09:30", "11:30", "03:30", "11:30", "03:30"]
    told = desk.rows("SELECT DISTINCT recipient FROM outbox WHERE source LIKE 'still-off:%%'")
    assert told == [("+919800000003",)]
    on(desk)
    assert switching.remind(database, "en", AT + timedelta(days=9)) == 0
