"""A connection that is closed can still owe: its money is taken, but only after a yes, and not in a list."""

from __future__ import annotations

from sqlalchemy import text

from tests.play import Play

RAMESH = "+919800000002"


def answer(play: Play, words: str) -> str:
    play.text(RAMESH, words)
    return next(body for phone, body in reversed(play.deliver()) if phone == RAMESH)


def paid(play: Play) -> object:
    return play.scalar("SELECT coalesce(sum(amount_paise), 0) FROM payment")


def close(play: Play) -> None:
    answer(play, "LANGUAGE ENGLISH")
    with play.services.database.begin() as session:
        session.execute(text("UPDATE connection SET status = 'disconnected' WHERE number = '120457'"))


def test_its_money_is_taken_after_a_yes(play: Play) -> None:
    close(play)
    assert answer(play, "PAY 120457 100").startswith(
        "120457 is closed. Take Rs 100 from Asha Devi all the same?"
    )
    assert paid(play) == 0
    assert answer(play, "no") == "Not taken. Nothing was changed."
    answer(play, "PAY 120457 100")
    assert "Rs 100 from Asha Devi, 120457. Now due Rs 520.50." in answer(play, "1")
    assert paid(play) == 100_00


def test_in_a_list_it_is_named_and_the_others_are_taken(play: Play) -> None:
    close(play)
    words = answer(play, "#1 PAY 120457 100, 120465 10")
    assert words.startswith(
        "1 of 2 taken, Rs 10:\n120457: closed. Send PAY with this one alone.\n120465 Rs 10"
    )
    assert paid(play) == 10_00


def test_what_is_only_off_for_a_while_is_paid_without_a_question(play: Play) -> None:
    close(play)
    with play.services.database.begin() as session:
        session.execute(text("UPDATE connection SET status = 'inactive' WHERE number = '120457'"))
    answer(play, "PAY 120457 100")
    assert paid(play) == 100_00
