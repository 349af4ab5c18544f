"""A year by month adds up, and totals are those of one's own plants."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

from sqlalchemy import text

from core import ledger, receivable, statements
from core.clock import INDIA, today
from tests.play import Play

COLLECTOR = "+919800000002"


def months_ago(count: int) -> date:
    first = today().replace(day=1)
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def bill(play: Play, count: int, rupees: int, *, paid: int = 0, undone: int = 0) -> None:
    """A bill of 120465 so many months ago, with what was paid on it and what was paid and taken back."""
    at = datetime.combine(months_ago(count), datetime.min.time(), INDIA) + timedelta(hours=1)
    with play.services.database.begin() as session:
        connection, plant = session.execute(
            text("SELECT id, plant_id FROM connection WHERE number = '120465'")
        ).one()
        dues = ledger.account_id(session, "dues", connection_id=connection)
        income = ledger.account_id(session, "income", plant_id=plant)

        def post(kind: str, amount: int) -> int:
            moves = [(dues, amount * 100), (income, -amount * 100)]
            source = f"{kind}:{count}:{amount}"
            return ledger.post(session, source=source, kind=kind, plant_id=plant, at=at, moves=moves)

        post("bill", rupees)
        if paid:
            post("payment", -paid)
        if undone:
            ledger.reverse(session, post("payment", -undone), f"undo:{count}", at)


def the_year(play: Play) -> list[statements.Month]:
    reader = play.services.database.reader
    [(connection,)] = reader.rows("SELECT id FROM connection WHERE number = '120465'", {})
    return statements.year_by_month(reader, connection)


def test_every_month_adds_up(play: Play) -> None:
    assert the_year(play) == []
    bill(play, 14, 50)
    bill(play, 3, 100, paid=60, undone=20)
    bill(play, 1, 100, paid=250)
    year = the_year(play)
    assert len(year) == 12
    assert [(one.billed_paise, one.paid_paise, one.balance_paise) for one in year[:5]] == [
        (0, 0, -60_00),
        (100_00, 250_00, -60_00),
        (0, 0, 90_00),
        (100_00, 60_00, 90_00),
        (0, 0, 50_00),
    ]
    for newer, older in itertools.pairwise(year):
        assert older.balance_paise + newer.billed_paise - newer.paid_paise == newer.balance_paise
    assert [one.first for one in year] == [months_ago(count) for count in range(12)]


def test_totals_count_what_stands_in_ones_own_plants(play: Play) -> None:
    for body in ("PAY 120457 300", "PAY 120465 100", "PAY 120481 50", "UNDO"):
        play.text(COLLECTOR, body)
    play.text("+919800000062", "PAY 120457 5")
    reader = play.services.database.reader
    ids: dict[str, int] = dict(reader.rows("SELECT phone, id FROM staff", {}))
    for phone in (COLLECTOR, "+919800000003"):
        [row] = receivable.taken_in(reader, ids[phone])
        assert (row.plant, row.mode, row.today, row.today_paise) == ("Rampur", "cash", 3, 405_00)
        assert (row.month, row.month_paise) == (3, 405_00)
    assert receivable.taken_in(reader, ids["+919800000040"]) == []


def test_yesterday_is_not_today_but_may_be_this_month(play: Play) -> None:
    play.text(COLLECTOR, "PAY 120457 300")
    with play.services.database.begin() as session:
        session.execute(text("UPDATE payment SET paid_at = paid_at - interval '1 day'"))
    reader = play.services.database.reader
    [(staff,)] = reader.rows("SELECT id FROM staff WHERE phone = %(phone)s", {"phone": COLLECTOR})
    rows = receivable.taken_in(reader, staff)
    if today().day == 1:
        assert rows == []
    else:
        assert [(row.today, row.month) for row in rows] == [(0, 1)]


def test_a_talk_shows_several_ways_of_paying_and_their_sum(play: Play) -> None:
    play.text(COLLECTOR, "PAY 120457 300")
    play.text(COLLECTOR, "PAY 120465 100")
    with play.services.database.begin() as session:
        session.execute(text("UPDATE payment SET mode = 'upi' WHERE amount_paise = 10000"))
    play.deliver()
    play.text(COLLECTOR, "TOTALS")
    [(_, said)] = play.deliver()
    assert said.split("\n") == [
        "Rampur:",
        "cash: today 1, Rs 300; this month 1, Rs 300",
        "UPI: today 1, Rs 100; this month 1, Rs 100",
        "all: today 2, Rs 400; this month 2, Rs 400",
    ]
