"""Water on a real database: money that is cash in hand, counters that never fall, months that add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import partial
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from core import clock, collecting, handing, receivable
from core.db import Reader
from core.doing import Doing
from core.errors import Refusal
from core.ledger import AlreadyPosted
from core.people import find_caller
from core.water import months, selling, units
from core.water.selling import Usual
from core.water.units import Shown
from tests.play import Play
from tests.together import at_once

RAMESH, SURESH, IN_CHARGE, ASHA = "+919800000002", "+919800000012", "+919800000003", "+919800000001"
_keys = count(1)


@dataclass
class Well:
    """The small world's water, with acts under keys of one's choice."""

    play: Play

    @property
    def reader(self) -> Reader:
        return self.play.services.database.reader

    def plant(self, code: str = "RAMPUR") -> int:
        return int(str(self.rows(f"SELECT id FROM plant WHERE code = '{code}'")[0][0]))

    def staff(self, phone: str) -> int:
        return int(str(self.rows(f"SELECT id FROM staff WHERE phone = '{phone}'")[0][0]))

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.reader.rows(sql, {})]

    def act(
        self, phone: str, do: Callable[[Doing], object], key: str | None = None, at: datetime | None = None
    ) -> object:
        """One act in one transaction; a Refusal is given back as its key."""
        caller = find_caller(self.reader, phone)
        try:
            with self.play.services.database.begin() as session:
                made = Doing(
                    session, caller, "sms", key or f"w/{next(_keys)}.1", at or clock.now(), self.play.settings
                )
                return do(made)
        except Refusal as refusal:
            return refusal.text.key
        except AlreadyPosted:
            return "repeated"

    def shown(self, *days: tuple[date, int, int | None]) -> None:
        """What the counters of Rampur showed on some days, litres and Wh; the counters never began anew."""
        with self.play.services.database.begin() as session:
            session.execute(
                text(
                    "INSERT INTO water_reading (source, plant_id, taken_on, litres, wh) "
                    "SELECT 'test:' || CAST(:day AS date), id, :day, :litres, :wh FROM plant "
                    "WHERE code = 'RAMPUR'"
                ),
                [{"day": day, "litres": litres, "wh": wh} for day, litres, wh in days],
            )

    def sold(self, day: date, litres: int, paise: int) -> None:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=clock.INDIA)
        self.act(RAMESH, lambda doing: selling.sell(doing, self.plant(), litres, paise), at=at)

    def say(self, phone: str, words: str) -> str:
        """Text something; gives what comes back to that phone."""
        self.play.text(phone, words)
        return "\n".join(said for to, said in self.play.deliver() if to == phone)


@pytest.fixture
def well(play: Play) -> Well:
    return Well(play)


def test_water_is_cash_in_hand_and_moves_once(well: Well) -> None:
    plant = well.plant()

    def sell() -> object:
        return well.act(RAMESH, lambda doing: selling.sell(doing, plant, 400, 800_00), key="w/x.1")

    assert "repeated" in at_once(sell, sell)
    assert sell() == "repeated"
    assert handing.held(well.reader, well.staff(RAMESH)) == 800_00
    assert well.rows(
        "SELECT kind, balance_paise FROM account WHERE kind IN ('cash', 'water') ORDER BY 1"
    ) == [
        ("cash", 800_00),
        ("water", -800_00),
    ]
    assert well.rows("SELECT count(*) FROM water_sale") == [(1,)]
    cash = collecting.cash_in_hand(well.reader, well.staff(RAMESH))
    assert (cash.held_paise, cash.payments, cash.today_paise, cash.water_litres, cash.water_paise) == (
        800_00, 0, 0, 400, 800_00,
    )  # fmt: skip
    [taken] = receivable.taken_in(well.reader, well.staff(IN_CHARGE))
    assert (taken.mode, taken.today, taken.today_paise, taken.month_paise) == ("water", 1, 800_00, 800_00)


def test_it_goes_on_by_hand_over_and_into_the_close_of_the_day(well: Well) -> None:
    assert "Cash in hand Rs 800" in well.say(RAMESH, "WATER 400 800")
    well.say(RAMESH, f"HAND {SURESH} 500")
    well.say(SURESH, "GOT")
    well.play.text(SURESH, "1")
    code = next(said for to, said in well.play.deliver() if to == SURESH and said[:6].isdigit())
    well.play.text(SURESH, code[:6])
    assert handing.held(well.reader, well.staff(SURESH)) == 500_00
    assert "Rs 50 missing" in well.say(RAMESH, "CLOSE 250")
    well.say(RAMESH, "gave wrong change")
    assert "Day closed with Rs 250" in well.say(RAMESH, "1")
    assert well.rows("SELECT sum(amount_paise) FROM posting") == [(0,)]


def test_whoever_holds_far_too_much_hands_over_first(well: Well) -> None:
    with well.play.services.database.begin() as session:
        session.execute(
            text("UPDATE staff SET float_limit_paise = 30000 WHERE phone = :who"), {"who": RAMESH}
        )
    told = well.say(RAMESH, "WATER 400 800")
    assert "Please hand over soon" in told
    assert well.rows("SELECT recipient FROM outbox WHERE source LIKE 'float:%%'") == [(IN_CHARGE,)]
    assert "Please hand cash over first" in well.say(RAMESH, "WATER 10 20")
    assert "10 l of water for Rs 0" in well.say(RAMESH, "WATER 10 0") + well.say(RAMESH, "1")
    assert handing.held(well.reader, well.staff(RAMESH)) == 800_00


def test_undo_takes_the_newest_back_by_whom_and_for_as_long_as_a_payment(well: Well) -> None:
    well.say(RAMESH, "WATER 400 800")
    [(sale,)] = well.rows("SELECT id FROM water_sale")
    undo = lambda doing: selling.undo(doing, int(str(sale)))  # noqa: E731
    assert well.act(SURESH, undo) == "undo.nothing"
    assert well.act(RAMESH, undo, at=clock.now() + timedelta(minutes=11)) == "water.too_late"
    assert well.act(ASHA, undo) == "undo.nothing"
    well.say(RAMESH, "PAY 120457 300")
    assert "Asha Devi" in well.say(RAMESH, "UNDO")
    both = at_once(*(lambda: well.act(RAMESH, undo),) * 2)
    assert "undo.nothing" in both
    assert well.rows("SELECT count(*) FROM entry WHERE reverses_id IS NOT NULL") == [(2,)]
    assert handing.held(well.reader, well.staff(RAMESH)) == 0
    assert "You took no payment" in well.say(RAMESH, "UNDO")
    well.say(RAMESH, "WATER 100 0")
    well.say(RAMESH, "1")
    assert "Taken back: 100 l" in well.say(RAMESH, "UNDO")
    assert well.rows("SELECT count(*) FROM water_sale WHERE undone_at IS NULL") == [(0,)]


def test_only_whoever_works_at_a_plant_notes_water_there(well: Well) -> None:
    kasba = well.plant("KASBA")
    shown = Shown(kasba, None, 100, 0, None, 0)
    assert well.act(RAMESH, lambda doing: selling.sell(doing, kasba, 4, 8_00)) == "water.not_yours"
    assert well.act(RAMESH, lambda doing: units.note(doing, shown)) == "water.not_yours"
    assert well.act(ASHA, lambda doing: selling.sell(doing, kasba, 4, 8_00)) == "pay.staff_only"
    assert (
        well.act(RAMESH, lambda doing: selling.sell(doing, well.plant(), 9, 2_00_000_00)) == "pay.too_large"
    )
    with well.play.services.database.begin() as session:
        session.execute(text("UPDATE staff SET listed = false WHERE phone = :who"), {"who": IN_CHARGE})
    assert well.rows("SELECT count(*) FROM water_sale") == [(0,)]


@pytest.mark.parametrize("named", ["KASBA 400 800", "400 800 kasba", "400 लीटर 800 कसबा", "400l Kasba Rs800"])
def test_a_line_names_a_plant_by_code_or_name_wherever_it_stands(well: Well, named: str) -> None:
    assert "Kasba: 400 l of water for Rs 800" in well.say(IN_CHARGE, f"WATER {named}")


def test_a_plant_that_is_not_theirs_is_asked_for_again_and_the_figures_stay(well: Well) -> None:
    assert "New Kasba is no plant of yours" in well.say(IN_CHARGE, "WATER 400 800 New Kasba")
    assert "12 is no plant of yours" in well.say(IN_CHARGE, "12")
    assert "Cash in hand Rs 0" in well.say(IN_CHARGE, "CASH"), (
        "a whole line of another command is meant as one"
    )
    well.say(IN_CHARGE, "WATER 400 800 nowhere")
    assert "Rampur: 400 l of water for Rs 800" in well.say(IN_CHARGE, "rampur")


@pytest.mark.parametrize(
    ("litres", "rupees", "lately", "why"),
    [
        (400, 800, (1000, 2000), None),
        (400, 1600, (1000, 2000), None),
        (400, 1601, (1000, 2000), "price"),
        (400, 400, (1000, 2000), None),
        (400, 399, (1000, 2000), "price"),
        (800, 400, (1000, 2000), "price"),
        (5001, 10002, (1000, 2000), "much"),
        (0, 10, (1000, 2000), "none"),
        (10, 0, (1000, 2000), "free"),
        (400, 800, (0, 0), None),
        (400, 39, (0, 0), "odd"),
        (400, 8001, (0, 0), "odd"),
    ],
)
def test_odd_figures_are_asked_about(
    litres: int, rupees: int, lately: tuple[int, int], why: str | None
) -> None:
    assert Usual(lately[0], lately[1] * 100).unlikely(litres, rupees * 100) == why


def test_counters_are_read_once_a_day_and_say_what_was_made_since(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=4), 10_000, 300_000), (day - timedelta(days=2), 11_000, None))
    said = well.say(RAMESH, "WATERMETER 13,000 l 330.5 kWh")
    assert f"Since {day - timedelta(days=2):%d/%m/%Y}: 2,000 l made" in said
    assert f"Since {day - timedelta(days=4):%d/%m/%Y}: 30.5 kWh used" in said
    assert "is noted for today already" in well.say(RAMESH, "WATERMETER 13000 330.5")
    assert "1,500 l made" in well.say(RAMESH, "WATERMETER 12500")
    standing = "SELECT litres, wh FROM water_reading WHERE ended_at IS NULL ORDER BY taken_on DESC LIMIT 1"
    assert well.rows(standing) == [(12_500, 330_500)], "the kWh that were read today stand"
    assert well.rows("SELECT litres, why FROM water_reading WHERE why IS NOT NULL") == [(13_000, "corrected")]


def test_a_counter_never_goes_back_without_a_word_on_why(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=9), 9_000, 100_000), (day - timedelta(days=1), 9_990, 150_000))
    asked = well.say(RAMESH, "WATERMETER 20 155")
    assert "20 l is less than the 9,990" in asked
    assert "4 I typed it wrong" in asked
    assert "Not noted" in well.say(RAMESH, "4")
    newest = (
        "SELECT litres, before_litres, wh FROM water_reading WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
    )
    for answer, made, began in (("2", 30, 10_000), ("1", 20, 9_990)):
        well.say(RAMESH, "WATERMETER 20 155")
        assert f"{made} l made" in well.say(RAMESH, answer)
        assert well.rows(newest) == [(began + 20, began, 155_000)]
    well.say(RAMESH, "WATERMETER 9500 1")
    assert "1 kWh is less than the 100" in well.say(RAMESH, "3")
    assert "9901 kWh used" in well.say(RAMESH, "2")


def test_the_last_reading_may_have_been_the_wrong_one(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=9), 9_000, 100_000), (day - timedelta(days=1), 99_900, 150_000))
    assert "9,990 l is less than the 99,900" in well.say(RAMESH, "WATERMETER 9990 155")
    assert "990 l made" in well.say(RAMESH, "3")
    assert well.rows("SELECT litres, why FROM water_reading WHERE ended_at IS NOT NULL") == [
        (99_900, "wrong")
    ]
    assert well.rows(
        "SELECT litres, wh FROM water_reading WHERE ended_at IS NULL ORDER BY taken_on"
    ) == [(9_000, 100_000), (9_990, 155_000)]  # fmt: skip


def test_too_much_at_once_is_asked_about(well: Well) -> None:
    day = clock.today()
    well.shown((day - timedelta(days=9), 9_000, 100_000), (day - timedelta(days=1), 17_000, 150_000))
    assert "1,03,000 l since" in well.say(RAMESH, "WATERMETER 120000")
    assert "Not noted" in well.say(RAMESH, "2")
    assert "1350 kWh since" in well.say(RAMESH, "WATERMETER 18000 1500")
    assert "1,000 l made" in well.say(RAMESH, "1")


def test_two_who_read_at_once_leave_one_reading(well: Well) -> None:
    plant = well.plant()
    done = at_once(
        *(
            lambda who=who, litres=litres: well.act(
                who, lambda doing: units.note(doing, Shown(plant, None, litres, 0, None, 0))
            )
            for who, litres in ((RAMESH, 100), (SURESH, 120))
        )
    )
    assert done == [True, True]
    assert well.rows("SELECT count(*) FROM water_reading WHERE ended_at IS NULL") == [(1,)]
    well.shown((clock.today() - timedelta(days=3), 50, None))
    moved = well.act(RAMESH, lambda doing: units.note(doing, Shown(plant, None, 130, 0, None, 0)))
    assert moved == "watermeter.moved"


def test_a_month_beside_the_one_before(well: Well) -> None:
    well.shown(
        (date(2026, 9, 30), 1_000, 10_000),
        (date(2026, 10, 20), 3_000, None),
        (date(2026, 11, 9), 7_000, 50_000),
        (date(2026, 11, 19), 8_000, 60_000),
    )
    for day, litres, paise in (
        (date(2026, 10, 10), 3_900, 7_800_00),
        (date(2026, 11, 5), 2_500, 5_000_00),
        (date(2026, 11, 20), 300, 600_00),
    ):
        well.sold(day, litres, paise)
    [rampur] = months.months(well.reader, well.staff(IN_CHARGE), date(2026, 11, 1))
    before, month = rampur.before, rampur.month
    # 20 October to 9 November made 4,000 l: 11 days of it in October, 9 in November.
    assert (before.made, month.made) == (2_000 + 2_200, 1_800 + 1_000)
    assert (before.read_on, month.read_on) == (date(2026, 10, 31), date(2026, 11, 19))
    assert (month.sold, month.paise, month.price) == (2_800, 5_600_00, 2_00)
    assert month.lost == 1 - Fraction(2_500, 2_800), "the 20th is not compared: nobody has read so far"
    # 40 kWh in 40 days, for 6,000 l; then 10 kWh for 1,000.
    assert (before.wh, month.wh) == (31_000, 9_000 + 10_000)
    assert month.wh_per_kilolitre == round(Fraction(1000 * 19_000, 6_000 * 9 // 40 + 1_000))
    said = well.say(IN_CHARGE, "WATERS RAMPUR 2026-11")
    assert "Made 2,800 l, read till 19/11/2026 (4,200)" in said
    assert "Lost 10.7 % (7.1 %)" in said
    assert "19 kWh (31); per 1,000 l 8.1 (6.7)" in said
    later = months.months(well.reader, well.staff(IN_CHARGE), date(2026, 12, 1))
    assert [one.month.made for one in later] == [None]
    assert "Made: not read yet (2,800)" in well.say(IN_CHARGE, "WATERS 2026-12")
    assert not months.months(well.reader, well.staff(IN_CHARGE), date(2027, 1, 1))
    assert not months.months(well.reader, well.staff(IN_CHARGE), date(2026, 11, 1), "KASBA")


def test_more_sold_than_made_is_said_as_such(well: Well) -> None:
    well.shown((date(2026, 10, 31), 0, None), (date(2026, 11, 10), 1_000, None))
    well.sold(date(2026, 11, 5), 1_250, 2_500_00)
    assert "Lost none, 25 % more sold than made (-)" in well.say(RAMESH, "WATERS 2026-11")


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 900), st.none() | st.integers(0, 90_000)),
        min_size=2,
        max_size=12,
    )
)
def test_months_add_up_to_what_the_counters_showed(
    well: Well, steps: list[tuple[int, int, int | None]]
) -> None:
    with well.play.services.database.begin() as session:
        session.execute(text("DELETE FROM water_reading"))
    day, litres, wh, rows = date(2025, 1, 1), 0, 0, []
    for days, made, used in steps:
        day, litres, wh = day + timedelta(days=days), litres + made, wh + (used or 0)
        rows.append((day, litres, None if used is None else wh))
    well.shown(*rows)
    firsts, first = [], rows[0][0].replace(day=1)
    while first <= rows[-1][0]:
        firsts.append(first)
        first = (first + timedelta(days=31)).replace(day=1)
    found = [
        one.month
        for first in firsts
        for one in months.months(well.reader, well.staff(RAMESH), first)
    ]  # fmt: skip
    # A month is rounded to the litre.
    assert abs(sum(one.made or 0 for one in found) - (rows[-1][1] - rows[0][1])) <= len(found)
    powered = [(day, wh) for day, _, wh in rows if wh is not None]
    used = sum(after[1] - before[1] for before, after in pairwise(powered))
    assert abs(sum(one.wh or 0 for one in found) - used) <= len(found)


def test_what_was_sold_earlier_counts_for_its_day_and_its_cash_from_now_on(well: Well) -> None:
    well.play.text(RAMESH, "LANGUAGE ENGLISH")
    before = clock.today() - timedelta(days=2)
    line = f"WATER 400 800 {before:%d/%m}"
    assert f"{before:%d/%m/%Y}" in well.say(RAMESH, line)
    assert "That day 400 l" in well.say(RAMESH, "1")
    [(sold_on, at)] = well.rows("SELECT sold_on, sold_at FROM water_sale")
    assert sold_on == before
    assert isinstance(at, datetime)
    assert clock.local(at).date() > before
    assert handing.held(well.reader, well.staff(RAMESH)) == 800_00
    assert "Taken back" in well.say(RAMESH, "UNDO") + well.say(RAMESH, "1")
    assert well.rows("SELECT count(*) FROM water_sale WHERE undone_at IS NULL") == [(0,)]


def test_a_day_that_can_not_be_is_asked_for_again_and_nothing_is_lost(well: Well) -> None:
    well.play.text(RAMESH, "LANGUAGE ENGLISH")
    long_ago = clock.today() - timedelta(days=20)
    assert "Which day" in well.say(RAMESH, f"WATER 400 800 {long_ago:%d/%m/%Y}")
    assert "Which day" in well.say(RAMESH, "31/02")
    assert "like 19/11" in well.say(RAMESH, "last week")
    yesterday = clock.today() - timedelta(days=1)
    well.say(RAMESH, "yesterday")
    well.say(RAMESH, "1")
    [(sold_on, litres, paise)] = well.rows("SELECT sold_on, litres, amount_paise FROM water_sale")
    assert sold_on in (yesterday, yesterday + timedelta(days=1))  # a midnight may come between
    assert (litres, paise) == (400, 800_00)


@pytest.mark.parametrize(
    ("today", "said", "meant"),
    [
        (date(2027, 1, 3), selling.Sold(29, 12), date(2026, 12, 29)),
        (date(2028, 3, 2), selling.Sold(29, 2), date(2028, 2, 29)),
        (date(2027, 3, 2), selling.Sold(29, 2), None),
        (date(2026, 11, 20), selling.Sold(20, 11), date(2026, 11, 20)),
        (date(2026, 11, 20), selling.Sold(21, 11), None),
        (date(2026, 11, 20), selling.Sold(12, 11), None),
        (date(2026, 11, 20), selling.Sold(13, 11, 2026), date(2026, 11, 13)),
        (date(2026, 11, 20), selling.Sold(13, 11, 2025), None),
        (date(2027, 1, 1), None, date(2026, 12, 31)),
    ],
)
def test_the_day_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, today: date, said: selling.Sold | None, meant: date | None
) -> None:
    monkeypatch.setattr(selling, "today", lambda: today)
    assert selling.day_of(said) == meant


def test_nothing_is_noted_for_a_day_to_come_or_long_ago(well: Well) -> None:
    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=30)):
        sell = partial(selling.sell, plant_id=well.plant(), litres=400, paise=800_00, on=day)
        assert well.act(RAMESH, sell) == "water.not_then"
