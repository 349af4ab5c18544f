"""WhatsApp's doors: recorded webhooks, Twilio's own signatures both ways, whoever may not come in."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from channels.twilio import TWIML
from core.delivery import claim
from core.settings.media import Media
from tests.channels.sms.test_routes import FORM, payload
from tests.conftest import SECRET
from tests.play import Play


def post(play: Play, path: str, body: str, token: str = SECRET, **headers: str) -> TestResponse:
    form = MultiDict(parse_qsl(body, keep_blank_values=True))
    url = play.settings.public_url + path
    headers["X-Twilio-Signature"] = RequestValidator(token).compute_signature(url, form)
    return play.client.post(path, data=body, content_type=FORM, headers=headers)


def inbound(play: Play) -> list[tuple[object, ...]]:
    return play.services.database.reader.rows("SELECT channel, provider_id, sender, body FROM inbound", {})


@pytest.mark.parametrize(
    ("name", "sender", "given"),
    [
        ("text", "+919800000001", "BAL"),
        ("button", "+919800000001", "yes"),
        ("list", "+919800000001", "2"),
        ("sticker", "+919800000001", ""),
        ("voice", "+919800000001", ""),
        ("contacts", "+919800000001", ""),
        ("document", "+919800000001", ""),
        ("location", "+919800000001", "geo 25.1,85.2"),
        ("scoped", "IN.1234567890", "BAL"),
    ],
)
def test_what_comes_in(play: Play, name: str, sender: str, given: str) -> None:
    answer = post(play, "/whatsapp/twilio", payload(f"twilio/whatsapp_{name}"))
    assert (answer.status_code, answer.text, answer.mimetype) == (200, TWIML, "text/xml")
    assert inbound(play) == [("whatsapp", "SM3a", sender, given)]
    assert len(play.arrivals()) == 1


@pytest.mark.parametrize("words", ["👍", "🙏🏽", "👍 👍", "❤️", "👩‍🌾"])
def test_a_thumb_up_is_answered_kindly_and_costs_no_open_question(play: Play, words: str) -> None:
    play.write("+919800000004", "FAULT")
    [asked] = play.arrivals()
    play.write("+919800000004", words)
    [arrival] = play.arrivals()
    assert arrival.words.startswith("Thank you.")
    assert asked.words in arrival.words


@pytest.mark.parametrize("words", ["2 👍", "BAL 🙏", "?", "1️⃣", "हाँ", "..."])
def test_other_words_stay_as_they_are(play: Play, words: str) -> None:
    play.write("+919800000004", words)
    assert inbound(play)[0][3] == words


def test_a_place_is_kept_on_the_fault_that_is_being_told(play: Play) -> None:
    play.write("+919800000001", "FAULT 2")
    play.arrivals()
    post(play, "/whatsapp/twilio", payload("twilio/whatsapp_location"))
    assert play.scalar("SELECT note FROM request_event") == "25.1,85.2"


def test_a_place_is_kept_on_the_fault_that_is_open(play: Play) -> None:
    play.write("+919800000001", "FAULT 2 1")
    post(play, "/whatsapp/twilio", payload("twilio/whatsapp_location"))
    assert play.scalar("SELECT note FROM request_event WHERE step = 'note'") == "25.1,85.2"


def test_a_place_costs_no_open_question(play: Play) -> None:
    play.write("+919800000001", "FAULT")
    [asked] = play.arrivals()
    post(play, "/whatsapp/twilio", payload("twilio/whatsapp_location"))
    [arrival] = play.arrivals()
    assert asked.words in arrival.words


@pytest.mark.parametrize(("latitude", "longitude"), [("", ""), ("25.1", "x"), ("25.1", "85.2; DROP")])
def test_a_place_without_numbers_is_no_place(play: Play, latitude: str, longitude: str) -> None:
    play.write("+919800000001", "", MessageType="location", Latitude=latitude, Longitude=longitude)
    assert inbound(play)[0][3] == ""


def test_a_repeat_is_answered_once(play: Play) -> None:
    for _ in range(3):
        assert post(play, "/whatsapp/twilio", payload("twilio/whatsapp_text")).status_code == 200
    assert [arrival.channel for arrival in play.arrivals()] == ["whatsapp"]


@pytest.mark.parametrize(
    ("name", "words", "counted"),
    [
        ("text", "PAY 120457 300", "SELECT count(*) FROM payment"),
        ("photo_captioned", "", "SELECT count(*) FROM photo"),
    ],
)
def test_the_same_webhook_many_times_at_once(play: Play, name: str, words: str, counted: str) -> None:
    """Twilio asks again when it has heard nothing: one payment and one answer, one photo."""
    body = payload(f"twilio/whatsapp_{name}").replace("9800000001", "9800000002")
    body = body.replace("Body=BAL", f"Body={quote(words)}") if words else body
    kept = Play(replace(play.settings, media=Media(Path("/nowhere"), 1, 1)))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(kept, "/whatsapp/twilio", body).status_code, range(8)))
    assert answers == [200] * 8
    assert kept.scalar(counted) == 1
    assert kept.scalar("SELECT count(*) FROM inbound") == 1
    assert sum(arrival.phone == "+919800000002" for arrival in kept.arrivals()) == (1 if words else 0)
    kept.close()


@pytest.mark.parametrize("path", ["/whatsapp/twilio", "/whatsapp/twilio/status"])
def test_a_bad_signature_stores_nothing(play: Play, path: str) -> None:
    body = payload("twilio/whatsapp_text")
    assert post(play, path, body, token="another token of Twilio").status_code == 403
    assert play.client.post(path, data=body, content_type=FORM).status_code == 403
    assert inbound(play) == []


@pytest.mark.parametrize("extra", ["", "&Body2=", "&Tag=b&Tag=a&Tag=a", "&Empty=&Empty="])
def test_signatures_hold_behind_a_proxy_with_repeated_and_blank_fields(play: Play, extra: str) -> None:
    forwarded = {"Host": "10.0.0.7", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    path = f"/whatsapp/twilio?a={quote('1 2')}&b="
    answer = post(play, path, payload("twilio/whatsapp_text") + extra, **forwarded)
    assert answer.status_code == 200


@pytest.mark.parametrize("sender", ["+919800000001", "whatsapp:", "whatsapp:nobody", ""])
def test_a_sender_that_is_not_on_whatsapp_is_refused(play: Play, sender: str) -> None:
    assert post(play, "/whatsapp/twilio", f"MessageSid=SM9&Body=BAL&From={quote(sender)}").status_code == 400
    assert inbound(play) == []


def sending(play: Play) -> int:
    """A reply on WhatsApp that is just being sent; gives its row."""
    post(play, "/whatsapp/twilio", payload("twilio/whatsapp_text"))
    with play.services.database.begin() as session:
        from datetime import timedelta

        [message] = claim(session, 10, timedelta(seconds=60))
    return message.id


def state(play: Play) -> tuple[object, ...]:
    return play.services.database.reader.rows("SELECT channel, state, gateway FROM outbox", {})[0]


def test_statuses_move_forward_only(play: Play) -> None:
    path = f"/whatsapp/twilio/status?row={sending(play)}"
    read = payload("twilio/whatsapp_read")
    for body in (read, read, read.replace("=read", "=sent"), payload("twilio/whatsapp_no_whatsapp")):
        assert post(play, path, body).status_code == 200
        assert state(play) == ("whatsapp", "delivered", "twilio-whatsapp")


@pytest.mark.parametrize("code", ["63003", "63010", "63012", "63016", "63018", "63024", "63032", "63049", ""])
def test_what_whatsapp_can_not_bring_goes_by_sms_once(play: Play, code: str) -> None:
    path = f"/whatsapp/twilio/status?row={sending(play)}"
    refused = re.sub("ErrorCode=[0-9]+", f"ErrorCode={code}", payload("twilio/whatsapp_no_whatsapp"))
    for _ in range(2):
        assert post(play, path, refused).status_code == 200
        assert state(play) == ("sms", "queued", None)
    # A report that comes late says nothing of the SMS.
    post(play, path, refused.replace("=undelivered", "=sent"))
    assert state(play) == ("sms", "queued", None)
    [arrival] = play.arrivals()
    assert arrival.channel == "sms"
    post(play, path, refused)
    assert state(play) == ("sms", "delivered", "phone")


@pytest.mark.parametrize("code", ["21610", "63014", "63033"])
def test_who_has_blocked_us_in_the_chat_gets_sms_from_now_on(play: Play, code: str) -> None:
    """A block there is none of SMS: receipts go on, nobody is told that the network refuses them."""
    play.services.database.reader.rows(
        "UPDATE phone SET whatsapp = now() WHERE e164 = '+919800000001' RETURNING 1", {}
    )
    path = f"/whatsapp/twilio/status?row={sending(play)}"
    refused = re.sub("ErrorCode=[0-9]+", f"ErrorCode={code}", payload("twilio/whatsapp_no_whatsapp"))
    for _ in range(2):
        assert post(play, path, refused).status_code == 200
    assert [(arrival.phone, arrival.channel) for arrival in play.arrivals()] == [("+919800000001", "sms")]
    play.text("+919800000002", "PAY 120457 300")
    assert ("+919800000001", "sms") in {(one.phone, one.channel) for one in play.arrivals()}
    told = play.services.database.reader.rows("SELECT purpose, given, channel, words FROM consent", {})
    assert told == [("whatsapp", False, "whatsapp", f"error {code}")]
    assert play.scalar("SELECT unreachable FROM phone WHERE e164 = '+919800000001'") is None
