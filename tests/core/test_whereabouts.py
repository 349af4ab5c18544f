"""Where a payment is: every step of its way is said, to those whom it concerns."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.settings import LANGUAGES
from core.text import render, say
from tests.core.test_receipts import COLLECTOR, CUSTOMER, ELSEWHERE, STRANGER, answer, paid
from tests.play import Play


def english(play: Play, *phones: str) -> None:
    for phone in phones:
        play.text(phone, "LANGUAGE ENGLISH")
    play.deliver()


def set_outbox(play: Play, values: str) -> None:
    with play.services.database.begin() as session:
        session.execute(text(f"UPDATE outbox SET {values} WHERE kind = 'receipt'"))


def test_customer_and_collector_hear_the_same(play: Play) -> None:
    english(play, CUSTOMER, COLLECTOR)
    [(number, _)] = paid(play)
    words = answer(play, CUSTOMER, "PAISA")
    assert words.startswith(f"Receipt {number}: Rs 300 for 120457, cash.\nText came ")
    assert "\nCredited " in words
    assert "\nPhone ..001" in words
    assert answer(play, CUSTOMER, f"PAISA {number}") == words
    assert answer(play, COLLECTOR, f"WHERE {number}") == words
    assert answer(play, COLLECTOR, "WHERE 120457") == words


@pytest.mark.parametrize(
    ("values", "heard"),
    [
        ("state = 'queued', next_at = now() + interval '1 hour'", "Phone ..001: not told yet, we try until "),
        (
            "state = 'sending', next_at = now() + interval '1 hour'",
            "Phone ..001: not told yet, we try until ",
        ),
        ("state = 'unsure', sent_at = now(), finished_at = now()", "Phone ..001: sent "),
        ("state = 'sent', sent_at = now()", "Phone ..001: sent "),
        ("state = 'delivered', sent_at = now(), finished_at = now()", "Phone ..001 got the SMS "),
        ("state = 'failed', finished_at = now()", "Phone ..001: SMS did not arrive"),
        ("state = 'expired', finished_at = now()", "Phone ..001: SMS did not arrive"),
        ("source = 'lost:' || source", "No SMS about it on record"),
    ],
)
def test_what_became_of_the_message_is_said(play: Play, values: str, heard: str) -> None:
    english(play, CUSTOMER)
    paid(play)
    set_outbox(play, values)
    assert heard in answer(play, CUSTOMER, "PAISA")


def test_each_line_of_a_list_leads_to_the_one_text(play: Play) -> None:
    english(play, COLLECTOR)
    play.text(COLLECTOR, "PAY 120457 10, 120465 20")
    play.deliver()
    for connection, rupees in (("120457", 10), ("120465", 20)):
        words = answer(play, COLLECTOR, f"WHERE {connection}")
        assert f"Rs {rupees} for {connection}" in words
        assert "Text came " in words
        assert "Phone .." in words


def test_a_payment_dialled_has_no_text(play: Play) -> None:
    english(play, COLLECTOR)
    play.dial(COLLECTOR, "1", "120457", "300", "1")
    play.deliver()
    words = answer(play, COLLECTOR, "WHERE 120457")
    assert "Credited " in words
    assert "Phone ..001" in words
    assert "Text came" not in words


def test_a_dispute_and_a_cancelled_payment_are_said(play: Play) -> None:
    english(play, CUSTOMER, COLLECTOR)
    [(number, _)] = paid(play)
    play.text(CUSTOMER, "NO")
    play.text(CUSTOMER, "1")
    play.deliver()
    assert "In dispute since " in answer(play, COLLECTOR, f"WHERE {number}")
    play.text(COLLECTOR, "UNDO")
    play.deliver()
    words = answer(play, CUSTOMER, f"PAISA {number}")
    assert "\nCancelled " in words
    assert "In dispute" not in words


def test_a_question_in_a_sentence_is_understood(play: Play) -> None:
    english(play, CUSTOMER)
    [(number, _)] = paid(play)
    for body in ("paisa kahan hai", f"paisa kahan {number}", "where", f"WHERE {number}"):
        assert answer(play, CUSTOMER, body).startswith(f"Receipt {number}: ")
    assert "A person reads this" in answer(play, CUSTOMER, "where is my torch")


def test_others_learn_nothing(play: Play) -> None:
    [(number, _)] = paid(play)
    none = {render(say("where.none", reference=number), language) for language in LANGUAGES}
    assert answer(play, ELSEWHERE, f"WHERE {number}") in none
    assert answer(play, "+919800000004", f"PAISA {number}") in none
    assert "300" not in answer(play, STRANGER, f"WHERE {number}")
