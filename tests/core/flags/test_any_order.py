"""Charges, payments, sweeps and excuses in any order, at any hour: light is never taken without right."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from core import clock
from core.flags import NOTICE_DAYS
from tests.core.flags.conftest import LIMIT, MONDAY, Village


class AnyOrder(RuleBasedStateMachine):
    """Two houses; `owed` is what each owes, `told` when each was last given notice."""

    village: Village

    @initialize()
    def begin(self) -> None:
        self.houses = [self.village.house(), self.village.house()]
        self.owed = dict.fromkeys(self.houses, 0)
        self.at: datetime = MONDAY
        self.offs = dict.fromkeys(self.houses, 0)

    @rule(which=st.integers(0, 1), paise=st.integers(-2 * LIMIT, 2 * LIMIT).filter(bool))
    def move(self, which: int, paise: int) -> None:
        house = self.houses[which]
        self.village.move(house, paise, self.at)
        self.owed[house] += paise

    @rule(hours=st.integers(1, 80))
    def wait(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule(which=st.integers(0, 1), days=st.integers(1, 9))
    def excuse(self, which: int, days: int) -> None:
        house = self.houses[which]
        if self.village.state(house) == "flagged":
            self.village.run(
                "UPDATE connection_flag SET state = 'excused', excused_until = :until "
                "WHERE connection_id = :house AND state = 'flagged'",
                house=house, until=self.at + timedelta(days=days),
            )  # fmt: skip

    @rule()
    def sweep(self) -> None:
        self.village.sweep(self.at)
        for house in self.houses:
            wishes = self.village.wishes(house)
            offs = wishes.count("switch_off")
            if offs > self.offs[house]:
                self._was_right(house)
            self.offs[house] = offs
            lit = not wishes or wishes[-1] == "switch_on"
            if self.owed[house] <= LIMIT:
                assert lit, "below the limit and in the dark"
            assert (self.village.status(house) == "active") == lit
            assert (self.village.state(house) == "switched_off") == (not lit)

    def _was_right(self, house: int) -> None:
        """Supply was just switched off: above the limit, by day on a working day, after full notice."""
        here = clock.local(self.at)
        assert self.owed[house] > LIMIT
        assert 8 <= here.hour < 18
        assert here.weekday() != 6
        [(told,)] = self.village.rows(
            "SELECT max(next_at) FROM outbox WHERE connection_id = :house AND body LIKE '%overdue%'",
            house=house,
        )
        assert self.at - told > timedelta(days=NOTICE_DAYS)
        assert 8 <= clock.local(told).hour < 20

    @invariant()
    def on_and_off_take_turns(self) -> None:
        for house in getattr(self, "houses", ()):
            wishes = self.village.wishes(house)
            assert wishes == ["switch_off", "switch_on"] * (len(wishes) // 2) + ["switch_off"] * (
                len(wishes) % 2
            )


def test_any_order(village: Village) -> None:
    AnyOrder.village = village
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
