"""The staff's PIN: asked on USSD and WhatsApp instead of a code, kept nowhere, locked and opened again."""

from __future__ import annotations

import re

import msgspec

from tests.play import Handset, Play

CHARGE, STATE, ASHA = "+919800000003", "+919800000030", "+919800000001"
PIN = "4711"


def set_pin(play: Play, phone: str = CHARGE) -> Handset:
    """Dial, choose My PIN, prove by the code that comes by SMS, and type the PIN twice."""
    handset = open_pin(play, phone)
    handset.press(code_for(play, phone))
    handset.press(PIN)
    handset.press(PIN)
    return handset


def open_pin(play: Play, phone: str) -> Handset:
    handset = play.dial(phone)
    for words in ("More", "People", "My PIN"):
        handset.press(key_of(handset, words))
    return handset


def key_of(handset: Handset, words: str) -> str:
    """The key beside some words, on this page or a later one."""
    for _ in range(9):
        for line in handset.screen.split("\n"):
            key, _, label = line.partition(" ")
            if label == words:
                return key
        handset.press("98")
    raise AssertionError(f"{words} is not on {handset.screen}")


def code_for(play: Play, phone: str) -> str:
    told = " ".join(words for to, words in play.deliver() if to == phone)
    codes: list[str] = re.findall(r"\b\d{6}\b", told)
    return codes[-1]


def kept(play: Play) -> bytes:
    """All that Redis and Postgres keep of places and texts."""
    redis = play.services.redis
    places = repr([redis.get(key) for key in redis.keys("bl:p:*")]).encode()
    rows = play.services.database.reader.rows("SELECT body FROM inbound", {})
    results = play.services.database.reader.rows("SELECT result::text FROM handled", {})
    return places + msgspec.json.encode([rows, results])


def test_set_by_code_and_typed_twice(play: Play) -> None:
    handset = set_pin(play)
    assert handset.ended
    assert "new PIN" in handset.screen
    assert play.scalar("SELECT digest LIKE '$argon2id$%%' FROM staff_pin") is True
    assert PIN.encode() not in kept(play)


def test_easy_ones_and_two_that_differ_are_asked_again(play: Play) -> None:
    handset = open_pin(play, CHARGE)
    handset.press(code_for(play, CHARGE))
    assert "easy to guess" in handset.press("1234")
    assert "easy to guess" in handset.press("७७७७")
    handset.press("2580")
    assert "not the same" in handset.press("2581")
    handset.press("2580")
    assert "holds" in handset.press("२५८०")


def test_a_pin_never_goes_by_sms(play: Play) -> None:
    play.text(CHARGE, "PIN")
    assert "never goes by SMS" in play.deliver()[-1][1]


def test_asked_on_ussd_with_the_act_and_in_no_store(play: Play) -> None:
    set_pin(play)
    handset = open_pin(play, CHARGE)
    assert "Your PIN for" in handset.screen
    assert "not your PIN" in handset.press("9999")
    assert b"9999" not in kept(play)
    assert "4 to 6 digits" in handset.press(PIN)
    assert PIN.encode() not in kept(play)


def test_a_repeat_of_the_step_with_the_pin_is_the_same_page(play: Play) -> None:
    set_pin(play)
    handset = open_pin(play, CHARGE)
    first = handset.press("9999")
    assert handset.send() == first
    assert play.scalar("SELECT failures FROM staff_pin") == 1


def test_rebuilt_after_redis_is_lost_and_tried_once(play: Play) -> None:
    set_pin(play)
    handset = open_pin(play, CHARGE)
    handset.press("9999")
    play.services.redis.flushall()
    assert "4 to 6 digits" in handset.press(PIN)
    assert play.scalar("SELECT failures FROM staff_pin") == 0
    assert PIN.encode() not in kept(play)


def test_on_whatsapp_the_text_is_not_kept(play: Play) -> None:
    set_pin(play)
    play.write(CHARGE, "PIN")
    play.deliver()
    play.write(CHARGE, PIN)
    assert "4 to 6 digits" in play.deliver()[-1][1]
    assert PIN.encode() not in kept(play)


def test_locked_after_five_and_opened_by_another_in_charge(play: Play) -> None:
    set_pin(play)
    handset = open_pin(play, CHARGE)
    for _ in range(4):
        handset.press("9999")
    assert "locked" in handset.press("9999")
    told = play.deliver()
    assert [phone for phone, words in told if "locked" in words and "UNLOCK" in words][-1:] != []
    code = str(play.scalar(f"SELECT code FROM staff WHERE phone = '{CHARGE}'"))
    assert "locked" in open_pin(play, CHARGE).screen
    play.text(STATE, f"UNLOCK {code}")
    play.text(STATE, code_for(play, STATE))
    assert any(phone == CHARGE and "opened your PIN" in words for phone, words in play.deliver())
    assert "SMS" in open_pin(play, CHARGE).screen


def test_nobody_opens_their_own(play: Play) -> None:
    code = str(play.scalar(f"SELECT code FROM staff WHERE phone = '{CHARGE}'"))
    play.text(CHARGE, f"UNLOCK {code}")
    assert "not a colleague" in play.deliver()[-1][1]
    assert play.scalar("SELECT count(*) FROM audit WHERE action = 'pin.unlock'") == 0
