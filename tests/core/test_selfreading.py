"""Self readings on a real database: they wait, are checked once, and stand in for an estimate at most."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from core import billing, metering, selfreading
from core.accounts import BillView, last_bill
from core.billing import Period
from core.doing import Doing
from core.errors import Refusal
from core.loading import load
from core.metering import Meter
from core.people import Caller, find_caller
from core.text import Text
from tests.play import Play

CUSTOMER, OTHER, STAFF, ELSEWHERE = "+919800000001", "+919800000004", "+919800000002", "+919800000040"
DAY = datetime(2027, 2, 27, 6, tzinfo=UTC)
FEBRUARY, MARCH = Period.read("2027-02"), Period.read("2027-03")
_keys = count(1)


def silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


@dataclass
class House:
    """Asha's house in the small world: last read at 134.7 kWh."""

    play: Play
    callers: dict[str, Caller] = field(init=False)

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        self.callers = {who: find_caller(reader, who) for who in (CUSTOMER, OTHER, STAFF, ELSEWHERE)}

    def act(self, who: str, do: Callable[[Doing], Text], at: datetime = DAY) -> str:
        try:
            with self.play.services.database.begin() as session:
                return do(
                    Doing(session, self.callers[who], "sms", f"t/{next(_keys)}.1", at, self.play.settings)
                ).key
        except Refusal as refusal:
            return refusal.text.key

    @property
    def meter(self) -> Meter:
        found = metering.meter(self.play.services.database.reader, None, "120457")
        assert found is not None
        return found

    def send(self, wh: int, who: str = CUSTOMER, at: datetime = DAY, turned: int = 0) -> str:
        meter = self.meter
        return self.act(who, lambda doing: selfreading.keep(doing, meter, wh, turned), at)

    def waiting(self) -> list[int]:
        staff = self.callers[STAFF].staff
        assert staff is not None
        return [one.wh for one in selfreading.waiting(self.play.services.database.reader, staff.id, 9)]

    def newest(self) -> int:
        return int(str(self.play.scalar("SELECT max(id) FROM self_reading")))

    def states(self) -> list[str]:
        rows = self.play.services.database.reader.rows("SELECT state FROM self_reading ORDER BY id", {})
        return [str(row[0]) for row in rows]

    def right(self, who: str = STAFF, at: datetime = DAY) -> str:
        own, meter = self.newest(), self.meter
        return self.act(who, lambda doing: selfreading.confirm(doing, own, meter), at)

    def other(self, wh: int, who: str = STAFF, at: datetime = DAY) -> str:
        own, meter = self.newest(), self.meter
        return self.act(who, lambda doing: selfreading.correct(doing, own, meter, wh, 0), at)

    def told(self) -> list[str]:
        rows = self.play.services.database.reader.rows(
            "SELECT template FROM outbox WHERE kind = 'notice' ORDER BY id", {}
        )
        return [str(row[0]) for row in rows]

    def switch(self) -> None:
        with self.play.services.database.begin() as session:
            session.execute(
                text("""UPDATE organisation SET features = features || '{"self_reading_bills": true}'""")
            )

    def bill(self, month: Period) -> BillView:
        database = self.play.services.database
        plant = billing.plant_of(database, "RAMPUR")
        billing.post(
            database, plant, month, silent,
            default_language="en", service="Bijli Line", issued_on=month.last + timedelta(days=1),
        )  # fmt: skip
        return self.standing()

    def standing(self) -> BillView:
        connection = int(str(self.play.scalar("SELECT id FROM connection WHERE number = '120457'")))
        found = last_bill(self.play.services.database.reader, connection)
        assert found is not None
        return found


@pytest.fixture
def house(play: Play) -> House:
    return House(play)


def test_it_waits_is_right_and_counts(house: House) -> None:
    assert house.send(150_000) == "selfread.noted"
    assert house.meter.last_wh == 134_700
    assert house.waiting() == [150_000]
    assert house.right() == "selfread.right"
    assert (house.waiting(), house.states(), house.told()) == ([], ["right"], ["selfread.told_right"])
    assert house.play.scalar("SELECT source FROM reading WHERE wh = 150000") == "self"
    assert house.right() == "selfread.gone"


def test_the_meter_shows_something_else(house: House) -> None:
    house.send(150_000)
    assert house.other(148_000) == "read.taken"
    assert (house.states(), house.told()) == (["wrong"], ["selfread.told_wrong"])


def test_the_meter_shows_the_same(house: House) -> None:
    house.send(150_000)
    assert house.other(150_000) == "read.taken"
    assert (house.states(), house.told()) == (["right"], ["selfread.told_right"])


def test_the_next_one_replaces_it(house: House) -> None:
    house.send(150_000)
    house.send(151_000)
    assert (house.waiting(), house.states()) == ([151_000], ["replaced", "waiting"])


def test_a_reading_by_staff_overtakes_it(house: House) -> None:
    house.send(150_000)
    meter = house.meter
    house.act(STAFF, lambda doing: metering.take(doing, meter, 149_500, 0))
    assert (house.waiting(), house.states()) == ([], ["read"])
    assert house.send(151_000) == "selfread.read_today"


def test_a_reading_from_a_file_overtakes_it(house: House, tmp_path: Path) -> None:
    house.send(150_000, at=datetime(2026, 11, 10, tzinfo=UTC))
    (tmp_path / "readings.csv").write_text("connection,date,kwh\nR-001,2026-11-12,150.5\n", "utf-8")
    report = load(house.play.services.database, tmp_path)
    assert not report.problems
    assert house.states() == ["read"]


def test_who_may_not(house: House) -> None:
    assert house.send(150_000, who=OTHER) == "selfread.not_yours"
    house.send(150_000)
    assert house.right(who=ELSEWHERE) == "pay.not_yours"
    assert house.right(who=CUSTOMER) == "pay.staff_only"
    assert (house.waiting(), house.told()) == ([150_000], [])


def test_a_meter_that_was_read_meanwhile_is_asked_about_again(house: House) -> None:
    stale = msgspec.structs.replace(house.meter, last_wh=1)
    assert house.act(CUSTOMER, lambda doing: selfreading.keep(doing, stale, 150_000, 0)) == "nav.changed"


def test_a_register_that_began_again(house: House) -> None:
    meter = house.meter
    assert house.send(5_000, turned=meter.turned(5_000)) == "selfread.noted"
    assert house.waiting() == [5_000]
    assert house.right() == "selfread.right"
    assert house.play.scalar("SELECT max(wh) FROM reading") == 5_000 + meter.turned(5_000)


def test_two_who_check_at_once(house: House) -> None:
    house.send(150_000)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: house.right(), range(2)))
    assert sorted(said) == ["selfread.gone", "selfread.right"]


def test_two_who_send_at_once_leave_one_waiting(house: House) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(house.send, (150_000, 151_000, 152_000)))
    assert sorted(house.states()) == ["replaced", "replaced", "waiting"]


def test_without_the_switch_a_bill_is_estimated(house: House) -> None:
    house.send(150_000)
    bill = house.bill(FEBRUARY)
    assert (bill.estimated, bill.self_read, bill.closing_wh) == (True, False, 134_700)


def test_with_the_switch_it_goes_by_the_customers_reading_and_is_settled_by_the_next(house: House) -> None:
    house.switch()
    assert house.send(150_000) == "selfread.noted_bill"
    bill = house.bill(FEBRUARY)
    assert (bill.estimated, bill.self_read) == (True, True)
    assert (bill.opening_wh, bill.closing_wh) == (134_700, 150_000)
    assert house.waiting() == [150_000]
    house.play.text(CUSTOMER, "BILL")
    words = str(house.play.scalar("SELECT body FROM outbox ORDER BY id DESC LIMIT 1"))
    assert "padha" in words
    # It saw 3 kWh too much: they are used up before more is charged.
    later = datetime.combine(MARCH.last, DAY.timetz())
    house.other(147_000, at=later)
    march = house.bill(MARCH)
    assert (march.estimated, march.opening_wh, march.closing_wh) == (False, 150_000, 150_000)


def test_only_one_of_the_period_is_taken(house: House) -> None:
    house.switch()
    house.send(150_000, at=datetime(2027, 1, 20, tzinfo=UTC))
    assert not house.bill(FEBRUARY).self_read
    assert house.standing().closing_wh == 134_700


def test_a_bill_taken_back_leaves_it_waiting(house: House) -> None:
    house.switch()
    house.send(150_000)
    house.bill(FEBRUARY)
    run = int(str(house.play.scalar("SELECT max(id) FROM billing_run")))
    billing.reverse(house.play.services.database, run, silent, service="Bijli Line")
    assert house.waiting() == [150_000]
    house.right()
    bill = house.bill(FEBRUARY)
    assert (bill.estimated, bill.self_read, bill.closing_wh) == (False, False, 150_000)
