"""A talk that broke off on USSD goes on elsewhere, at the same step, and ends once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from channels.carrying import REST
from tests.core.test_pins import CHARGE, PIN, open_pin, set_pin
from tests.play import Handset, Play

ASHA, COLLECTOR = "+919800000001", "+919800000002"
MOVED = "This goes on elsewhere"


def faulty(play: Play) -> Handset:
    """Asha has chosen "no light" and is asked for a few words; the next key reports the fault."""
    play.text(ASHA, "LANGUAGE ENGLISH")
    handset = play.dial(ASHA, "3", "2")
    assert "few words" in handset.screen
    play.deliver()
    return handset


def faults(play: Play) -> object:
    return play.scalar("SELECT count(*) FROM request WHERE kind = 'fault'")


@pytest.mark.parametrize("road", ["sms", "whatsapp"])
def test_two_roads_end_at_once_in_one_fault(play: Play, road: str) -> None:
    handset = faulty(play)
    send = play.text if road == "sms" else play.write
    send(ASHA, "1")
    assert "few words" in play.deliver()[-1][1]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda act: act(), [lambda: handset.press("1"), lambda: send(ASHA, "1")]))
    assert faults(play) == 1
    number = str(play.scalar("SELECT number FROM request WHERE kind = 'fault'"))
    # The session that gave the talk away hears what came of it, or that it goes on elsewhere.
    assert number in handset.screen or MOVED in handset.screen
    assert number in play.deliver()[-1][1]


@pytest.mark.parametrize("_again", range(4))
def test_the_old_session_ends_it_while_a_text_takes_it(play: Play, _again: int) -> None:
    handset = faulty(play)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda act: act(), [lambda: handset.press("1"), lambda: play.text(ASHA, "1")]))
    play.text(ASHA, "1")
    play.text(ASHA, "1")
    assert faults(play) == 1


def test_the_gateway_repeats_the_last_step_after_the_talk_went_on(play: Play) -> None:
    handset = faulty(play)
    play.text(ASHA, "1")
    play.text(ASHA, "1")
    handset.press("1")
    handset.send()
    assert faults(play) == 1


def test_a_payment_is_taken_once_over_two_sessions(play: Play) -> None:
    first = play.dial(COLLECTOR, "1", "120457", "300")
    again = play.dial(COLLECTOR)
    assert "Take cash" in again.screen
    again.press("1")
    again.press("1")
    assert again.ended
    first.press("1")
    assert play.scalar("SELECT count(*) FROM payment") == 1
    assert first.screen == again.screen


def test_only_the_session_that_was_asked_takes_a_one_for_a_yes(play: Play) -> None:
    faulty(play)
    suffix = Handset(play, ASHA, "ATUid_suffix", text="1")
    assert "You owe" in suffix.send() or "you owe" in suffix.screen


@pytest.mark.parametrize("answer", ["2", "0", "7"])
def test_anything_but_a_yes_leads_to_the_menu(play: Play, answer: str) -> None:
    faulty(play)
    again = play.dial(ASHA)
    assert "Carry on?" in again.screen
    assert "1 What I owe" in again.press(answer)
    assert "you owe" in again.press("1")
    assert faults(play) == 0


@pytest.mark.parametrize(("answer", "seen"), [("1", "lost the thread"), ("2", "1 What I owe")])
def test_redis_is_lost_between_offer_and_answer(play: Play, answer: str, seen: str) -> None:
    faulty(play)
    again = play.dial(ASHA)
    play.services.redis.flushall()
    assert seen in again.press(answer)
    if not again.ended:
        play.services.redis.flushall()
        assert "you owe" in again.press("1")


def test_redis_is_lost_after_going_on(play: Play) -> None:
    faulty(play)
    again = play.dial(ASHA)
    again.press("1")
    play.services.redis.flushall()
    assert "lost the thread" in again.press("1")
    assert faults(play) == 0


def test_a_talk_with_a_pin_is_not_carried(play: Play) -> None:
    set_pin(play)
    open_pin(play, CHARGE).lose()
    assert [words for phone, words in play.deliver() if phone == CHARGE and "carry on" in words] == []
    again = play.dial(CHARGE)
    assert "Carry on?" not in again.screen
    handset = open_pin(play, CHARGE)
    handset.press(PIN)
    handset.lose()
    assert "Carry on?" not in play.dial(CHARGE).screen


def test_after_a_no_a_pin_is_veiled_at_its_own_place(play: Play) -> None:
    set_pin(play)
    play.dial(CHARGE, "1")
    again = play.dial(CHARGE)
    assert "Carry on?" in again.screen
    again.press("2")
    for words in ("More", "People", "My PIN"):
        lines = [line.partition(" ") for line in again.screen.split("\n")]
        again.press(next(key for key, _, label in lines if label == words))
    again.press("9999")
    stored = play.services.redis.get(f"bl:p:ussd:{CHARGE}")
    assert stored is not None
    assert b"9999" not in stored
    assert "4 to 6 digits" in again.press(PIN)


def test_offered_by_sms_once_in_a_while_and_not_beside_an_open_question(play: Play) -> None:
    faulty(play).lose()
    assert "To carry on send 1" in play.deliver()[-1][1]
    play.dial(ASHA, "2", "3", "2").lose()
    assert play.deliver() == []
    assert REST.total_seconds() == 1800
    play.text(COLLECTOR, "PAY 120457")
    play.deliver()
    play.dial(COLLECTOR, "1").lose()
    assert play.deliver() == []


def test_a_session_that_was_over_or_stood_at_a_menu_is_not_carried(play: Play) -> None:
    play.text(ASHA, "LANGUAGE ENGLISH")
    play.deliver()
    for keys in ((), ("8",), ("1",)):
        play.dial(ASHA, *keys).lose()
        assert play.deliver() == []
        assert "Carry on?" not in play.dial(ASHA).screen


@pytest.mark.parametrize("road", ["sms", "whatsapp", "dial"])
def test_the_old_session_comes_back_with_other_inputs(play: Play, road: str) -> None:
    """Whoever gave a talk away ends it no more, however many inputs each road took to its end."""
    first = play.dial(COLLECTOR, "1", "120457", "300")
    again = play.dial(COLLECTOR) if road == "dial" else None
    for given in ("1", "7", "7", "1"):
        if again:
            again.press(given)
        else:
            (play.text if road == "sms" else play.write)(COLLECTOR, given)
    assert play.scalar("SELECT count(*) FROM payment") == 1
    assert MOVED in first.press("1")
    assert first.ended
    assert play.scalar("SELECT count(*) FROM payment") == 1


def test_the_old_session_was_just_ending_it(play: Play) -> None:
    """The act of the old session, not committed yet when the talk was taken, is found by the heir's."""
    first = play.dial(COLLECTOR, "1", "120457", "300")
    stored = play.services.redis.get(f"bl:p:ussd:{COLLECTOR}")
    assert stored is not None
    first.press("1")
    assert first.ended
    play.services.redis.set(f"bl:p:ussd:{COLLECTOR}", stored)
    for given in ("1", "7", "1"):
        play.text(COLLECTOR, given)
    assert MOVED in [words for phone, words in play.deliver() if phone == COLLECTOR][-1]
    assert play.scalar("SELECT count(*) FROM payment") == 1


def test_after_going_on_further_work_of_the_new_session_is_its_own(play: Play) -> None:
    play.dial(COLLECTOR, "1", "120457", "300")
    again = play.dial(COLLECTOR, "1", "7", "1")
    assert again.ended
    play.dial(COLLECTOR, "1", "120457", "200")
    again = play.dial(COLLECTOR, "1", "00", "1", "120457", "150", "1")
    assert play.scalar("SELECT count(*) FROM payment") == 2
