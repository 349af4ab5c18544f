"""A missed call: rejected, answered by SMS once in ten minutes, whoever asks and however often it is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, quote_plus

import pytest
from sqlalchemy import text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from channels.voice.routes import NAMELESS, REJECT
from core.settings import Twilio
from tests.conftest import SECRET, Servers, demo_settings, fresh_database
from tests.play import Play

PAYLOADS = Path(__file__).parents[2] / "payloads"
ASHA, TWO_HOMES, COLLECTOR, STRANGER = "+919800000001", "+919800000004", "+919800000002", "+919800000009"
FORM = "application/x-www-form-urlencoded"
TOKEN = "a-token-of-sixteen-and-more"


@pytest.fixture
def play(servers: Servers, world_template: str, redis_client: object) -> Iterator[Play]:
    with fresh_database(servers, world_template) as url:
        twilio = Twilio("AC1", TOKEN, "+15005550006", None, None)
        made = Play(replace(demo_settings(servers, url), twilio=twilio, public_url="https://bijli.example"))
        yield made
        made.close()


def recorded(name: str, phone: str = ASHA) -> str:
    return (PAYLOADS / f"{name}.txt").read_text().replace(quote_plus(ASHA), quote_plus(phone))


def ring(play: Play, phone: str = ASHA, secret: str = SECRET, body: str | None = None) -> TestResponse:
    """A call by Africa's Talking."""
    return play.client.post(
        f"/voice/africastalking/{secret}",
        data=body or recorded("africastalking/call", phone),
        content_type=FORM,
    )


def ring_twilio(play: Play, phone: str = ASHA, token: str = TOKEN) -> TestResponse:
    body = recorded("twilio/call", phone)
    form = dict(parse_qsl(body, keep_blank_values=True))
    signed = RequestValidator(token).compute_signature("https://bijli.example/voice/twilio", form)
    return play.client.post(
        "/voice/twilio", data=body, content_type=FORM, headers={"X-Twilio-Signature": signed}
    )


def told(play: Play) -> list[tuple[object, ...]]:
    with play.services.database.begin() as session:
        rows = session.execute(text("SELECT recipient, body FROM outbox WHERE kind = 'call' ORDER BY id"))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("call", [ring, ring_twilio])
def test_rejected_and_answered_with_what_is_owed(play: Play, call: object) -> None:
    assert callable(call)
    answer = call(play, TWO_HOMES)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, REJECT, "text/xml")
    assert told(play) == [
        (TWO_HOMES, "Your 2 connections are Rs 50 ahead together. For each send BAL. Bijli Line")
    ]


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        (ASHA, "120457: bakaya Rs 620.50. Aur jaankari ke liye BAKAYA bhejein. Bijli Line"),
        ("+919800000005", "120481: बकाया रु 450। और जानकारी के लिए बकाया भेजें। Bijli Line"),
        (COLLECTOR, "You hold Rs 0 in cash. For what you can do send HELP. Bijli Line"),
        (STRANGER, "Jawab SMS se aata hai."),
    ],
)  # fmt: skip
def test_each_caller_in_their_own_words(play: Play, phone: str, words: str) -> None:
    ring(play, phone)
    [(recipient, body)] = told(play)
    assert recipient == phone
    assert str(body).startswith(words)


def test_once_in_ten_minutes_whatever_rings_and_repeats(play: Play) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda turn: (ring if turn % 2 else ring_twilio)(play), range(8)))
    assert {answer.text for answer in answers} == {REJECT}
    assert len(told(play)) == 1
    with play.services.database.begin() as session:
        session.execute(
            text("UPDATE outbox SET created_at = now() - interval '11 minutes', source = 'call:earlier'")
        )
    ring(play)
    assert len(told(play)) == 2


def test_a_stranger_hears_it_once_a_day(play: Play) -> None:
    ring(play, STRANGER)
    with play.services.database.begin() as session:
        session.execute(
            text("UPDATE outbox SET created_at = now() - interval '5 hours', source = 'call:earlier'")
        )
    ring(play, STRANGER)
    assert len(told(play)) == 1


def test_after_stop_a_customer_and_staff_are_still_answered(play: Play) -> None:
    for phone, call in ((ASHA, ring), (COLLECTOR, ring_twilio)):
        play.text(phone, "STOP")
        call(play, phone)
    assert [recipient for recipient, _ in told(play)] == [ASHA, COLLECTOR]


@pytest.mark.parametrize("call", [ring, ring_twilio])
def test_after_stop_a_stranger_is_rejected_and_left_alone_until_start(play: Play, call: object) -> None:
    assert callable(call)
    play.text(STRANGER, "STOP")
    assert call(play, STRANGER).text == REJECT
    assert told(play) == []
    play.text(STRANGER, "START")
    assert call(play, STRANGER).text == REJECT
    assert len(told(play)) == 1


@pytest.mark.parametrize("phone", [*sorted(NAMELESS), "", "anonymous", "Restricted", "+911", "112"])
def test_a_withheld_number_is_rejected_and_not_written_to(play: Play, phone: str) -> None:
    for answer in (ring(play, phone), ring_twilio(play, phone)):
        assert (answer.status_code, answer.text) == (200, REJECT)
    assert told(play) == []


def test_the_notice_that_a_call_is_over_is_no_call(play: Play) -> None:
    answer = ring(play, body=recorded("africastalking/call_over"))
    assert (answer.status_code, answer.text) == (200, "")
    assert told(play) == []


def test_who_may_not_come_in(play: Play) -> None:
    assert ring(play, secret="guess").status_code == 404
    assert ring_twilio(play, token="another-token-of-sixteen").status_code == 403
    assert ring(play, body="isActive=1&callerNumber=1").status_code == 400
    assert told(play) == []


def test_on_the_screen(play: Play) -> None:
    answer = play.client.post("/phone/call", json={"phone": ASHA, "id": "ATUid_9", "twice": True})
    assert answer.json is not None
    assert (answer.json["good"], answer.json["times"]) == (True, 2)
    assert len(told(play)) == 1
