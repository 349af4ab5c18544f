"""Deposits: taken, set off, given back, and asked for by another package."""

from __future__ import annotations

from sqlalchemy import text

from core import deposits, payments
from core.doing import Doing
from core.text import Text
from core.work import packages
from tests.core.money.world import COLLECTORS, HOUSES, IN_CHARGE, Act, World


class Deposits(World):
    """Deposits: taken, set off, given back, and asked for by another package."""

    def deposit(self, pick: int, rupees: int) -> Act:
        here, _, _ = self.houses[HOUSES[pick % 3]]
        return self.by(
            COLLECTORS[pick % 3], lambda doing: payments.take_cash(doing, here, rupees * 100, "deposit")
        )

    def set_off(self, pick: int, rupees: int) -> Act:
        return self._out_of_deposit("setoff", HOUSES[pick % 4], rupees * 100)

    def give_back(self, pick: int, rupees: int) -> Act:
        return self._out_of_deposit("refund", HOUSES[pick % 4], rupees * 100)

    def _out_of_deposit(self, how: str, house: str, paise: int) -> Act:
        here = self.houses[house][0]
        act = deposits.set_off if how == "setoff" else deposits.give_back
        run = self.by(IN_CHARGE, lambda doing: act(doing, here, paise))

        def remember(key: str) -> object:
            done = run(key)
            if isinstance(done, Text):
                self.left_deposit[key] = (how, here, paise)
            return done

        return remember

    def another_package(self, pick: int, _rupees: int) -> Act:
        """A change of package that was asked for, approved and carried out."""
        here, _, _ = self.houses[HOUSES[pick % 4]]
        code = ("HOME30", "SHOP500")[pick % 2]

        def change(doing: Doing) -> object:
            number = packages.ask_for(doing, here, code)
            request = doing.session.execute(
                text("SELECT * FROM request WHERE number = :number"), {"number": number}
            ).one()
            packages.carry_out(doing, request)
            doing.session.execute(
                text("UPDATE request SET closed_at = now(), state = 'completed' WHERE id = :id"),
                {"id": request.id},
            )
            return number

        return self.by(IN_CHARGE, change)
