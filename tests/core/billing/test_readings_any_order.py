"""Readings, corrections, new meters and bills in any order: no energy is lost or doubled."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core import metering, readings
from core.db import Database
from core.doing import Doing
from core.metering import Meter, Mistaken
from core.people import Caller, StaffMember
from core.readings import Shown
from core.settings import Settings
from core.tariffs import Step, Tariff
from tests.core.billing.conftest import MONTHS_OF_METERS, Town, new_town

ROUND = 10_000_000


class Meters(RuleBasedStateMachine):
    """One house whose real use is known; the meter's face is worked out from it, as the world does."""

    database: Database
    settings: Settings

    @initialize()
    def begin(self) -> None:
        self.town: Town = new_town(self.database)
        self.house = self.town.house(self.town.package(Tariff(0, (Step("", 0, None, 10_00),))))
        code = f"S{self.house}"
        self.staff = self.town.scalar(
            "INSERT INTO staff (code, name, phone, role) VALUES (:code, 'Reader', :phone, 'technician') "
            "RETURNING id",
            code=code, phone=f"+9197{self.house:08}",
        )  # fmt: skip
        self.town.run(
            "INSERT INTO staff_scope (staff_id, plant_id) VALUES (:staff, :plant)",
            staff=self.staff, plant=self.town.plant,
        )  # fmt: skip
        self.day, self.face, self.steps, self.month = date(2026, 8, 31), 9_000_000, 0, 0
        self.true = self.first = 9_000_000
        self.kept = {self.day: self.true}
        self.note(0)

    def doing(self) -> Doing:
        self.steps += 1
        me = StaffMember(self.staff, "technician", "Reader", None, 0)
        at = datetime.combine(self.day, time(6), UTC) + timedelta(seconds=self.steps)
        caller = Caller(f"+9197{self.house:08}", "en", (), me)
        return Doing(self.session, caller, "sms", f"m/{self.house}.{self.steps}", at, self.settings)

    def meter(self) -> Meter:
        return Meter(self.house, "1", "H", None, "P", True, True, 500, None, None, 0, None)

    def note(self, turned: int) -> str:
        with self.database.begin() as self.session:
            found = readings.record(
                self.session, Shown(self.house, self.day, self.face, turned_wh=turned),
                source="staff", at=self.doing().at, staff_id=self.staff,
            )  # fmt: skip
        if found.taken:
            self.kept[self.day] = self.true
        return found.state

    @rule(used=st.integers(0, 900_000), days=st.integers(1, 20))
    def read(self, used: int, days: int) -> None:
        self.day += timedelta(days=days)
        self.true += used
        turned = ROUND if self.face + used >= ROUND else 0
        self.face = self.face + used - turned
        if turned:
            assert self.note(0) == "lower"
        assert self.note(turned) == "new"
        assert self.note(turned) in ("same", "corrected", "billed")

    @rule(wrong=st.integers(1, 500))
    def slip_and_undo(self, wrong: int) -> None:
        self.day += timedelta(days=1)
        self.face += wrong
        state = self.note(0)
        self.face -= wrong
        assert state == "new"
        with self.database.begin() as self.session:
            row = self.session.execute(
                text("SELECT id FROM reading WHERE connection_id = :h AND taken_on = :d"),
                {"h": self.house, "d": self.day},
            ).one()
            metering.take_back(self.doing(), Mistaken(row.id, self.house, "1", "H", None, 0))
        del self.kept[self.day]

    @rule(used=st.integers(0, 5_000), opening=st.integers(0, 50_000), days=st.integers(1, 20))
    def new_meter(self, used: int, opening: int, days: int) -> None:
        self.day += timedelta(days=days)
        self.true += used
        with self.database.begin() as self.session:
            metering.change(self.doing(), self.meter(), self.face + used, f"M{self.steps}", opening)
        self.kept[self.day] = self.true
        self.face = opening

    @rule()
    def bill(self) -> None:
        while self.month < len(MONTHS_OF_METERS) and MONTHS_OF_METERS[self.month].last < self.day:
            month = MONTHS_OF_METERS[self.month]
            self.town.bill(month, month.last + timedelta(days=1))
            self.month += 1

    @invariant()
    def energy_never_falls(self) -> None:
        with self.database.begin() as session:
            rows = session.execute(
                text("SELECT taken_on, wh FROM reading WHERE connection_id = :h ORDER BY taken_on"),
                {"h": self.house},
            ).all()
        assert {row.taken_on: row.wh for row in rows} == self.kept
        assert [row.wh for row in rows] == sorted(row.wh for row in rows)

    @invariant()
    def bills_that_were_read_add_up_to_the_energy_between(self) -> None:
        with self.database.begin() as session:
            bills = session.execute(
                text(
                    "SELECT bill.opening_wh, bill.closing_wh, reading.wh FROM bill "
                    "LEFT JOIN reading ON reading.id = reading_id WHERE bill.connection_id = :h "
                    "ORDER BY period_from"
                ),
                {"h": self.house},
            ).all()
        for one, after in itertools.pairwise(bills):
            assert one.closing_wh is None or after.opening_wh == one.closing_wh
        read = [bill for bill in bills if bill.wh is not None]
        for bill in read:
            # Below an estimate already billed, the bill comes to nothing and the energy is used up first.
            assert bill.closing_wh == max(bill.wh, bill.opening_wh)


def test_meters_in_any_order(database: Database, servers: object) -> None:
    from tests.conftest import Servers, demo_settings

    assert isinstance(servers, Servers)
    made = demo_settings(servers, servers.database_url("postgres"))
    machine = type("Machine", (Meters,), {"database": database, "settings": made})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=25, stateful_step_count=12, deadline=None, database=None)
    )
