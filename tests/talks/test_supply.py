"""Supply as people live it: told, switched off, left alone by the in-charge, paid and lit again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core import clock, flags
from core.flags import Swept
from core.meters.watch import SILENT_AFTER
from tests.play import Play

CUSTOMER, COLLECTOR, IN_CHARGE = "+919800000001", "+919800000002", "+919800000003"
OTHER_IN_CHARGE = "+919800000099"
Sweep = Callable[[datetime], Swept]


def change(play: Play, sql: str) -> None:
    with play.services.database.begin() as session:
        session.execute(text(sql))


def said(play: Play, phone: str, words: str) -> str:
    """What a phone gets back for a text."""
    play.deliver()
    play.text(phone, words)
    return next(told for to, told in play.deliver() if to == phone)


@pytest.fixture
def sweep(play: Play) -> Sweep:
    """Rampur's shops have a limit of Rs 500; Asha Devi, 120457, owes Rs 620.50 and has a smart meter."""
    change(play, "UPDATE package SET credit_limit_paise = 50000 WHERE code = 'SHOP500'")
    change(play, "UPDATE organisation SET features = '{\"auto_switch\": true}'")
    change(play, "UPDATE connection SET meter_driver = NULL, meter_id = NULL WHERE number <> '120457'")
    change(play, "UPDATE bill SET due_on = '2026-01-15'")
    change(play, "UPDATE phone SET language = 'en'")
    change(play, f"INSERT INTO phone (e164, language) VALUES ('{OTHER_IN_CHARGE}', 'en')")

    def run(at: datetime) -> Swept:
        with play.services.database.begin() as session:
            return flags.sweep(
                session,
                at,
                holidays=(),
                service="Bijli Line",
                helpline="1800123456",
                default_language="en",
            )

    return run


def noon(weeks: int) -> datetime:
    """Noon in India on the Monday so many weeks from this one."""
    today = clock.local(clock.now()).replace(hour=12, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 * weeks - today.weekday())


def test_told_switched_off_paid_and_lit_again(play: Play, sweep: Sweep) -> None:
    sweep(noon(-3))
    assert said(play, COLLECTOR, "FLAGS") == (
        "Above the credit limit: 1\n120457 Asha Devi Rs 620.50: notice over"
    )
    sweep(noon(-1))
    assert said(play, COLLECTOR, "FLAGS").endswith("Rs 620.50: switched off")
    assert said(play, COLLECTOR, "METERS").endswith("not heard of yet")
    play.text(COLLECTOR, "PAY 120457 200")
    play.deliver()
    sweep(clock.now())
    told = [words for phone, words in play.deliver() if phone == CUSTOMER]
    assert any(words.startswith("120457: your light is on again.") for words in told)
    assert said(play, COLLECTOR, "FLAGS") == "Nobody in your plants is above the credit limit."


def test_the_in_charge_leaves_one_alone(play: Play, sweep: Sweep) -> None:
    sweep(noon(-3))
    sweep(noon(-1))
    play.deliver()
    assert said(play, IN_CHARGE, "EXCUSE 120457 61").startswith("Please send a number of days from 1 to 60.")
    assert said(play, IN_CHARGE, "7") == "Leave 120457 Asha Devi alone for 7 days?\n1 Yes\n2 No"
    assert said(play, IN_CHARGE, "1").startswith("120457 is left alone until ")
    switches = "SELECT string_agg(action, ' ' ORDER BY id) FROM meter_command"
    assert play.scalar(switches) == "switch_off switch_on"
    assert play.scalar("SELECT status FROM connection WHERE number = '120457'") == "active"
    assert "left alone until" in said(play, COLLECTOR, "FLAGS")
    assert play.scalar("SELECT count(*) FROM audit WHERE action = 'flag.excuse'") == 1


def test_an_excuse_is_for_ones_own_plants_and_checked_in_the_act(play: Play, sweep: Sweep) -> None:
    sweep(noon(-3))
    change(
        play,
        "WITH made AS (INSERT INTO staff (code, name, phone, role) "
        f"VALUES ('M9', 'Elsewhere', '{OTHER_IN_CHARGE}', 'cluster_in_charge') RETURNING id) "
        "INSERT INTO staff_scope (staff_id, plant_id) "
        "SELECT made.id, plant.id FROM made, plant WHERE plant.code = 'PALASI'",
    )
    assert "is not above the credit limit in your plants" in said(play, OTHER_IN_CHARGE, "EXCUSE 120457 7")
    # The scope is lost between question and yes.
    handset = play.dial(IN_CHARGE, "7", "3", "8", "120457", "7")
    change(play, "DELETE FROM staff_scope WHERE staff_id = (SELECT id FROM staff WHERE code = 'M1')")
    assert "is not above the credit limit in your plants" in handset.press("1")
    assert play.scalar("SELECT state FROM connection_flag") == "flagged"


def test_silent_meters_come_first_and_the_longest_silent_at_the_top(play: Play, sweep: Sweep) -> None:
    change(
        play,
        "UPDATE connection SET meter_driver = 'simulated', meter_id = number "
        "WHERE number IN ('120465', '120473', '120481')",
    )
    change(
        play,
        "INSERT INTO meter_state (connection_id, seen_at, wh, is_on) "
        "SELECT id, now() - make_interval(hours => hours), 1234567, is_on FROM connection JOIN (VALUES "
        f"('120457', 0, true), ('120465', {SILENT_AFTER // timedelta(hours=1) + 1}, true), "
        "('120473', 48, true)) AS seen (number, hours, is_on) USING (number)",
    )
    lines = said(play, COLLECTOR, "METERS").splitlines()
    assert lines[0] == "Smart meters: 4, silent: 3"
    assert [line[:6] for line in lines[1:]] == ["120481", "120473", "120465", "120457"]
    assert lines[-1] == "120457 Asha Devi: 1234.6 kWh, on"
