"""Schemes, late fees, promises, readings and bills."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from core import billing
from core.billing import BillingError, Period
from core.billing.runs import DUE_DAYS
from core.doing import Doing
from core.dunning import charging, late_fees, promises, waiving
from core.schemes import plans, view
from core.standing import Status, change_status
from tests.core.money.world import (
    ASHA,
    AT,
    HOUSES,
    IN_CHARGE,
    MOHAN,
    MONTHS,
    PROVIDER,
    SELLER,
    Act,
    World,
    silent,
)


class Billed(World):
    """Schemes, late fees, promises, readings and bills."""

    def sell(self, pick: int, _rupees: int) -> Act:
        here = self.houses[HOUSES[pick % 3]][0]
        offers = view.offers(self.play.services.database.reader, here, 9)
        offer = offers[pick % len(offers)]
        return self.by(SELLER, lambda doing: plans.begin(doing, here, offer))

    def pay_off(self, pick: int, _rupees: int) -> Act | None:
        found = self.rows(
            "SELECT plan_id, sum(paise) FROM instalment WHERE run_id IS NULL AND payoff_id IS NULL "
            "GROUP BY plan_id ORDER BY plan_id"
        )
        if not found:
            return None
        plan, left = (int(str(one)) for one in found[pick % len(found)])
        return self.by(SELLER, lambda doing: plans.pay_off(doing, plan, left))

    def cancel(self, pick: int, _rupees: int) -> Act | None:
        found = self.ids("SELECT id FROM plan ORDER BY id")
        if not found:
            return None
        plan = found[pick % len(found)]
        return self.by(SELLER, lambda doing: plans.cancel(doing, plan))

    def late_fee(self, pick: int, _rupees: int) -> Act:
        """Announce the fees of a month's bills, deliver that, and charge them when their day is over."""
        database = self.play.services.database
        due = datetime.combine(MONTHS[pick % 3].last + timedelta(days=1 + DUE_DAYS), AT.time(), UTC)
        told = due + timedelta(days=3)

        def run(_key: str) -> object:
            late_fees.announce(database, told, default_language="en", service="Bijli Line")
            with database.begin() as session:
                session.execute(
                    text("""
                        UPDATE outbox SET state = 'delivered', sent_at = :at, finished_at = :at WHERE id IN (
                            SELECT id FROM outbox WHERE kind = 'late_fee' AND state = 'queued'
                            FOR UPDATE SKIP LOCKED)
                    """),
                    {"at": told},
                )
            return charging.charge(database, due + timedelta(days=20))

        return run

    def waive(self, pick: int, _rupees: int) -> Act | None:
        found = self.ids("SELECT bill_id FROM bill_late_fee ORDER BY bill_id")
        if not found:
            return None
        bill = found[pick % len(found)]
        return self.by(IN_CHARGE, lambda doing: waiving.waive(doing, bill, "why"))

    def promise(self, pick: int, _rupees: int) -> Act:
        here, number, _ = self.houses[HOUSES[pick % 3]]
        return self.by(
            (ASHA, MOHAN)[pick % 2], lambda doing: promises.make(doing, here, number, 1 + pick % 5)
        )

    def read(self, pick: int, rupees: int) -> Act:
        """A reading some day; the meter only goes forward with the days."""
        day = date(2026, 11, 1) + timedelta(days=pick * 7 % 92)
        wh = 134_700 + (day - date(2026, 10, 31)).days * 2_000 + rupees

        def note(doing: Doing) -> None:
            doing.session.execute(
                text("""
                    INSERT INTO reading (connection_id, taken_on, wh, source)
                    SELECT id, :day, :wh, 'test' FROM connection WHERE reference = 'R-001'
                    ON CONFLICT DO NOTHING
                """),
                {"day": day, "wh": wh},
            )

        return self.by(PROVIDER, note)

    def bill(self, pick: int, _rupees: int) -> Act:
        month, plant = MONTHS[pick % 3], self.houses[HOUSES[3 if pick % 4 == 3 else 0]][2]
        return self._billing(plant, month, month.last + timedelta(days=1))

    def bill_ahead(self, pick: int, _rupees: int) -> Act:
        """The month of who pays in advance, before it or when it has begun."""
        month = MONTHS[pick % 3]
        return self._billing(self.houses["A-001"][2], month, month.first + timedelta(days=pick % 20 - 3))

    def _billing(self, plant: int, month: Period, issued_on: date) -> Act:
        def run(_key: str) -> object:
            with suppress(BillingError):
                return billing.post(
                    self.play.services.database, plant, month, silent,
                    default_language="en", service="Bijli Line", issued_on=issued_on,
                )[0].id  # fmt: skip
            return None

        return run

    def switch(self, pick: int, _rupees: int) -> Act:
        """The house that pays in advance goes off, or on again, some days after the last time."""
        here = self.houses["A-001"][0]
        status: tuple[Status, ...] = ("active", "inactive")
        at = self.switched + timedelta(days=pick % 10)
        self.switched = at
        before, after = status if pick % 2 else status[::-1]

        def turn(doing: Doing) -> None:
            change_status(doing.session, [here], before=before, status=after, reason="test", at=at)

        return self.by(IN_CHARGE, turn)

    def unbill(self, pick: int, _rupees: int) -> Act | None:
        found = self.ids("SELECT id FROM billing_run ORDER BY id")
        return self.taking_back(found[pick % len(found)]) if found else None

    def taking_back(self, run_id: int) -> Act:
        def run(_key: str) -> object:
            # A run under a later one is refused and changes nothing.
            with suppress(BillingError):
                return billing.reverse(self.play.services.database, run_id, silent, service="Bijli Line")
            return None

        return run
