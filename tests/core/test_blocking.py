"""A lost phone of staff does nothing more, at once and in the middle of a talk, until it is opened again."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from core.audit import prove, seal
from tests.play import Play

COLLECTOR, OTHER, IN_CHARGE, STATE = "+919800000002", "+919800000012", "+919800000003", "+919800000030"
ELSEWHERE, BOTH = "+919800000040", "+919800000062"
CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


def hear(play: Play, phone: str, *lines: str) -> list[tuple[str, str]]:
    """All that is told to anybody after the last of some texts."""
    for line in lines:
        play.deliver()
        play.text(phone, line)
    return play.deliver()


def own(play: Play, phone: str, *lines: str) -> str:
    return " ".join(words for to, words in hear(play, phone, *lines) if to == phone)


def english(play: Play, *phones: str) -> None:
    for phone in phones:
        play.text(phone, "LANGUAGE ENGLISH")
    play.deliver()


def count(play: Play, sql: str) -> int:
    return int(str(play.scalar(sql)))


@pytest.fixture
def play(play: Play) -> Play:
    english(play, COLLECTOR, OTHER, IN_CHARGE, STATE, ELSEWHERE, BOTH)
    return play


def test_once_asked_it_stops_at_once_and_says_what_stays(play: Play) -> None:
    hear(play, "+919800000001", "LANGUAGE ENGLISH", "FAULT 3 dim at night")
    [(request,)] = play.services.database.reader.rows("SELECT number FROM request", {})
    hear(play, COLLECTOR, "PAY 120457 300", f"TAKE {request}")
    question = own(play, IN_CHARGE, "BLOCK T1")
    assert "Ramesh Kumar" in question
    assert count(play, "SELECT count(*) FROM staff WHERE blocked_phone IS NOT NULL") == 0
    told = hear(play, IN_CHARGE, "1")
    answer = next(words for phone, words in told if phone == IN_CHARGE)
    assert "Rs 300" in answer
    assert request in answer
    assert {phone for phone, _ in told} >= {COLLECTOR, STATE}
    assert "blocked" in own(play, COLLECTOR, "PAY 120457 200")
    assert "blocked" in own(play, COLLECTOR, "CASH")
    assert count(play, "SELECT count(*) FROM payment") == 1
    assert "assigned" not in own(play, IN_CHARGE, f"ASSIGN {request} T2")
    assert "Rs 300" in own(play, IN_CHARGE, "BLOCK T1")


def test_a_no_changes_nothing(play: Play) -> None:
    assert "not blocked" in own(play, IN_CHARGE, "BLOCK T1", "2")
    assert "Rs 10" in own(play, COLLECTOR, "PAY 120457 10")


def test_a_talk_that_is_open_ends_too(play: Play) -> None:
    hear(play, COLLECTOR, "PAY 120457")
    hear(play, IN_CHARGE, "BLOCK T1", "1")
    hear(play, COLLECTOR, "300", "1")
    assert count(play, "SELECT count(*) FROM payment") == 0


def test_what_redis_remembers_does_not_let_it_act(play: Play) -> None:
    """Even where nothing is forgotten, the act itself asks who acts."""
    hear(play, COLLECTOR, "PAY 120457")
    with play.services.database.begin() as session:
        session.execute(text("UPDATE staff SET blocked_phone = phone WHERE code = 'T1'"))
    assert "blocked" in own(play, COLLECTOR, "300")
    assert count(play, "SELECT count(*) FROM payment") == 0


def test_a_code_that_is_on_its_way_opens_nothing(play: Play) -> None:
    [(code,)] = [
        CODE.findall(words) for phone, words in hear(play, IN_CHARGE, "UNLOCK T1") if "code for" in words
    ]
    hear(play, STATE, "BLOCK M1", "1")
    hear(play, IN_CHARGE, code)
    assert count(play, "SELECT count(*) FROM audit WHERE action = 'pin.unlock'") == 0


def test_the_way_back_is_proven_and_a_new_pin_is_to_be_set(play: Play) -> None:
    hear(play, IN_CHARGE, "BLOCK T1", "1")
    sent = hear(play, IN_CHARGE, "UNBLOCK T1")
    [code] = [found for _, words in sent if "code for" in words for found in CODE.findall(words)]
    assert "blocked" in own(play, COLLECTOR, "PAY 120457 300")
    told = hear(play, IN_CHARGE, code)
    assert COLLECTOR in {phone for phone, _ in told}
    assert "Rs 300" in own(play, COLLECTOR, "PAY 120457 300")
    assert "not blocked" in own(play, IN_CHARGE, "UNBLOCK T1")
    actions = [row[0] for row in play.services.database.reader.rows(
        "SELECT action FROM audit WHERE action LIKE 'staff.%%' ORDER BY id", {})]  # fmt: skip
    assert actions == ["staff.block", "staff.unblock"]


@pytest.mark.parametrize("who", [COLLECTOR, OTHER, ELSEWHERE])
def test_only_who_is_in_charge_of_the_same_plants(play: Play, who: str) -> None:
    assert "Only a cluster or state in-charge" in own(play, who, "BLOCK T1")


def test_not_oneself_and_nobody_of_elsewhere(play: Play) -> None:
    assert "not a colleague" in own(play, IN_CHARGE, "BLOCK M1")


def test_who_is_a_customer_as_well_stays_one(play: Play) -> None:
    code = str(play.scalar(f"SELECT code FROM staff WHERE phone = '{BOTH}'"))
    hear(play, IN_CHARGE, f"BLOCK {code}", "1")
    assert "blocked" not in own(play, BOTH, "BAL")
    hear(play, BOTH, "PAY 120457 10")
    assert count(play, "SELECT count(*) FROM payment") == 0


def test_the_menu_says_so_too(play: Play) -> None:
    hear(play, IN_CHARGE, "BLOCK T1", "1")
    assert "blocked" in play.dial(COLLECTOR).screen


def test_a_new_number_from_the_spreadsheet_acts_and_the_old_one_does_not(play: Play) -> None:
    hear(play, IN_CHARGE, "BLOCK T1", "1")
    with play.services.database.begin() as session:
        session.execute(text("INSERT INTO phone (e164, language) VALUES ('+919800000099', 'en')"))
        session.execute(text("UPDATE staff SET phone = '+919800000099' WHERE code = 'T1'"))
    play.services.places.forget_all_callers()
    assert "Rs 300" in own(play, "+919800000099", "PAY 120457 300")
    hear(play, COLLECTOR, "PAY 120457 300")
    assert count(play, "SELECT count(*) FROM payment") == 1


def test_the_chain_of_the_audit_holds(play: Play) -> None:
    hear(play, IN_CHARGE, "BLOCK T1", "1")
    database = play.services.database
    assert seal(database) > 0
    assert prove(database).broken_at is None
