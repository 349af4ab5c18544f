"""What should not come, and comes: clear words, nothing lost, nothing logged that should not be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog

from core.log import hide_numbers
from tests.play import Play

COLLECTOR = "+919800000002"
CUSTOMER = "+919800000001"
STRANGER = "+919800000009"
GONE = "+919800000033"
"""Was a technician once."""

NUMBER = "is not a connection number. Please check the digits"
HELP = "Send HELP"


@contextmanager
def logged() -> Iterator[list[str]]:
    """Every line of the log, as it is written in production."""
    lines: list[str] = []
    before = structlog.get_config()

    def keep(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
        lines.append(json.dumps(event, default=str, ensure_ascii=False))
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.processors.format_exc_info, hide_numbers, keep])
    try:
        yield lines
    finally:
        structlog.configure(**before)


def money_moved(play: Play) -> object:
    return play.scalar("SELECT count(*) FROM payment")


def answer(play: Play, phone: str, body: str) -> str:
    """Text something; gives the one answer."""
    play.text(phone, body)
    answers = [words for to, words in play.deliver() if to == phone]
    assert len(answers) == 1, answers
    return answers[0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("PAY 120475 300", NUMBER),
        ("PAY 12045 300", NUMBER),
        ("PAY abc 300", NUMBER),
        ("PAY -120457 -300", "is not an amount"),
        ("PAY 300011 300", "There is no connection 300011"),
        ("PAY 200027 300", "is at Kasba, which is not yours"),
        ("PAY 120457 0", "must be more than zero"),
        ("PAY 120457 0.00", "must be more than zero"),
        ("PAY 120457 -300", "is not an amount"),
        ("PAY 120457 1e9", "is not an amount"),
        ("PAY 120457 1.234", "too many digits after the point"),
        ("PAY 120457 999999999999", "is too large"),
        ("PAY 120457 200000", "By law, cash above Rs 1,99,999 may not be taken"),
        ("PAY 120457 60000", "more than usual"),
        ("PAY 120457 3 00", "Take Rs 3 from Asha Devi"),
        ("PAY 120457 😀", "is not an amount"),
        ("PAY\x00120475\x00300", NUMBER),
        ("PYA 120457 300", "Take Rs 300 from Asha Devi"),
        ("120457 300", "Not understood"),
        ("FIND", "Name, number or phone?"),
        ("FIND x", "at least two letters"),
        ("FIND 200027", "Nobody in your plants matches 200027"),
        ("FIND 9876५४३२१०", "Nobody in your plants matches 9876543210"),
        ("FIND ' OR 1=1 --", "Nobody in your plants matches ' OR 1=1 --"),
        ("FIND %%", "Nobody in your plants matches %%"),
        ("UNDO", "You took no payment"),
        ("", "Your message was empty"),
        ("   \r\n ", "Your message was empty"),
        ("\x00\x00", "Your message was empty"),
        ("😀", 'Not understood: "😀"'),
        ("x" * 10_000, "Your message was too long"),
        ("PAY 120457 " + "9" * 10_000, "is too large"),
        ("%{number} {0} %s", "Not understood"),
    ],
)
def test_bad_texts_of_a_collector(play: Play, body: str, says: str) -> None:
    with logged() as lines:
        said = answer(play, COLLECTOR, body)
    assert says in said
    assert money_moved(play) == 0
    assert play.scalar("SELECT count(*) FROM inbound WHERE handled_at IS NOT NULL") == 1
    assert_discreet(lines, body)


@pytest.mark.parametrize("phone", [CUSTOMER, STRANGER, GONE])
def test_pay_from_a_phone_that_is_not_registered_for_it(play: Play, phone: str) -> None:
    with logged() as lines:
        said = answer(play, phone, "PAY 120457 300")
    assert said.startswith("PAY ")
    assert money_moved(play) == 0
    assert_discreet(lines, "PAY 120457 300")


@pytest.mark.parametrize(
    ("body", "says"),
    [("", "khali"), ("😀", '"😀"'), ("x" * 10_000, "bahut lamba"), ("\x00", "khali"), ("मदद", "एक शब्द भेजें")],
)
def test_bad_texts_of_a_customer(play: Play, body: str, says: str) -> None:
    assert says in answer(play, CUSTOMER, body)


def test_a_text_without_a_sender_that_can_be_answered_is_kept_and_not_answered(play: Play) -> None:
    play.text("VM-BANKIN", "Your OTP is 123456")
    assert play.deliver() == []
    assert play.scalar("SELECT count(*) FROM inbound WHERE handled_at IS NOT NULL") == 1


@pytest.mark.parametrize("missing", ["id", "from", "text"])
def test_a_text_without_one_of_its_fields(play: Play, missing: str) -> None:
    fields = {"id": "1", "from": COLLECTOR, "to": "56161", "text": "PAY 120457 300", "date": "2026-11-21"}
    del fields[missing]
    with logged() as lines:
        got = play.client.post(f"/sms/africastalking/{play.secret}", data=fields)
    assert got.status_code == 400
    assert play.scalar("SELECT count(*) FROM inbound") == 0
    assert lines
    assert_discreet(lines, "PAY 120457 300")


def test_a_wrong_secret_is_a_wrong_address(play: Play) -> None:
    for path in ("/sms/africastalking/", "/ussd/africastalking/"):
        for secret in ("wrong", play.secret[:-1], play.secret + "0", "%00", "ü"):
            with logged() as lines:
                got = play.client.post(path + secret, data={"id": "1", "from": COLLECTOR, "text": "CASH"})
            assert got.status_code == 404
            assert_discreet(lines, play.secret)
    assert play.scalar("SELECT count(*) FROM inbound") == 0


USSD = {
    "sessionId": "s1",
    "phoneNumber": CUSTOMER,
    "networkCode": "40410",
    "serviceCode": "*384*77#",
    "text": "",
}


@pytest.mark.parametrize("missing", ["sessionId", "phoneNumber", "text"])
def test_a_step_without_one_of_its_fields(play: Play, missing: str) -> None:
    fields = {name: value for name, value in USSD.items() if name != missing}
    with logged() as lines:
        got = play.client.post(f"/ussd/africastalking/{play.secret}", data=fields)
    assert got.status_code == 400
    assert missing in got.text
    assert_discreet(lines, CUSTOMER)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"phoneNumber": "12"}, "phoneNumber"),
        ({"phoneNumber": "VM-BANK"}, "phoneNumber"),
        ({"sessionId": "a\x00b"}, "sessionId"),
        ({"sessionId": "x" * 101}, "sessionId"),
        ({"text": "1*" * 9000}, "too long"),
    ],
)  # fmt: skip
def test_a_step_with_a_field_that_can_not_be(play: Play, fields: dict[str, str], missing: str) -> None:
    got = play.client.post(f"/ussd/africastalking/{play.secret}", data=USSD | fields)
    assert got.status_code == 400
    assert missing in got.text


def test_the_end_of_a_session_that_can_not_be(play: Play) -> None:
    ended = {"sessionId": "a\x00b", "phoneNumber": CUSTOMER, "status": "Incomplete"}
    got = play.client.post(f"/ussd/africastalking/{play.secret}/ended", data=ended)
    assert got.status_code == 400


def test_a_number_in_another_script_is_the_same_phone(play: Play) -> None:
    """Not a stranger's of its own, whom nothing could be sent to."""
    mohan = "9800000004"
    written = [
        mohan.translate({ord(str(digit)): chr(zero + digit) for digit in range(10)})
        for zero in (0x966, 0x660)
    ]
    answers = {
        play.client.post(f"/ussd/africastalking/{play.secret}", data=USSD | {"phoneNumber": phone}).text
        for phone in (f"+91{mohan}", *(f"+91{each}" for each in written), f"\u202a+91{mohan}\u202c")
    }
    assert len(answers) == 1
    assert "What I owe" in answers.pop()


BEYOND = "9," + ",".join(["99"] * 12) + ",999"
"""Grouped as rupees are, and more than any column takes."""


@pytest.mark.parametrize(
    ("phone", "line"),
    [
        (COLLECTOR, f"READ 120457 {BEYOND}"),
        (COLLECTOR, f"READ 120457 {BEYOND}, 120473 5"),
        (COLLECTOR, f"METER 120457 {BEYOND}"),
        (COLLECTOR, f"WATER {BEYOND} 800"),
        (COLLECTOR, f"WATERMETER {BEYOND} 10"),
        (COLLECTOR, f"WATERMETER 10 {BEYOND}"),
        (CUSTOMER, f"READ {BEYOND}"),
    ],
)
def test_more_than_any_meter_shows_is_asked_for_again(play: Play, phone: str, line: str) -> None:
    with logged() as lines:
        answer(play, phone, line)
        play.text(phone, "1")
    assert not [line for line in lines if "broke" in line]
    assert play.scalar("SELECT count(*) FROM inbound WHERE handled_at IS NULL") == 0


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("1", "120475"), NUMBER),
        (("1", "300011"), "There is no connection"),
        (("1", "200027"), "is at Kasba"),
        (("1", "120457", "-5"), "is not an amount"),
        (("1", "120457", "1e9"), "is not an amount"),
        (("1", "120457", "1.234"), "too many digits"),
        (("1", "120457", "999999999999"), "is too large"),
        (("1", "120457", "0.0"), "more than zero"),
        (("१", "१२०४५७", "३००"), "Take Rs 300 from Asha Devi"),
        (("1", "120457", "300", "3"), "from 1 to 2"),
        (("", "1"), "Connection number?"),
        (("77",), "from 1 to 7"),
        (("😀",), "from 1 to 7"),
        (("\x00",), "from 1 to 7"),
        (("9" * 3000,), "from 1 to 7"),
        (("x" * 3000,), "from 1 to 7"),
        (("3", "९८०००००००१"), "120457 Asha Devi"),
        (("3", "x"), "at least two letters"),
    ],
)
def test_bad_keys_of_a_collector(play: Play, keys: tuple[str, ...], says: str) -> None:
    with logged() as lines:
        handset = play.dial(COLLECTOR, *keys)
    assert says in handset.screen
    assert money_moved(play) == 0
    assert_discreet(lines, "*".join(keys))


def test_numbers_and_texts_of_good_talks_are_not_logged_either(play: Play) -> None:
    with logged() as lines:
        play.text(COLLECTOR, "PAY 120457 300")
        play.dial(STRANGER, "1", "1", "120481", "123456")
        play.dial(CUSTOMER, "1", "3", "2", "Sparks behind the temple")
        play.deliver()
    assert lines
    for typed in ("PAY 120457 300", "123456", "temple", "Asha"):
        assert_discreet(lines, typed)


def assert_discreet(lines: list[str], typed: str) -> None:
    """No full number, no secret, nothing of what was typed."""
    for line in lines:
        assert not re.search(r"[6-9][0-9]{9}", line), line
        assert "0123456789abcdef" not in line, line
        if len(typed.strip()) > 3:
            assert typed.strip() not in line, line


@pytest.mark.parametrize("word", ["menu", "मेनू", "MENU!"])
def test_the_menu_is_no_words_to_keep(play: Play, word: str) -> None:
    """Whoever asks for it in the middle of a fault wants out: nothing is noted."""
    answer(play, CUSTOMER, "LANGUAGE ENGLISH")
    menu = answer(play, CUSTOMER, "menu")
    answer(play, CUSTOMER, "FAULT 4")
    assert answer(play, CUSTOMER, word) == menu
    assert play.scalar("SELECT count(*) FROM request") == 0


@pytest.mark.parametrize("word", ["haan", "हाँ"])
def test_a_yes_of_staff_that_nothing_asked_for(play: Play, word: str) -> None:
    """They are told what staff can send, not to link a connection."""
    answer(play, COLLECTOR, "LANGUAGE ENGLISH")
    assert "Send e.g. PAY 120457 300" in answer(play, COLLECTOR, word)


def last_receipt(play: Play) -> str:
    return str(play.scalar("SELECT number FROM receipt ORDER BY id DESC LIMIT 1"))


def test_a_no_that_names_its_receipt_is_about_that_one_also_while_a_question_stands_open(play: Play) -> None:
    answer(play, COLLECTOR, "PAY 120457 100")
    receipt = last_receipt(play)
    answer(play, COLLECTOR, "PAY 120457 50")
    answer(play, CUSTOMER, "LANGUAGE ENGLISH")
    answer(play, CUSTOMER, "WHERE 999")
    assert f"the cash of receipt {receipt}" in answer(play, CUSTOMER, f"NO {receipt}")
    assert play.scalar("SELECT count(*) FROM dispute") == 1
    assert f"Receipt {receipt}: we are looking into it already" in answer(play, CUSTOMER, f"NO {receipt}")
    assert play.scalar("SELECT count(*) FROM dispute") == 1


def test_undo_in_the_middle_of_a_talk_asks_what_it_undoes(play: Play) -> None:
    answer(play, COLLECTOR, "PAY 120465 10")
    answer(play, COLLECTOR, "PAY 120457")
    assert answer(play, COLLECTOR, "UNDO").startswith("Take back Rs 10 of Mohan Lal, 120465?")
    answer(play, COLLECTOR, "2")
    assert play.scalar("SELECT count(*) FROM payment WHERE reversal_id IS NULL") == 1
    assert answer(play, COLLECTOR, "UNDO").startswith("Taken back: Rs 10 of Mohan Lal")


def test_a_whole_line_is_no_reference_of_a_slip(play: Play) -> None:
    answer(play, COLLECTOR, "WALLET 120457 100")
    assert "Rs 300 from Asha Devi" in answer(play, COLLECTOR, "PAY 120457 300")
    assert money_moved(play) == 1
