"""Receipts as proof: codes, who may see what, and how often one may guess."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from alembic import command
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import create_engine, text

from channels.app import create_app
from core import receipts
from core.db import sqlalchemy_url
from core.settings import LANGUAGES
from core.text import render, say
from migrations import config, upgrade
from tests.play import Play

COLLECTOR = "+919800000002"
CUSTOMER = "+919800000001"
STRANGER = "+919800000009"
ELSEWHERE = "+919800000040"
"""A collector of another plant."""


def paid(play: Play, count: int = 1) -> list[tuple[str, str]]:
    """Payments of 120457; number and code of each receipt."""
    for _ in range(count):
        play.text(COLLECTOR, "PAY 120457 300")
    play.deliver()
    rows = play.services.database.reader.rows("SELECT number, code FROM receipt ORDER BY id", {})
    return [(number, code) for number, code in rows]


def answer(play: Play, phone: str, body: str) -> str:
    """Text something; gives the last words that arrived."""
    play.text(phone, body)
    return [words for to, words in play.deliver() if to == phone][-1]


def wrong_code(code: str) -> str:
    return f"{(int(code) + 1) % 100_000:05d}"


def test_codes_have_five_digits_and_do_not_follow_from_the_number(play: Play) -> None:
    codes = [int(code) for _, code in paid(play, 12)]
    assert len(set(codes)) > 9
    steps = {second - first for first, second in itertools.pairwise(codes)}
    assert len(steps) > 6


def test_receipts_from_before_get_a_code_each(empty_database_url: str) -> None:
    command.upgrade(config(empty_database_url), "0002")
    engine = create_engine(sqlalchemy_url(empty_database_url))
    with engine.begin() as connection:
        connection.execute(
            text("""
            SET session_replication_role = replica;
            INSERT INTO receipt (payment_id, plant_id, year, serial, number)
            SELECT n, 1, 2026, n, '1126' || lpad(n::text, 5, '0') FROM generate_series(1, 300) AS n;
        """)
        )
    upgrade(empty_database_url)
    with engine.begin() as connection:
        codes = set(connection.execute(text("SELECT code FROM receipt")).scalars())
    engine.dispose()
    assert len(codes) > 280
    assert all(len(code) == 5 and code.isdigit() for code in codes)


def test_anybody_may_check_a_receipt_and_learns_no_more_than_needed(play: Play) -> None:
    [(number, code)] = paid(play)
    for phone in (STRANGER, CUSTOMER, COLLECTOR, ELSEWHERE):
        said = answer(play, phone, f"VERIFY {number} {code}")
        assert "300" in said
        assert "***457" in said
        assert "120457" not in said
        assert "Asha" not in said


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_code_and_an_unknown_number_sound_the_same(play: Play, known: bool) -> None:
    [(number, code)] = paid(play)
    play.text(STRANGER, "LANGUAGE ENGLISH")
    asked = number if known else "999999999"
    said = answer(play, STRANGER, f"VERIFY {asked} {wrong_code(code)}")
    assert said.startswith(f"We gave no receipt {asked} with code {wrong_code(code)}.")


def test_a_cancelled_receipt_says_so(play: Play) -> None:
    [(number, code)] = paid(play)
    play.text(COLLECTOR, "UNDO")
    play.text(STRANGER, "LANGUAGE ENGLISH")
    assert answer(play, STRANGER, f"VERIFY {number} {code}").startswith("Not valid.")
    assert answer(play, COLLECTOR, f"RECEIPT {number}").startswith("CANCELLED")


def test_guessing_ends_after_ten_wrong_codes_of_a_day(play: Play) -> None:
    [(number, code)] = paid(play)
    play.text(STRANGER, "LANGUAGE ENGLISH")
    for _ in range(receipts.WRONG_A_DAY):
        assert "We gave no receipt" in answer(play, STRANGER, f"VERIFY {number} {wrong_code(code)}")
    assert "too often today" in answer(play, STRANGER, f"VERIFY {number} {code}")
    assert "***457" in answer(play, ELSEWHERE, f"VERIFY {number} {code}"), "another phone is another matter"
    with play.services.database.begin() as session:
        session.execute(text("UPDATE receipt_check SET day = day - 1"))
    assert "Genuine" in answer(play, STRANGER, f"VERIFY {number} {code}")


def test_guesses_at_the_same_moment_are_all_counted(play: Play) -> None:
    [(number, code)] = paid(play)

    def guess(count: int) -> None:
        play.text(STRANGER, f"VERIFY {number} {wrong_code(code)}", f"guess-{count}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(guess, range(16)))
    assert play.scalar("SELECT wrong FROM receipt_check") == receipts.WRONG_A_DAY


@pytest.mark.parametrize(
    ("phone", "seen"),
    [
        (CUSTOMER, True),
        (COLLECTOR, True),
        ("+919800000003", True),
        ("+919800000004", False),
        (ELSEWHERE, False),
        ("+919800000062", True),
    ],
)
def test_a_receipt_is_shown_to_its_customer_and_to_staff_of_its_plant(
    play: Play, phone: str, seen: bool
) -> None:
    [(number, code)] = paid(play)
    said = answer(play, phone, f"RECEIPT {number}")
    assert (code in said) is seen
    assert ("120457" in said) is seen


@pytest.mark.parametrize(
    "body", ["RECEIPT abc", "RECEIPT 12", "VERIFY abc", "VERIFY 😀 12345", "VERIFY ' OR 1=1"]
)
def test_what_is_no_number_is_asked_for_again(play: Play, body: str) -> None:
    play.text(CUSTOMER, "LANGUAGE ENGLISH")
    play.deliver()
    assert "is not a receipt number" in answer(play, CUSTOMER, body)


def test_the_link_comes_only_where_links_may_be_sent(play: Play) -> None:
    [(number, _)] = paid(play)
    assert "/r/" not in answer(play, CUSTOMER, f"RECEIPT {number}")
    linking = replace(play.settings, receipt_links=True)
    play.client = create_app(linking, replace(play.services, settings=linking)).test_client()
    for body in (f"RECEIPT {number}", "RECEIPT"):
        play.text(CUSTOMER, body)
        words = " ".join(words for _, words in play.deliver())
        link = words[words.index("http://localhost/r/") :].split()[0]
        assert play.client.get(link.removeprefix("http://localhost")).status_code == 200


def test_a_link_opens_one_receipt_for_a_year_and_a_bit(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    token = receipts.page_url(play.settings, 7).rpartition("/")[2]
    assert receipts.opened(play.settings, token) == 7
    assert receipts.opened(play.settings, token[:-1]) is None
    assert receipts.opened(play.settings, "OA" + token[2:]) is None
    assert receipts.opened(replace(play.settings, secret_key="another" * 6), token) is None
    other = URLSafeTimedSerializer(play.settings.secret_key, salt="something else")
    assert receipts.opened(play.settings, str(other.dumps(7))) is None
    monkeypatch.setattr(receipts, "LINK_LIFE", -receipts.LINK_LIFE)
    assert receipts.opened(play.settings, token) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_of_paying_has_words(language: str) -> None:
    known = {render(receipts.mode_words(mode), language) for mode in receipts.MODES}
    assert len(known) == len(receipts.MODES)
    assert receipts.mode_words("barter") == say("mode.other")


def test_a_wrong_code_is_asked_for_again_a_few_times_and_counted_each_time(play: Play) -> None:
    stranger = "+919800000009"
    play.text(stranger, "LANGUAGE ENGLISH")
    play.text("+919800000002", "PAY 120457 300")
    play.deliver()
    number = str(play.scalar("SELECT number FROM receipt"))
    right = str(play.scalar("SELECT code FROM receipt"))
    wrong = "00000" if right != "00000" else "00001"

    def say(words: str) -> str:
        play.text(stranger, words)
        return " ".join(said for phone, said in play.deliver() if phone == stranger)

    assert "again" in say(f"VERIFY {number} {wrong}")
    assert "again" in say(wrong)
    assert "Genuine" in say(right)
    assert play.scalar(f"SELECT wrong FROM receipt_check WHERE phone = '{stranger}'") == 2
    for words in (f"VERIFY {number} {wrong}", wrong):
        assert "again" in say(words)
    assert "not ours" in say(wrong)
