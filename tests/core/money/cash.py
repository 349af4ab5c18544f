"""Cash: payments, lists of them, what is taken back, what goes from hand to hand."""

from __future__ import annotations

from core import disputes, handing, lists, payments, taking_back
from core.doing import Doing
from core.lists import Item
from core.water import selling
from tests.core.money.world import ASHA, COLLECTORS, HOUSES, IN_CHARGE, MOHAN, RAMESH, Act, World


class Cash(World):
    """Cash: payments, lists of them, what is taken back, what goes from hand to hand."""

    def pay(self, pick: int, rupees: int) -> Act:
        here, _, _ = self.houses[HOUSES[pick % 4]]
        return self.by(COLLECTORS[pick % 3], lambda doing: payments.take_cash(doing, here, rupees * 100))

    def pay_list(self, pick: int, rupees: int) -> Act:
        items = [Item(self.houses[house][1], rupees * 100) for house in HOUSES]
        items = items if pick % 2 else items[::-1]
        running = pick % 7 or None
        return self.by(COLLECTORS[pick % 3], lambda doing: lists.take(doing, running, items, f"{rupees}"))

    def card(self, pick: int, rupees: int) -> Act:
        here, _, _ = self.houses[HOUSES[pick % 3]]
        mode, slip = ("card", "wallet")[pick % 2], f"SLIP{pick % 5}"
        return self.by(
            COLLECTORS[pick % 3],
            lambda doing: payments.take_by_reference(doing, here, rupees * 100, mode, slip),
        )

    def undo(self, pick: int, _rupees: int) -> Act | None:
        found = self.rows(
            "SELECT payment.id, phone FROM payment LEFT JOIN staff ON staff.id = staff_id "
            "ORDER BY payment.id DESC LIMIT 6"
        )
        if not found:
            return None
        payment, phone = found[pick % len(found)]
        who = str(phone) if phone in COLLECTORS else RAMESH
        return self.by(who, lambda doing: taking_back.undo(doing, int(str(payment))))

    def water(self, pick: int, rupees: int) -> Act:
        """Water sold in Rampur, or by who serves both in Kasba; each fourth time it is given away."""
        who = COLLECTORS[pick % 3]
        plant = self.houses[HOUSES[3 if who == IN_CHARGE else 0]][2]
        paise = 0 if pick % 4 == 3 else rupees * 100
        return self.by(who, lambda doing: selling.sell(doing, plant, 1 + rupees // 2, paise))

    def undo_water(self, pick: int, _rupees: int) -> Act | None:
        found = self.rows(
            "SELECT water_sale.id, phone FROM water_sale JOIN staff ON staff.id = staff_id "
            "ORDER BY water_sale.id DESC LIMIT 4"
        )
        if not found:
            return None
        sale, phone = found[pick % len(found)]
        who = RAMESH if pick % 5 == 4 else str(phone)
        return self.by(who, lambda doing: selling.undo(doing, int(str(sale))))

    def deny(self, pick: int, _rupees: int) -> Act | None:
        found = self.ids("SELECT id FROM payment ORDER BY id DESC LIMIT 6")
        if not found:
            return None
        payment = found[pick % len(found)]
        return self.by((ASHA, MOHAN)[pick % 2], lambda doing: disputes.deny(doing, payment))

    def settle(self, pick: int, _rupees: int) -> Act | None:
        found = self.ids("SELECT payment_id FROM dispute ORDER BY payment_id DESC LIMIT 3")
        if not found:
            return None
        payment = found[pick % len(found)]
        outcomes: tuple[disputes.Outcome, ...] = ("undo", "keep")
        return self.by(IN_CHARGE, lambda doing: disputes.settle(doing, payment, outcomes[pick % 2]))

    def hand(self, pick: int, rupees: int) -> Act:
        giver, taker = COLLECTORS[pick % 3], self.staff(COLLECTORS[(pick + 1) % 3])
        return self.by(giver, lambda doing: handing.offer(doing, taker, rupees * 100))

    def got(self, pick: int, _rupees: int) -> Act | None:
        found = self.rows(
            "SELECT handover.id, giver.phone, taker.phone FROM handover "
            "JOIN staff AS giver ON giver.id = giver_id JOIN staff AS taker ON taker.id = taker_id "
            "WHERE state = 'offered' ORDER BY handover.id"
        )
        if not found:
            return None
        offer, giver, taker = found[pick % len(found)]
        if pick % 4 == 3:
            return self.by(str(giver), lambda doing: handing.withdraw(doing, int(str(offer))))
        return self.by(str(taker), lambda doing: handing.answer(doing, int(str(offer)), pick % 4 != 2))

    def close(self, pick: int, rupees: int) -> Act:
        who = COLLECTORS[pick % 3]
        held = handing.held(self.play.services.database.reader, self.staff(who))
        counted = max(0, held + (rupees - 100) * 100)

        def count_out(doing: Doing) -> str:
            handing.close(doing, counted, held, "why")
            return "closed"

        run = self.by(who, count_out)

        def remember(key: str) -> object:
            done = run(key)
            if done == "closed":
                self.differences[key] = (self.staff(who), held - counted)
            return done

        return remember
