"""An office where money moves in every way there is: one place to do each of them, again and at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TypeAlias

from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core import bank, billing, deposits, disputes, handing, ledger, lists, online, payments, taking_back
from core import unmatched as waiting
from core.billing import BillingError, Period
from core.billing.runs import DUE_DAYS
from core.coupons import making, redeeming
from core.doing import Doing
from core.dunning import charging, late_fees, promises, waiving
from core.errors import Refusal
from core.lists import Item
from core.online import Event, Paid, Refund
from core.people import Caller, find_caller
from core.schemes import plans, view
from core.standing import Status, change_status
from core.text import Text
from core.work import packages
from tests.play import Play

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
RAMESH, SURESH, IN_CHARGE, SELLER = "+919800000002", "+919800000012", "+919800000003", "+919800000032"
ASHA, MOHAN = "+919800000001", "+919800000004"
COLLECTORS = (RAMESH, SURESH, IN_CHARGE)
PROVIDER = Caller("razorpay", None, (), None)
MONTHS = [Period.read(month) for month in ("2026-11", "2026-12", "2027-01")]
HOUSES = ("R-001", "R-002", "N-001", "K-002")
"""Three in Rampur, with and without a meter and one that came after the first bills; one in Kasba, which
counts its own receipts."""
ONLINE_PAISE = 300_00
REPEATED = (ledger.AlreadyPosted, ledger.SourceReused, ledger.AlreadyReversed)
"""How the ledger says that it was done before; nothing of the second time may stay behind."""

Act: TypeAlias = Callable[[str], object]
"""Something that moves money, under a key: the same key is the same step of the same talk."""


def silent(label: str, done: int, total: int) -> None:
    """Nobody wants to hear of progress."""


@dataclass
class Office:
    """The small world; `left_deposit` is what set-offs and refunds of deposits took, by their key."""

    play: Play
    callers: dict[str, Caller] = field(init=False)
    houses: dict[str, tuple[int, str, int]] = field(init=False)
    coupons: list[str] = field(default_factory=list)
    left_deposit: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    differences: dict[str, tuple[int, int]] = field(default_factory=dict)
    switched: datetime = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
    _keys: count[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        reader = self.play.services.database.reader
        people = (*COLLECTORS, SELLER, ASHA, MOHAN)
        self.callers = {phone: find_caller(reader, phone) for phone in people}
        self._come_later()
        known = self.rows("SELECT reference, id, number, plant_id FROM connection")
        self.houses = {str(row[0]): (int(str(row[1])), str(row[2]), int(str(row[3]))) for row in known}
        with self.play.services.database.begin() as session:
            session.execute(text("UPDATE coupon_scheme SET per_connection = 1000, total = NULL"))
            session.execute(text("UPDATE organisation SET late_fee_paise = 4900, late_fee_cap_paise = 9900"))
            session.execute(
                text("""
                    INSERT INTO payment_link (reference, connection_id, amount_paise, asked_by, state,
                        asked_at, expires_at)
                    SELECT 'link-' || reference, id, :paise, '+919800000001', 'open', :at,
                        CAST(:at AS timestamptz) + interval '7 days'
                    FROM connection WHERE reference = ANY(:houses)
                """),
                {"paise": ONLINE_PAISE, "at": AT, "houses": list(HOUSES)},
            )

    def _come_later(self) -> None:
        """Two houses more, whose accounts are opened after those of their plant; one pays in advance."""
        with self.play.services.database.begin() as session:
            plant = session.execute(text("SELECT id FROM plant WHERE code = 'RAMPUR'")).scalar_one()
            for kind in ("income", "late_fees", "discount", "clearing", "suspense"):
                ledger.account_id(session, kind, plant_id=plant)
            session.execute(
                text("""
                    INSERT INTO connection (reference, number, customer_id, plant_id, package_id,
                        connected_on)
                    SELECT 'N-001', '120499', customer_id, plant_id, package_id, '2026-11-01' FROM connection
                    WHERE reference = 'R-002'
                """)
            )
            session.execute(
                text("""
                    WITH ahead AS (
                        INSERT INTO package (organisation_id, code, name, load_watts, hours, prepaid, metered)
                        SELECT organisation_id, 'AHEAD', 'Ahead', 100, '24', true, false FROM package LIMIT 1
                        RETURNING id
                    ), price AS (
                        INSERT INTO tariff (package_id, valid_from, monthly_paise)
                        SELECT id, '1990-01-01', 30000 FROM ahead
                    )
                    INSERT INTO connection (reference, number, customer_id, plant_id, package_id,
                        connected_on)
                    SELECT 'A-001', '120498', customer_id, plant_id, ahead.id, '2026-11-01'
                    FROM connection CROSS JOIN ahead WHERE reference = 'R-002'
                """)
            )

    def key(self) -> str:
        return f"m/{next(self._keys)}.1"

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.play.services.database.reader.rows(sql, {})]

    def ids(self, sql: str) -> list[int]:
        return [int(str(row[0])) for row in self.rows(sql)]

    def number(self, sql: str) -> int:
        return self.ids(sql)[0]

    def staff(self, phone: str) -> int:
        return self.number(f"SELECT id FROM staff WHERE phone = '{phone}'")

    def by(self, who: Caller | str, do: Callable[[Doing], object], at: datetime = AT) -> Act:
        """An act of somebody in a transaction of its own; a Refusal is given back as its key."""
        caller = self.callers[who] if isinstance(who, str) else who

        def run(key: str) -> object:
            try:
                with self.play.services.database.begin() as session:
                    return do(Doing(session, caller, "sms", key, at, self.play.settings))
            except Refusal as refusal:
                return refusal.text.key
            except REPEATED:
                return "repeated"
            except IntegrityError as error:
                if not isinstance(error.orig, UniqueViolation):
                    raise
                return "repeated"

        return run

    def standing(self) -> list[tuple[object, ...]]:
        """Every balance, and how many payments, receipts, messages and bills there are."""
        return self.rows(
            "SELECT kind, id, balance_paise FROM account WHERE balance_paise <> 0 "
            "UNION ALL SELECT 'payments', 0, count(*) FROM payment "
            "UNION ALL SELECT 'undone', 0, count(*) FROM payment WHERE reversal_id IS NOT NULL "
            "UNION ALL SELECT 'receipts', 0, count(*) FROM receipt "
            "UNION ALL SELECT 'messages', 0, count(*) FROM outbox "
            "UNION ALL SELECT 'bills', 0, count(*) FROM bill WHERE reversed_at IS NULL ORDER BY 1, 2"
        )

    # Cash.

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

    # Deposits.

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

    # Coupons.

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

    # What comes online, and from the bank.

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

    # Schemes, promises, readings and bills.

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


WAYS = (
    "pay", "pay_list", "card", "undo", "deny", "settle", "hand", "got", "close",
    "deposit", "set_off", "give_back", "another_package",
    "make_coupon", "redeem", "unredeem",
    "webhook", "refund", "match", "bank",
    "sell", "pay_off", "cancel", "promise", "read",
    "bill", "bill", "bill_ahead", "switch", "unbill", "late_fee", "waive",
)  # fmt: skip
"""Every way in which money moves, and what decides about how much."""
