"""Three months of the demo's past, through the ledger: bills, a late fee, cash, water, hand-overs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core import clock, ledger
from core.tables import Audit, Bill, BillingRun, BillLateFee, Payment, Receipt, ReceiptCounter
from ops.demo_past import LATE, Billed, Fined, House, Paid, fine, moment
from ops.demo_water import write_water

STORY = (((12, 160),), (), ((9, 200),))
"""What 120457 paid after each of the three bills: days later and rupees. She owes the rest."""


@dataclass(frozen=True)
class History:
    """kWh per connection and month (one more month than `months`), and the prices in rupees."""

    usage: dict[str, list[int]]
    months: list[date]
    monthly: dict[str, int]
    unit_price: dict[str, int]


def write_history(session: Session, history: History, chance: random.Random) -> None:
    """Post everything, oldest first as it happened, and note that the demo is filled."""
    houses = _houses(session)
    now = clock.now()
    paid: list[Paid] = []
    billed: list[Billed] = []
    fined: list[Fined] = []
    for house in houses:
        for place, month in enumerate(history.months):
            after = (month + timedelta(days=31)).replace(day=1)
            bill = Billed(house, after, after if house.prepaid else month, _price(history, house, place))
            billed.append(bill)
            given = _payments(house, place, bill.issued_on, bill.rupees, chance)
            paid += given
            if (house.number, place) == LATE:
                fined += fine(bill, given)
    past = [one for one in paid if one.at < now]
    moves: list[Billed | Paid | Fined] = [*billed, *past, *fined]
    happened = sorted(moves, key=lambda one: (one.at, one.house.id))
    entries = [(one, _post(session, one, place)) for place, one in enumerate(happened)]
    runs = {one.bill: _run(session, one.bill) for one in fined}
    session.execute(
        insert(Bill),
        [_bill(one, entry, runs.get(one)) for one, entry in entries if isinstance(one, Billed)],
    )
    for one, entry in entries:
        if isinstance(one, Fined):
            _note_fee(session, one, entry, runs[one.bill])
    _give_receipts(session, [(one, entry) for one, entry in entries if isinstance(one, Paid)])
    write_water(session, now)
    _hand_in(session, houses, now)
    session.add(Audit(at=now, channel="demo", action="fill", object="demo:history", details={}))


def _houses(session: Session) -> list[House]:
    rows = session.execute(
        text("""
            SELECT connection.id, connection.reference, connection.number, package.code AS package,
                package.prepaid, connection.plant_id, plant.number AS plant_number,
                collector.id AS collector_id
            FROM connection JOIN package ON package.id = connection.package_id
            JOIN plant ON plant.id = connection.plant_id JOIN staff_scope ON staff_scope.plant_id = plant.id
            JOIN staff AS collector ON collector.id = staff_scope.staff_id AND collector.role = 'technician'
            ORDER BY connection.id
        """)
    ).all()
    houses = []
    for row in rows:
        dues = ledger.account_id(session, "dues", connection_id=row.id)
        cash = ledger.account_id(session, "cash", staff_id=row.collector_id)
        income = ledger.account_id(session, "income", plant_id=row.plant_id)
        houses.append(House(**row._mapping, dues=dues, cash=cash, income=income))
    return houses


def _price(history: History, house: House, place: int) -> int:
    used = history.usage[house.reference][place + 1]
    return history.monthly[house.package] + history.unit_price.get(house.package, 0) * used


def _post(session: Session, one: Billed | Paid | Fined, place: int) -> int:
    """Move the money of a bill, a fee or a payment; gives the entry."""
    house = one.house
    paise = one.paise if isinstance(one, Fined) else one.rupees * 100
    if isinstance(one, Fined):
        source, kind = f"latefee:demo:{place}", "late_fee"
        moves = [
            (house.dues, paise),
            (ledger.account_id(session, "late_fees", plant_id=house.plant_id), -paise),
        ]
    elif isinstance(one, Billed):
        source, kind = f"bill:{house.id}:{one.period_from.isoformat()}", "bill"
        moves = [(house.dues, paise), (house.income, -paise)]
    else:
        source, kind = f"past:demo:{place}", "payment"
        moves = [(house.cash, paise), (house.dues, -paise)]
    return ledger.post(session, source=source, kind=kind, plant_id=house.plant_id, at=one.at, moves=moves)


def _bill(one: Billed, entry_id: int, run_id: int | None) -> dict[str, Any]:
    return {
        "connection_id": one.house.id,
        "period_from": one.period_from,
        "period_to": one.period_to,
        "issued_on": one.issued_on,
        "due_on": one.due_on,
        "amount_paise": one.rupees * 100,
        "entry_id": entry_id,
        "run_id": run_id,
    }


def _run(session: Session, bill: Billed) -> int:
    """The run of a bill that was charged a fee, which needs one; the demo's other bills have none."""
    made = insert(BillingRun).values(
        plant_id=bill.house.plant_id,
        period_from=bill.period_from,
        period_to=bill.period_to,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        state="posted",
        started_at=bill.at,
        finished_at=bill.at,
    )
    return int(session.execute(made.returning(BillingRun.id)).scalar_one())


def _note_fee(session: Session, one: Fined, entry_id: int, run_id: int) -> None:
    """The fee beside its bill: announced five days before its last day."""
    bill_id = session.execute(text("SELECT id FROM bill WHERE run_id = :run"), {"run": run_id}).scalar_one()
    session.add(
        BillLateFee(
            bill_id=bill_id,
            connection_id=one.house.id,
            run_id=run_id,
            paise=one.paise,
            falls_on=one.falls_on,
            notices=[],
            noticed_at=one.at - timedelta(days=6),
            closed_at=one.at,
            entry_id=entry_id,
        )
    )


def _payments(house: House, place: int, issued: date, rupees: int, chance: random.Random) -> list[Paid]:
    """Most people pay in full within three weeks, some a part, some nothing."""
    if house.number == "120457":
        told = STORY[place]
        return [Paid(moment(issued + timedelta(days=days), time(10, 30)), house, part) for days, part in told]
    day = issued + timedelta(days=chance.randint(1, 21))
    at = moment(day, time(chance.randint(7, 18), chance.randint(0, 59)))
    luck = chance.random()
    if luck < 0.12 and not house.prepaid:
        return []
    if luck < 0.3 and not house.prepaid:
        return [Paid(at, house, max(10, rupees // 20 * 10))]
    return [Paid(at, house, rupees)]


def _give_receipts(session: Session, paid: list[tuple[Paid, int]]) -> None:
    """Write the payments with their entries, in the order they happened, and number their receipts."""
    payments = [
        {
            "connection_id": one.house.id,
            "amount_paise": one.rupees * 100,
            "mode": "cash",
            "staff_id": one.house.collector_id,
            "paid_at": one.at,
            "entry_id": entry_id,
        }
        for one, entry_id in paid
    ]
    in_order = insert(Payment).returning(Payment.id, sort_by_parameter_order=True)
    ids = session.execute(in_order, payments).scalars()
    last: dict[tuple[int, int], int] = {}
    receipts = []
    for payment_id, (one, _) in zip(ids, paid, strict=True):
        year = clock.financial_year(clock.local(one.at).date())
        serial = last[one.house.plant_id, year] = last.get((one.house.plant_id, year), 0) + 1
        receipts.append(
            {
                "payment_id": payment_id,
                "plant_id": one.house.plant_id,
                "year": year,
                "serial": serial,
                "number": f"{one.house.plant_number}{year % 100:02d}{serial:05d}",
            }
        )
    session.execute(insert(Receipt), receipts)
    counters = [{"plant_id": plant, "year": year, "last": serial} for (plant, year), serial in last.items()]
    session.execute(insert(ReceiptCounter), counters)


def _hand_in(session: Session, houses: list[House], now: datetime) -> None:
    """Each collector has handed all but the last days' cash to the operator's office."""
    office = session.execute(text("SELECT min(id) FROM staff WHERE role = 'operator'")).scalar_one()
    office_cash = ledger.account_id(session, "cash", staff_id=office)
    until = now - timedelta(days=7)
    held = text("""
        SELECT coalesce(sum(posting.amount_paise), 0) FROM posting JOIN entry ON entry.id = posting.entry_id
        WHERE posting.account_id = :account AND entry.at < :until
    """)
    for plant_id, collector_id, cash in sorted({(h.plant_id, h.collector_id, h.cash) for h in houses}):
        paise = int(session.execute(held, {"account": cash, "until": until}).scalar_one())
        if paise > 0:
            ledger.post(
                session,
                source=f"handover:demo:{collector_id}",
                kind="handover",
                plant_id=plant_id,
                at=until,
                moves=[(cash, -paise), (office_cash, paise)],
            )
