"""What each provider answers to a message, and what we make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from channels import http
from channels.message import Accepted, Gateway, Later, Never, Outcome, Outgoing, Paused, Unsure
from channels.sms.africastalking import AfricasTalkingGateway
from channels.sms.kannel import KannelGateway
from channels.sms.twilio import TwilioGateway
from core.settings import AfricasTalking, Kannel, Twilio
from tests.channels.sms.provider import Answer, Provider, Taken

SECRET = "0123456789abcdef"
ENGLISH = Outgoing(7, "+919800000001", "Rs 300 received", "receipt", "en", 1)
HINDI = Outgoing(8, "+919800000002", "रु 300 जमा हुए", "receipt", "hi", 1)


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(http.THREADS) as made:
        yield made


@pytest.fixture
def kannel(provider: Provider, pool: ThreadPoolExecutor) -> Gateway:
    settings = Kannel(SECRET, f"{provider.url}/cgi-bin/sendsms", "u", "p", "BIJLI", "1234567890123456789")
    return KannelGateway(settings, "https://bijli.example", pool)


@pytest.fixture
def africastalking(provider: Provider, pool: ThreadPoolExecutor) -> Gateway:
    return AfricasTalkingGateway(AfricasTalking(SECRET, "sandbox", "key", "BIJLI", provider.url), pool)


@pytest.fixture
def twilio(provider: Provider, pool: ThreadPoolExecutor) -> Gateway:
    return TwilioGateway(
        Twilio("AC1", SECRET, None, provider.url), "+15005550006", "https://bijli.example", pool
    )


def one(gateway: Gateway) -> Outcome:
    [outcome] = gateway.send([ENGLISH])
    return outcome


# Kannel


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (202, "0: Accepted for delivery", Accepted(None)),
        (202, "3: Queued for later delivery", Accepted(None)),
        (503, "Temporal failure, try again later.", Later("HTTP 503")),
        (403, "Authorization failed for sendsms", Paused("login")),
        (400, "Missing receiver", Never("HTTP 400: Missing receiver")),
        (404, "Not found", Never("HTTP 404: Not found")),
        (500, "oops", Unsure("HTTP 500")),
    ],
)
def test_kannel(provider: Provider, kannel: Gateway, status: int, body: str, outcome: Outcome) -> None:
    provider.answer = lambda taken: Answer(status, body, "text/plain")
    assert one(kannel) == outcome


def test_kannel_gets_alphabet_reports_and_dlt_entity(provider: Provider, kannel: Gateway) -> None:
    kannel.send([ENGLISH])
    kannel.send([replace(HINDI, dlt="1107160000000000001")])
    english, hindi = (taken.fields for taken in provider.taken)
    assert (english["coding"], hindi["coding"]) == ("0", "2")
    assert (hindi["text"], hindi["to"], hindi["charset"]) == (HINDI.body, HINDI.recipient, "utf-8")
    assert english["dlr-url"] == f"https://bijli.example/sms/kannel/{SECRET}/status?row=7&outcome=%d"
    assert english["meta-data"] == "?smpp?PE_ID=1234567890123456789"
    assert hindi["meta-data"] == "?smpp?PE_ID=1234567890123456789&TEMPLATE_ID=1107160000000000001"


# Africa's Talking


def recipients(*entries: tuple[str, int]) -> str:
    rows = [
        {
            "statusCode": code,
            "number": number,
            "status": "?",
            "cost": "KES 0.8",
            "messageId": f"ATX{number[-1]}",
        }
        for number, code in entries
    ]
    return json.dumps({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": rows}})


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (100, Accepted("ATX1")),
        (101, Accepted("ATX1")),
        (102, Accepted("ATX1")),
        (401, Unsure("401 held for a risk check")),
        (402, Paused("sender")),
        (403, Never("403 bad number")),
        (404, Never("404 unsupported number", elsewhere=True)),
        (405, Paused("balance")),
        (406, Never("406 blacklisted", blocked=True)),
        (407, Never("407 no route", elsewhere=True)),
        (409, Never("409 do not disturb", blocked=True)),
        (500, Later("500 internal")),
        (501, Later("501 gateway")),
        (502, Later("502 refused by their gateway")),
        (999, Never("999 ?")),
    ],
)
def test_africastalking_names_each_recipient(
    provider: Provider, africastalking: Gateway, code: int, outcome: Outcome
) -> None:
    provider.answer = lambda taken: Answer(201, recipients(("+919800000001", code)))
    assert one(africastalking) == outcome


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, "The supplied authentication is invalid", Paused("login")),
        (429, "slow down", Later("HTTP 429", slow=True)),
        (503, "", Later("HTTP 503")),
        (500, "", Unsure("HTTP 500")),
        (400, "bad", Never("HTTP 400")),
        (201, "<html>not JSON</html>", Unsure("answer not understood")),
        (201, '{"SMSMessageData": {}}', Unsure("answer not understood")),
        (201, '{"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}', Paused("sender")),
        (201, '{"SMSMessageData": {"Message": "?", "Recipients": []}}', Unsure("not named in the answer")),
    ],
)
def test_africastalking_as_a_whole(
    provider: Provider, africastalking: Gateway, status: int, body: str, outcome: Outcome
) -> None:
    provider.answer = lambda taken: Answer(status, body)
    assert one(africastalking) == outcome


def test_africastalking_sends_equal_texts_in_one_call(provider: Provider, africastalking: Gateway) -> None:
    def answer(taken: Taken) -> Answer:
        return Answer(201, recipients(*((phone, 101) for phone in taken.fields["to"].split(","))))

    provider.answer = answer
    batch = [
        Outgoing(1, "+919800000001", "power cut", "notice", "en", 1),
        Outgoing(2, "+919800000002", "power cut", "notice", "en", 1),
        Outgoing(3, "+919800000003", "another", "notice", "en", 1),
        Outgoing(4, "+919800000001", "power cut", "notice", "en", 1),
    ]
    assert africastalking.send(batch) == [
        Accepted("ATX1"),
        Accepted("ATX2"),
        Accepted("ATX3"),
        Accepted("ATX1"),
    ]
    calls = sorted((taken.fields["message"], taken.fields["to"]) for taken in provider.taken)
    assert calls == [
        ("another", "+919800000003"),
        ("power cut", "+919800000001"),
        ("power cut", "+919800000001,+919800000002"),
    ]
    first = provider.taken[0]
    assert (first.path, first.headers["apikey"]) == ("/version1/messaging", "key")
    assert (first.fields["username"], first.fields["from"], first.fields["bulkSMSMode"]) == (
        "sandbox",
        "BIJLI",
        "1",
    )


def test_africastalking_is_not_given_a_bad_number(provider: Provider, africastalking: Gateway) -> None:
    provider.answer = lambda taken: Answer(201, recipients((taken.fields["to"], 101)))
    batch = [replace(ENGLISH, id=1, recipient="VM-BANK"), replace(ENGLISH, id=2)]
    assert africastalking.send(batch) == [Never("bad number"), Accepted("ATX1")]
    assert africastalking.send(batch[:1]) == [Never("bad number")]


# Twilio


def refusal(status: int, code: int) -> Answer:
    return Answer(status, json.dumps({"code": code, "message": "no", "status": status, "more_info": ""}))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(201, '{"sid": "SM1", "status": "queued"}'), Accepted("SM1")),
        (refusal(400, 21610), Never("error 21610", blocked=True)),
        (refusal(400, 63033), Never("error 63033", blocked=True)),
        (refusal(400, 21211), Never("error 21211")),
        (refusal(400, 21614), Never("error 21614")),
        (refusal(400, 21408), Never("error 21408", elsewhere=True)),
        (refusal(400, 21606), Paused("sender")),
        (refusal(401, 20003), Paused("login")),
        (refusal(429, 20429), Later("error 20429", slow=True)),
        (refusal(400, 63018), Later("error 63018", slow=True)),
        (refusal(400, 63016), Never("error 63016", elsewhere=True)),
        (Answer(503, "busy", "text/plain"), Later("HTTP 503")),
        (Answer(500, "oops", "text/plain"), Unsure("HTTP 500")),
        (Answer(201, "not JSON"), Unsure("answer not understood")),
    ],
)
def test_twilio(provider: Provider, twilio: Gateway, answer: Answer, outcome: Outcome) -> None:
    provider.answer = lambda taken: answer
    assert one(twilio) == outcome


def test_twilio_gets_our_row_number_in_the_address_of_reports(provider: Provider, twilio: Gateway) -> None:
    provider.answer = lambda taken: Answer(201, '{"sid": "SM1"}')
    twilio.send([HINDI])
    [taken] = provider.taken
    assert taken.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert taken.fields["StatusCallback"] == "https://bijli.example/sms/twilio/status?row=8"
    assert (taken.fields["To"], taken.fields["From"], taken.fields["Body"]) == (
        HINDI.recipient,
        "+15005550006",
        HINDI.body,
    )


# All of them

ALL = pytest.mark.parametrize("name", ["kannel", "africastalking", "twilio"])


@ALL
def test_no_connection_means_it_never_left(
    provider: Provider, request: pytest.FixtureRequest, name: str
) -> None:
    gateway: Gateway = request.getfixturevalue(name)
    provider.stop()
    assert one(gateway) == Later(http.NO_CONNECTION)
    provider.start()  # for the fixture's end


@ALL
@pytest.mark.parametrize("answer", [Answer(200, "", delay=0.6), Answer(200, "", hang_up=True)])
def test_no_answer_leaves_it_in_doubt(
    provider: Provider,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    answer: Answer,
) -> None:
    for module in ("sms.kannel", "sms.africastalking", "twilio"):
        monkeypatch.setattr(f"channels.{module}.READ_SECONDS", 0.2)
    gateway: Gateway = request.getfixturevalue(name)
    provider.answer = lambda taken: answer
    assert one(gateway) == Unsure(http.NO_ANSWER)


def test_a_gateway_that_stops_is_not_tried_with_the_rest(provider: Provider, kannel: Gateway) -> None:
    provider.answer = lambda taken: Answer(403, "Authorization failed", delay=0.02)
    batch = [Outgoing(n, "+919800000001", "hello", "notice", "en", 1) for n in range(50)]
    assert set(kannel.send(batch)) == {Paused("login")}
    assert len(provider.taken) <= http.THREADS


def test_outcomes_stay_with_their_messages(provider: Provider, kannel: Gateway) -> None:
    def answer(taken: Taken) -> Answer:
        number = int(taken.fields["text"])
        return Answer(202 if number % 3 else 400, str(number), "text/plain", delay=0.001 * (number % 5))

    provider.answer = answer
    batch = [Outgoing(n, "+919800000001", str(n), "notice", "en", 1) for n in range(60)]
    expected = [Accepted(None) if n % 3 else Never(f"HTTP 400: {n}") for n in range(60)]
    assert kannel.send(batch) == expected
