"""What no command understands: which texts are for a person, and how two machines stop talking."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.free_text import LOST_AN_HOUR, SAME_AN_HOUR, automatic, for_a_person
from channels.line import parse
from core.people import Caller, Line, StaffMember
from tests.play import Play

ASHA, CSA, COLLECTOR = "+919800000001", "+919800000032", "+919800000002"
CUSTOMER = Caller(ASHA, None, (Line(1, "120457", "Asha Devi", None, "holder", 1),), None)
STAFF = Caller(CSA, None, (), StaffMember(1, "csa", "Kavita Das", None, 0))


@pytest.mark.parametrize(
    ("raw", "talking", "person"),
    [
        ("when does the man come", False, True),
        ("मीटर वाला कब आएगा", False, True),
        ("padosi ka taar", False, True),
        ("meter is on fire since noon", False, True),  # the first word is a command of staff
        ("hello I want to know something", False, True),
        ("thanks but nobody came", False, True),
        ("where is my torch", False, True),
        ("torch", False, False),
        ("torch?", False, False),
        ("balanse", False, False),  # a slip
        ("bakaya batao", False, False),
        ("FIND asha devi", False, False),
        ("PAY 120457 300", False, False),
        ("120457 300", False, False),
        ("12", False, False),
        ("", False, False),
        ("STOP", False, False),
        ("torch", True, True),
        ("ok", True, True),
        ("PAY 120457 300", True, False),
        ("kal 5 baje", True, True),
        ("balanse", True, False),
        ("balanse is wrong", True, True),
        ("x " * 400, True, False),
    ],
)
def test_which_texts_are_for_a_person(raw: str, talking: bool, person: bool) -> None:
    line = parse(raw, CUSTOMER)
    command = line is not None and line.exact and line.allowed
    assert (not command and for_a_person(raw, line, talking)) is person


@pytest.mark.parametrize("raw", ["BAL", "hello", "thanks", "FAULT no light since six", "bill", "hi"])
def test_commands_stay_commands_while_a_talk_is_open(raw: str) -> None:
    line = parse(raw, CUSTOMER)
    assert line is not None
    assert line.exact
    assert line.allowed


@pytest.mark.parametrize(
    ("raw", "command", "given_words"),
    [
        ("#107 he comes at four", "answer", ("107", "he", "comes", "at", "four")),
        ("#107", "answer", ("107",)),
        ("# 107: come", "answer", ("107", "come")),
        ("#१०७ कल", "answer", ("107", "कल")),
        ("#107 Read it once more please", "answer", ("107", "Read", "it", "once", "more", "please")),
        ("#12 PAY 120457 300", "batch", ("#12 120457 300",)),
        ("#12 READ 120457 1234", "readlist", ("#12 120457 1234",)),
    ],
)
def test_a_number_before_words_of_staff(raw: str, command: str, given_words: tuple[str, ...]) -> None:
    line = parse(raw, STAFF)
    assert line is not None
    assert (line.command.name, line.words) == (command, given_words)


@pytest.mark.parametrize(
    "raw",
    ["Auto-reply: away", "AUTOREPLY I am away", "I'm driving - sent from my car", "Can't talk right now.",
     "I’ll call you back.", "This is an automated message", "Out of office until Monday"],
)  # fmt: skip
def test_what_a_phone_writes_by_itself_gets_no_answer(play: Play, raw: str) -> None:
    assert automatic(raw)
    play.text(ASHA, raw)
    assert play.deliver() == []
    assert play.scalar("SELECT count(*) FROM inbound WHERE handled_at IS NOT NULL") == 1


@pytest.mark.parametrize(
    "raw", ["no light since six", "call me", "main gaadi chala raha hoon", "BAL", "Rs 300"]
)
def test_people_are_no_machines(raw: str) -> None:
    assert not automatic(raw)


@pytest.mark.parametrize(
    ("phone", "raw"),
    [
        (ASHA, "busy"),
        (ASHA, "we are a shop open from nine to six"),
        (COLLECTOR, "busy"),
        ("+919800000009", "busy"),
    ],
)
def test_the_same_words_back_and_forth_end(play: Play, phone: str, raw: str) -> None:
    answers = 0
    for _ in range(SAME_AN_HOUR + 5):
        play.text(phone, raw)
        answers += sum(to == phone for to, _ in play.deliver())
    assert answers == SAME_AN_HOUR


def test_an_open_question_answered_by_a_machine_ends_too(play: Play) -> None:
    play.text(ASHA, "FAULT")
    play.deliver()
    answers = 0
    for _ in range(9):
        play.text(ASHA, "busy")
        answers += len(play.deliver())
    assert answers == SAME_AN_HOUR
    play.text(ASHA, "2")
    assert play.deliver()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tail=st.lists(
        st.text("abcdefgh ", min_size=3, max_size=20),
        min_size=LOST_AN_HOUR,
        max_size=LOST_AN_HOUR,
        unique=True,
    )
)
def test_a_machine_that_never_says_the_same_is_left_after_a_while(play: Play, tail: list[str]) -> None:
    with play.services.database.begin() as session:
        session.connection().exec_driver_sql("DELETE FROM note_line; DELETE FROM note; DELETE FROM inbound")
    play.services.redis.flushall()
    answers = 0
    for number, words in enumerate(tail):
        for again in range(2):
            play.text(ASHA, f"our machine says {words} {number} {again}")
            answers += sum(to == ASHA for to, _ in play.deliver())
    assert answers <= LOST_AN_HOUR


def test_our_own_words_coming_back_are_left_alone(play: Play) -> None:
    play.text(ASHA, "when does the man come")
    [ours] = [words for to, words in play.deliver() if to == ASHA]
    play.text(ASHA, ours)
    assert play.deliver() == []


def test_on_whatsapp_the_answer_comes_there(play: Play) -> None:
    play.write(ASHA, "when does the man come")
    assert {(one.phone, one.channel) for one in play.arrivals()} == {(ASHA, "whatsapp"), (CSA, "sms")}
    play.text(CSA, "#107 at four")
    assert {(one.phone, one.channel) for one in play.arrivals()} == {(ASHA, "whatsapp"), (CSA, "sms")}


def test_no_to_a_fault_that_is_said_to_be_mended(play: Play) -> None:
    for phone, words in ((ASHA, "FAULT 2 dark"), (COLLECTOR, "DONE 10006"), (ASHA, "NO")):
        play.text(phone, words)
    play.deliver()
    assert play.scalar("SELECT state FROM request") == "in_process"


def test_no_where_a_receipt_could_be_meant_as_well_is_asked(play: Play) -> None:
    play.text(COLLECTOR, "PAY 120457 300")
    play.text(ASHA, "FAULT 2 dark")
    play.text(COLLECTOR, "DONE 10006")
    play.text(ASHA, "NO")
    play.deliver()
    play.text(ASHA, "2")
    assert "Rs 300" in dict(play.deliver())[ASHA]
    assert play.scalar("SELECT state FROM request") == "review"
