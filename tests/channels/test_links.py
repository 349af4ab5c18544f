"""Links to pay: asked for by customers and by staff for them, made over HTTP, texted once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core import links as core_links
from jobs import links
from tests.channels.till import ASHA, RAMESH, Shop, Till, body_of, razorpay


@pytest.fixture
def linking(till: Till, shop: tuple[Shop, str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The job that makes links asks this shop; it is told what to answer."""
    made, url = shop
    settings = replace(till.play.settings, razorpay=razorpay(url))
    monkeypatch.setattr(links, "services", lambda: replace(till.play.services, settings=settings))
    return made


def test_a_link_is_made_texted_once_and_an_open_one_is_sent_again(till: Till, linking: Shop) -> None:
    till.ask()
    till.play.deliver()
    again = json.dumps({"payment_links": [json.loads(body_of("link_made", till.reference))]}).encode()
    linking.answers += [(503, b""), (400, body_of("link_again", till.reference)), (200, again)]
    links.make()  # away: the next turn asks again, and finds the link of the first try
    assert till.play.deliver() == []
    links.make()
    links.make()
    [(phone, words)] = till.play.deliver()
    assert phone == ASHA
    assert "https://rzp.io/rzp/AbCdEf12" in words
    assert [line.split("?")[0] for line in linking.asked] == ["POST /v1/payment_links"] * 2 + [
        "GET /v1/payment_links"
    ]
    till.play.text(ASHA, "LINK 300")
    assert sum("rzp.io" in words for _, words in till.play.deliver()) == 1
    assert till.play.scalar("SELECT count(*) FROM payment_link") == 1


def test_a_link_that_is_refused_is_said_so(till: Till, linking: Shop) -> None:
    till.ask()
    till.play.deliver()
    linking.answers += [(400, b'{"error":{"description":"amount"}}'), (200, b'{"payment_links":[]}')]
    links.make()
    assert "nahin ban saka" in till.play.deliver()[0][1]


def test_link_means_paying_for_customers_and_linking_for_strangers(till: Till) -> None:
    till.play.text("+919800000009", "LINK")
    till.play.text(ASHA, "JOIN")
    assert till.play.scalar("SELECT count(*) FROM payment_link") == 0
    till.play.text(ASHA, "LINK")
    till.play.text(ASHA, "1")
    assert till.play.scalar("SELECT amount_paise FROM payment_link") == 620_50


def test_half_is_up_to_the_next_rupee_and_another_amount_is_typed(till: Till) -> None:
    till.play.text(ASHA, "LINK")
    [(_, words)] = till.play.deliver()
    assert "Poora, Rs 620.50" in words
    assert "Aadha, Rs 311" in words
    till.play.text(ASHA, "2")
    till.play.text(ASHA, "LINK")
    till.play.text(ASHA, "3")
    till.play.text(ASHA, "45")
    rows = till.play.services.database.reader.rows("SELECT amount_paise FROM payment_link ORDER BY id", {})
    assert [row[0] for row in rows] == [311_00, 45_00]


def test_whoever_owes_nothing_types_an_amount(till: Till) -> None:
    till.play.text(RAMESH, "PAY 120457 620.50")
    till.play.deliver()
    till.play.text(ASHA, "LINK")
    assert till.play.deliver() == [(ASHA, "120457 ke liye kitne rupaye?")]


@pytest.mark.parametrize(
    ("language", "line", "said"),
    [
        ("ENGLISH", "LINK", "Online, Rs 1 to Rs 10,000 can be paid for 120457. Please send such an amount."),
        ("हिन्दी", "लिंक", "120457 के लिए ऑनलाइन भुगतान रु 1 से रु 10,000 तक का हो। इतनी ही राशि भेजें।"),
    ],
)
def test_an_amount_that_nobody_means_is_asked_again(till: Till, language: str, line: str, said: str) -> None:
    till.play.text(ASHA, f"LANGUAGE {language}")
    till.play.deliver()
    for typed in (f"{line} 99999999", "10000.01", "0.99"):
        till.play.text(ASHA, typed)
        assert till.play.deliver() == [(ASHA, said)]
    assert till.play.scalar("SELECT count(*) FROM payment_link") == 0
    till.play.text(ASHA, "10,000")
    assert till.play.scalar("SELECT amount_paise FROM payment_link") == 10_000_00


def test_staff_ask_for_no_more_than_the_customer_may_pay(till: Till) -> None:
    till.play.text(RAMESH, "SENDLINK 120457 10001")
    assert till.play.deliver() == [
        (RAMESH, "Online, Rs 1 to Rs 10,000 can be paid for 120457. Please send such an amount.")
    ]
    till.play.text(RAMESH, "500")
    assert till.play.scalar("SELECT amount_paise FROM payment_link") == 500_00


@pytest.mark.parametrize(
    ("owed", "most"), [(-50_00, 10_000_00), (25_000_50, 25_000_50), (10**9, 1_00_000_00)]
)
def test_who_owes_more_pays_more_up_to_what_upi_takes_at_once(owed: int, most: int) -> None:
    assert core_links.most(owed) == most


def test_staff_send_the_customer_a_link_once_a_day(till: Till) -> None:
    till.play.text(RAMESH, "SENDLINK 120457 300")
    [(phone, words)] = till.play.deliver()
    assert (phone, words.count("phone ...001")) == (RAMESH, 1)
    assert till.play.scalar("SELECT asked_by FROM payment_link") == ASHA
    with till.play.services.database.begin() as session:
        [link] = core_links.asked(session, 5)
        core_links.made(session, till.play.settings, link, ("plink_1", "https://rzp.io/rzp/AbCdEf12"))
    [(phone, words)] = till.play.deliver()
    assert (phone, "https://rzp.io/rzp/AbCdEf12" in words) == (ASHA, True)
    till.play.text(RAMESH, "SENDLINK 120457 300")
    [(phone, words)] = till.play.deliver()
    assert (phone, "already today" in words) == (RAMESH, True)


@pytest.mark.parametrize(("line", "said"), [("200002 50", "no phone"), ("200027 50", "Kasba")])
def test_a_link_goes_to_customers_of_ones_plants_who_have_a_phone(till: Till, line: str, said: str) -> None:
    till.play.text(RAMESH, f"SENDLINK {line}")
    assert said in till.play.deliver()[0][1]
    assert till.play.scalar("SELECT count(*) FROM payment_link") == 0
