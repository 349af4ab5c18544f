"""What comes online, and from the bank."""

from __future__ import annotations

from sqlalchemy import text

from core import bank, online
from core import unmatched as waiting
from core.doing import Doing
from core.online import Event, Paid, Refund
from tests.core.money.world import AT, HOUSES, IN_CHARGE, ONLINE_PAISE, PROVIDER, Act, World


class Incoming(World):
    """What comes online, and from the bank."""

    def webhook(self, pick: int, _rupees: int) -> Act:
        """One of five payments: the even ones by a link of ours, the others by nobody we know."""
        house = HOUSES[pick % 4]
        link = f"link-{house}" if pick % 2 == 0 else None
        paid = Paid(f"pay_{pick % 5}", ONLINE_PAISE, None, "note", link)
        return self._event(f"e-{paid.reference}-{link}", f"razorpay:{paid.reference}", Event(paid=paid))

    def refund(self, pick: int, _rupees: int) -> Act:
        """A third, then the rest; each perhaps told again."""
        part = pick // 5 % 2
        refund = Refund(f"rfnd_{pick % 5}_{part}", f"pay_{pick % 5}", (100_00, 200_00)[part])
        return self._event(f"e-{refund.id}", f"razorpay:{refund.id}", Event(refund=refund))

    def _event(self, id_: str, key: str, event: Event) -> Act:
        run = self.by(PROVIDER, lambda doing: online.take_event(doing, id_, event))
        return lambda _key: run(key)

    def match(self, pick: int, _rupees: int) -> Act | None:
        found = self.ids("SELECT id FROM online_payment ORDER BY id")
        if not found:
            return None
        id_, here = found[pick % len(found)], self.houses[HOUSES[pick % 4]][0]
        return self.by(IN_CHARGE, lambda doing: waiting.match(doing, id_, here))

    def bank(self, pick: int, _rupees: int) -> Act:
        """A list with a new line, or one that came before; all that is new is credited."""
        number = self.houses[HOUSES[pick % 4]][1]
        note = f"UPI/BL{number}D261121" if pick % 3 else "UPI"
        bind = {
            "reference": f"UTR{pick % 8}",
            "paise": 10_00 + pick % 8,
            "note": note,
            "at": AT,
            "on": AT.date(),
        }

        def load(doing: Doing) -> None:
            doing.session.execute(
                text("""
                    INSERT INTO bank_line (organisation_id, reference, amount_paise, paid_on, note, loaded_at)
                    SELECT min(id), :reference, :paise, :on, :note, :at FROM organisation
                    ON CONFLICT DO NOTHING
                """),
                bind,
            )

        def run(key: str) -> object:
            self.by(PROVIDER, load)(key)
            while (
                self.by(PROVIDER, lambda doing: bank.take_next(doing.session, doing.settings, AT))(key)
                is True
            ):
                pass
            return None

        return run
