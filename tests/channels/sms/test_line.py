"""One line of text becomes a command and its answers."""

from __future__ import annotations

import pytest

from channels.line import parse
from conversations.catalogue import COMMANDS
from core.people import Caller, Line, StaffMember
from core.settings import LANGUAGES
from core.text import words

_LINE = Line(1, "120457", "Asha Devi", "आशा देवी", "holder", 1)
_STAFF = StaffMember(1, "technician", "Ramesh Kumar", None, 50_000_00)
CUSTOMER = Caller("+919800000001", None, (_LINE,), None)
COLLECTOR = Caller("+919800000002", None, (), _STAFF)
BOTH = Caller("+919800000062", None, (_LINE,), _STAFF)
STRANGER = Caller("+919800000009", None, (), None)


@pytest.mark.parametrize(
    "raw",
    ["BAL", "bal", "Balance", "BALANCE?", "bakaya", "bakaaya", "Bakaya.", "बकाया", "बकाया ", "  बकाया\n",
     "बक़ाया", "बाकी", "hisab", "balence", "bakayaa", "बकाय", "DUES"],
)  # fmt: skip
def test_all_of_these_ask_what_is_owed(raw: str) -> None:
    line = parse(raw, CUSTOMER)
    assert line is not None
    assert line.command.name == "owed"
    assert line.allowed


@pytest.mark.parametrize(
    "raw",
    ["bijli kab aayegi", "Bijli kab tak aayegi?", "kab aayegi bijli", "KAB", "बिजली कब आएगी?", "कब", "WHEN",
     "when will the light come back", "why is there no power", "light kyon nahin hai", "batti kab ayegi"],
)  # fmt: skip
def test_all_of_these_ask_when_light_comes(raw: str) -> None:
    for caller in (CUSTOMER, BOTH):
        line = parse(raw, caller)
        assert line is not None, raw
        assert (line.command.name, line.words) == ("light", ())


@pytest.mark.parametrize(
    ("raw", "caller", "command"),
    [
        ("WRITE when does the light come", CUSTOMER, "write"),
        ("FAULT 2 when does the light come", CUSTOMER, "fault"),
        ("NOTE 10006 when the light came", BOTH, "note"),
        ("bijli ka bill kab aayega", CUSTOMER, None),
        ("when will the new lines reach our lane", CUSTOMER, None),
        ("bijli", CUSTOMER, "fault"),
    ],
)
def test_these_ask_for_something_else(raw: str, caller: Caller, command: str | None) -> None:
    line = parse(raw, caller)
    assert (line.command.name if line else None) == command


@pytest.mark.parametrize(
    ("raw", "caller", "command", "words_after", "exact"),
    [
        ("PAY 120457 300", COLLECTOR, "pay", ("120457", "300"), True),
        ("pay  १२०४५७  ३००", COLLECTOR, "pay", ("120457", "300"), True),
        ("PAY\x00120457\t300", COLLECTOR, "pay", ("120457", "300"), True),
        ("#PAY 120457 300", COLLECTOR, "pay", ("120457", "300"), True),
        ("JAMA 120457 300", COLLECTOR, "pay", ("120457", "300"), True),
        ("जमा 120457 300", COLLECTOR, "pay", ("120457", "300"), True),
        ("PAY 120457 Rs 300", COLLECTOR, "pay", ("120457", "300"), True),
        ("PAY 120457 Rs. 300/-", COLLECTOR, "pay", ("120457", "300/-"), True),
        ("PAY 120457 ₹300", COLLECTOR, "pay", ("120457", "300"), True),
        ("PAY 120457 300 रुपये", COLLECTOR, "pay", ("120457", "300"), True),
        ("PYA 120457 300", COLLECTOR, "pay", ("120457", "300"), False),
        ("PAYY 120457", COLLECTOR, "pay", ("120457",), False),
        ("PAI 120457", COLLECTOR, "pay", ("120457",), False),
        ("PAANI 400 l Rs 800", COLLECTOR, "water", ("400", "l", "800"), True),
        ("PANI 400 800", COLLECTOR, "water", ("400", "800"), False),
        ("UNDOO", COLLECTOR, "undo", (), False),
        ("FIND 9876५४३२१०", COLLECTOR, "find", ("9876543210",), True),
        ("dues", COLLECTOR, "dues", (), True),
        ("बकाया", COLLECTOR, "dues", (), True),
        ("BAL", BOTH, "owed", (), True),
        ("jama", CUSTOMER, "payments", (), True),
        ("FAULT no light", CUSTOMER, "fault", ("no", "light"), True),
        ("?", STRANGER, "help", (), True),
        ("Hello", STRANGER, "menu", (), True),
        ("जोड़ो 120457", STRANGER, "link", ("120457",), True),
        ("जोडो 120457", STRANGER, "link", ("120457",), True),
    ],
)
def test_the_command_and_its_words(
    raw: str, caller: Caller, command: str, words_after: tuple[str, ...], exact: bool
) -> None:
    line = parse(raw, caller)
    assert line is not None
    assert (line.command.name, line.words, line.exact, line.allowed) == (command, words_after, exact, True)


@pytest.mark.parametrize(
    ("raw", "caller", "command"),
    [
        ("PAY 120457 300", CUSTOMER, "pay"),
        ("CASH", STRANGER, "cash"),
        ("BAL", STRANGER, "owed"),
        # A word of staff and of customers: a stranger is told how to become a customer.
        ("बकाया", STRANGER, "owed"),
        ("jama", STRANGER, "payments"),
        ("NEW", CUSTOMER, "new"),
    ],
)
def test_a_command_for_others_is_named_and_not_allowed(raw: str, caller: Caller, command: str) -> None:
    line = parse(raw, caller)
    assert line is not None
    assert line.command.name == command
    assert not line.allowed


@pytest.mark.parametrize(
    "raw", ["", "   ", "\x00", "😀", "where is my light", "3", "120457", "xx", "नमस्कारम", "-1"]
)
def test_what_names_no_command(raw: str) -> None:
    assert parse(raw, CUSTOMER) is None


@pytest.mark.parametrize("raw", ["PYA 120457 300", "CAHS", "FNID asha"])
def test_a_slip_never_names_a_command_for_others(raw: str) -> None:
    """Forgiving a slip is for those who may: a customer's typing slip is no attempt to pay."""
    line = parse(raw, CUSTOMER)
    assert line is None or line.allowed


@pytest.mark.parametrize("raw", ["paani bhar gaya", "पानी आ गया", "Water in the meter", "pani hai"])
def test_water_in_a_sentence_of_a_customer_is_no_word_of_our_staff(raw: str) -> None:
    assert parse(raw, CUSTOMER) is None
    assert parse(raw, STRANGER) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_every_command_names_it_for_those_who_may(language: str) -> None:
    callers = (CUSTOMER, COLLECTOR, STRANGER)
    for command in COMMANDS:
        for word in words(f"commands.{command.name}", language, {}).split():
            lines = [parse(word, caller) for caller in callers]
            assert any(line and line.exact and line.allowed and line.command is command for line in lines), (
                word
            )
