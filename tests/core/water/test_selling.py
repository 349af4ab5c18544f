"""Water that is sold: cash in hand, once, by whom and for how long, and odd figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from core import clock, collecting, handing, receivable
from core.water import selling, units
from core.water.selling import Usual
from core.water.units import Shown
from tests.core.water.well import ASHA, IN_CHARGE, RAMESH, SURESH, Well
from tests.together import at_once


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
