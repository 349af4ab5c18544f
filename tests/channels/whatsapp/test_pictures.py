"""Pictures beside words on WhatsApp: receipts, bills, UPI codes; the words alone where they can't go."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from PIL import Image
from sqlalchemy import text

from channels.reports import take_report
from channels.sending import drain, make_sender
from channels.twilio import read_report
from channels.whatsapp.twilio import WhatsAppGateway
from core import picture
from core.outbox import post
from core.picture import Picture
from core.settings import Twilio, Upi
from tests.channels.sms.provider import Answer, Provider
from tests.channels.whatsapp.openapi import check_request
from tests.channels.whatsapp.test_window import PAID, PHONE, Road, road
from tests.play import Play

__all__ = ["road"]

ASHA, RAMESH = "+919800000001", "+919800000002"
SHOWN = Picture("receipt", 7)
ACCOUNT = "AC000000000000000000000000000000bb"


@pytest.fixture
def public(road: Road, provider: Provider) -> Road:
    """A service that Twilio can reach, and somebody who has just written to it."""
    settings = replace(road.settings, public_url="https://bijli.example")
    account = Twilio(ACCOUNT, "0123456789abcdef", None, provider.url)
    pool = road.gateway._pool
    gateway = WhatsAppGateway(account, "+911800123456", settings, pool, road.database)
    road.heard(PHONE, "1 hour")
    return replace(road, settings=settings, gateway=gateway)


def send(road: Road, source: str = "one") -> None:
    with road.database.begin() as session:
        post(session, source=source, recipient=PHONE, kind="receipt", text=PAID.beside(SHOWN),
             language="en", channel="whatsapp", default_language="en")  # fmt: skip
    assert drain(
        make_sender(road.database, [road.sms], road.redis, road.settings, [road.gateway]), seconds=20
    )


def row(road: Road) -> tuple[object, ...]:
    return road.database.reader.rows("SELECT channel, state, detour, picture FROM outbox", {})[0]


STORED = {"of": "receipt", "id": 7}


def test_a_receipt_goes_with_its_picture(public: Road) -> None:
    send(public)
    assert row(public) == ("whatsapp", "sent", None, STORED)
    [fields] = public.asked
    assert check_request(public.provider.taken[0])
    assert fields["Body"].startswith("Rs 300 received")
    address = fields["MediaUrl"]
    assert address.startswith("https://bijli.example/m/")
    assert address.endswith(".png")
    for told in ("9800000001", "120457", "1012600007", "Asha"):
        assert told not in address
    token = address.rpartition("/")[2].removesuffix(".png")
    assert picture.opened(public.settings, token) == (SHOWN, "en")


def test_a_service_that_nobody_can_reach_sends_words_alone(road: Road) -> None:
    road.heard(PHONE, "1 hour")
    send(road)
    assert ["MediaUrl" in fields for fields in road.asked] == [False]


def test_outside_the_window_there_is_no_picture(public: Road) -> None:
    with public.database.begin() as session:
        session.execute(text("DELETE FROM inbound"))
    public.approve(PAID, "en")
    with public.database.begin() as session:
        session.execute(text("UPDATE whatsapp_template SET account = :account"), {"account": ACCOUNT})
    send(public)
    [fields] = public.asked
    assert ("ContentSid" in fields, "MediaUrl" in fields) == (True, False)


@pytest.mark.parametrize("code", [11200, 12300, 21620, 63005, 63019, 63021])
def test_a_refused_picture_leaves_the_words_at_once(public: Road, code: int) -> None:
    refused = {"code": code, "message": "no", "status": 400, "more_info": ""}
    public.provider.answer = lambda taken: (
        Answer(400, json.dumps(refused)) if "MediaUrl" in taken.fields else Answer(201, '{"sid": "SM1"}')
    )
    send(public)
    assert row(public) == ("whatsapp", "sent", f"no picture: error {code}", STORED)
    assert ["MediaUrl" in fields for fields in public.asked] == [True, False]
    assert public.sms.taken == []


def report(road: Road, code: int) -> None:
    id_ = road.database.reader.rows("SELECT id FROM outbox", {})[0][0]
    form = {"MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": str(code), "row": str(id_),
            "From": "whatsapp:+911800123456", "To": f"whatsapp:{PHONE}"}  # fmt: skip
    take_report(road.database, road.redis, "en", "twilio-whatsapp", read_report(form, "whatsapp"))


@pytest.mark.parametrize("code", [12300, 63005, 63019])
def test_a_picture_that_could_not_be_fetched_leaves_the_words_once(public: Road, code: int) -> None:
    send(public)
    report(public, code)
    assert row(public) == ("whatsapp", "queued", f"no picture: error {code}", None)
    report(public, code)
    assert drain(
        make_sender(public.database, [public.sms], public.redis, public.settings, [public.gateway]),
        seconds=20,
    )
    assert sum("MediaUrl" in fields for fields in public.asked) == 1


def test_words_that_fail_for_a_picture_they_have_not_go_by_sms(public: Road) -> None:
    send(public)
    report(public, 63019)
    drain(
        make_sender(public.database, [public.sms], public.redis, public.settings, [public.gateway]),
        seconds=20,
    )
    assert row(public)[:2] == ("whatsapp", "sent")
    report(public, 63019)
    assert row(public)[:2] == ("sms", "queued")
    assert len(public.asked) == 2


def fetched(play: Play, shown: Picture, language: str = "en") -> Image.Image:
    answer = play.client.get(picture.path(play.settings, shown, language))
    assert answer.status_code == 200
    assert answer.mimetype == "image/png"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert len(answer.data) < 60_000
    return Image.open(io.BytesIO(answer.data))


@pytest.mark.parametrize("language", ["en", "hi", "hi-Latn"])
@pytest.mark.parametrize("of", ["receipt", "bill"])
def test_a_receipt_and_a_bill_are_drawn(play: Play, of: Literal["receipt", "bill"], language: str) -> None:
    play.text(RAMESH, "PAY 120457 300")
    id_ = play.scalar(f"SELECT id FROM {of} ORDER BY id LIMIT 1")
    drawn = fetched(play, Picture(of, int(str(id_))), language)
    assert drawn.width > 590
    assert drawn.height > 830


@pytest.fixture
def paid(play: Play) -> Iterator[Play]:
    """The service with a UPI address."""
    with closing(Play(replace(play.settings, upi=Upi("bijli@bank", "Bijli Line")))) as made:
        yield made


def test_a_upi_code_is_drawn_while_something_is_owed(paid: Play) -> None:
    line = int(str(paid.scalar("SELECT id FROM connection WHERE number = '120457'")))
    assert fetched(paid, Picture("upi", line)).width > 300
    assert fetched(paid, Picture("upi", line, 50_00)).width > 300
    ahead = int(str(paid.scalar("SELECT id FROM connection WHERE number = '120465'")))
    assert paid.client.get(picture.path(paid.settings, Picture("upi", ahead), "en")).status_code == 404


def test_an_address_that_was_changed_or_is_old_shows_nothing(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.text(RAMESH, "PAY 120457 300")
    path = picture.path(play.settings, Picture("receipt", 1), "en")
    assert play.client.get(path).status_code == 200
    assert play.client.get(path.replace("/m/", "/m/x")).status_code == 404
    assert play.client.get("/m/x.png").status_code == 404
    assert play.client.get(picture.path(play.settings, Picture("receipt", 999), "en")).status_code == 404
    monkeypatch.setattr(picture, "LIFE", timedelta(seconds=-1))
    assert play.client.get(path).status_code == 404


def test_a_bill_asked_for_comes_as_a_picture(play: Play) -> None:
    play.write(ASHA, "BILL")
    [message] = play.arrivals()
    assert message.picture is not None
    assert message.picture.of == "bill"
    play.text(ASHA, "BILL")
    [message] = play.arrivals()
    assert message.channel == "sms"


def test_upi_is_offered_with_its_code(paid: Play) -> None:
    paid.write(ASHA, "LINK 50")
    [message] = paid.arrivals()
    line = int(str(paid.scalar("SELECT id FROM connection WHERE number = '120457'")))
    assert message.picture == Picture("upi", line, 50_00)
    assert "/pay/" in message.words


def test_the_phone_on_the_screen_shows_the_picture(play: Play) -> None:
    play.write(ASHA, "BILL")
    play.deliver()
    news = play.client.get("/phone/news", query_string={"phone": ASHA}).json
    assert news is not None
    [letter] = [letter for letter in news["letters"] if not letter["mine"]]
    assert play.client.get(letter["picture"]).mimetype == "image/png"
