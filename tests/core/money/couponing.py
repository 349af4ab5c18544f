"""Coupons: made, used, taken back."""

from __future__ import annotations

from datetime import timedelta

from core.coupons import making, redeeming
from tests.core.money.world import AT, HOUSES, IN_CHARGE, Act, World


class Coupons(World):
    """Coupons: made, used, taken back."""

    def make_coupon(self, pick: int, _rupees: int) -> Act:
        scheme = self.number(f"SELECT id FROM coupon_scheme WHERE code = '{('HOLI', 'TENTH')[pick % 2]}'")
        here, _, _ = self.houses[HOUSES[pick % 3]]
        run = self.by(IN_CHARGE, lambda doing: making.make_one(doing, scheme, here))

        def remember(key: str) -> object:
            code = str(run(key))
            if code.isdigit():
                self.coupons.append(code)
            return code

        return remember

    def redeem(self, pick: int, _rupees: int) -> Act | None:
        if not self.coupons:
            return None
        code, late = self.coupons[pick % len(self.coupons)], timedelta(days=31 if pick % 5 == 4 else 0)
        return self.by(IN_CHARGE, lambda doing: redeeming.redeem(doing, code), AT + late)

    def unredeem(self, pick: int, _rupees: int) -> Act | None:
        if not self.coupons:
            return None
        code = self.coupons[pick % len(self.coupons)]
        return self.by(IN_CHARGE, lambda doing: redeeming.take_back(doing, code))
