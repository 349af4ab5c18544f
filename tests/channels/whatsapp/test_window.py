"""The 24 hours after a person's last message, the templates outside them, and SMS where neither serves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
import redis
from sqlalchemy import text

from channels import http
from channels.message import Accepted, Outcome, Outgoing
from channels.sending import drain, make_sender
from channels.whatsapp.twilio import WhatsAppGateway
from core import templates
from core.db import Database
from core.money import Money
from core.outbox import post
from core.settings import Settings, Twilio
from core.templates import Standing
from core.text import Text, render, say
from tests.channels.sms.provider import Answer, Provider
from tests.conftest import Servers, demo_settings

PHONE, HIDDEN = "+919800000001", "IN.77"
PAID = say(
    "receipt.due",
    amount=Money(300_00),
    number="120457",
    balance=Money(150_50),
    receipt="1012600007",
    code="48213",
    service="Bijli Line",
)
SID = "HX000000000000000000000000000000aa"


@dataclass
class ToldSms:
    """An SMS gateway that takes everything."""

    name: str = "kannel"
    taken: list[Outgoing] = field(default_factory=list)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        self.taken.extend(batch)
        return [Accepted("S1") for _ in batch]


@dataclass
class Road:
    """WhatsApp through a Twilio that can be told what to answer, SMS through a gateway that takes all."""

    database: Database
    settings: Settings
    provider: Provider
    gateway: WhatsAppGateway
    redis: redis.Redis
    sms: ToldSms = field(default_factory=ToldSms)

    def heard(self, phone: str, age: str, channel: str = "whatsapp") -> None:
        """A message from somebody, so long ago."""
        with self.database.begin() as session:
            session.execute(
                text(
                    "INSERT INTO inbound (channel, provider, provider_id, sender, body, received_at,"
                    " handled_at) "
                    "VALUES (:channel, 'twilio', :id, :phone, 'hi', now() - CAST(:age AS interval), now())"
                ),
                {"channel": channel, "id": f"{phone}{age}", "phone": phone, "age": age},
            )

    def approve(self, said: Text, language: str, state: str = "approved") -> None:
        """Let WhatsApp have decided on the templates of some words."""
        mine = [
            (one, Standing(one.name, SID, state))
            for one in templates.wanted(self.settings.service_name, self.settings.helpline)
            if (one.key, one.language) == (said.key, language)
        ]
        with self.database.begin() as session:
            templates.keep(session, "AC1", mine)

    def send(self, said: Text | str = PAID, language: str = "en", phone: str = PHONE) -> None:
        """Write a receipt that is to go on WhatsApp, and send it."""
        with self.database.begin() as session:
            post(session, source="one", recipient=phone, kind="receipt", text=said, language=language,
                 channel="whatsapp", default_language="en")  # fmt: skip
        road = make_sender(self.database, [self.sms], self.redis, self.settings, [self.gateway])
        assert drain(road, seconds=20)

    @property
    def row(self) -> tuple[object, ...]:
        """Where the message went: channel, state, and why not on WhatsApp."""
        return self.database.reader.rows("SELECT channel, state, detour FROM outbox", {})[0]

    @property
    def asked(self) -> list[dict[str, str]]:
        """What Twilio was asked to send."""
        return [taken.fields for taken in self.provider.taken]


@pytest.fixture
def road(
    servers: Servers, provider: Provider, outbox_database: Database, redis_client: redis.Redis
) -> Iterator[Road]:
    with outbox_database.begin() as session:
        session.execute(text("DELETE FROM inbound; DELETE FROM whatsapp_template"))
    settings = demo_settings(servers, "postgresql://")
    provider.answer = lambda taken: Answer(201, '{"sid": "SM1"}')
    account = Twilio("AC1", "0123456789abcdef", None, provider.url)
    with ThreadPoolExecutor(http.THREADS) as pool:
        gateway = WhatsAppGateway(account, "+911800123456", settings, pool, outbox_database)
        yield Road(outbox_database, settings, provider, gateway, redis_client)


NO_WAY = "no open window, no approved template"


@pytest.mark.parametrize(
    ("age", "state", "row", "how"),
    [
        ("1 hour", None, ("whatsapp", "sent", None), "Body"),
        ("1 hour", "approved", ("whatsapp", "sent", None), "Body"),
        ("23 hours 54 minutes", None, ("whatsapp", "sent", None), "Body"),
        # Some minutes are kept for the way: WhatsApp counts from when it got the message.
        ("23 hours 56 minutes", None, ("sms", "sent", NO_WAY), None),
        ("25 hours", "approved", ("whatsapp", "sent", None), "ContentSid"),
        ("25 hours", "pending", ("sms", "sent", NO_WAY), None),
        ("25 hours", "rejected", ("sms", "sent", NO_WAY), None),
        ("25 hours", "paused", ("sms", "sent", NO_WAY), None),
        ("25 hours", None, ("sms", "sent", NO_WAY), None),
        (None, "approved", ("whatsapp", "sent", None), "ContentSid"),
        (None, None, ("sms", "sent", NO_WAY), None),
    ],
)
def test_the_road_of_a_receipt(
    road: Road, age: str | None, state: str | None, row: tuple[object, ...], how: str | None
) -> None:
    if age:
        road.heard(PHONE, age)
    if state:
        road.approve(PAID, "en", state)
    road.send()
    assert road.row == row
    assert [how in fields for fields in road.asked] == ([True] if how else [])
    assert len(road.sms.taken) == (row[0] == "sms")


@pytest.mark.parametrize("language", ["en", "hi", "hi-Latn"])
def test_a_template_says_the_same_words(road: Road, language: str) -> None:
    road.approve(PAID, language)
    road.send(language=language)
    [fields] = road.asked
    assert (fields["ContentSid"], "Body" in fields) == (SID, False)
    values = json.loads(fields["ContentVariables"])
    assert set(values.values()) == {"300", "120457", "150.50", "1012600007", "48213"}
    assert all(value in render(PAID, language) for value in values.values())


def test_a_template_of_another_language_is_none(road: Road) -> None:
    road.approve(PAID, "hi")
    road.send(language="en")
    assert road.row == ("sms", "sent", NO_WAY)


def test_an_sms_opens_no_window(road: Road) -> None:
    road.heard(PHONE, "1 hour", channel="sms")
    road.send()
    assert road.row == ("sms", "sent", NO_WAY)


@pytest.mark.parametrize("code", [63003, 63013, 63016, 63024, 63032, 63040, 63041, 63042])
def test_what_whatsapp_refuses_goes_by_sms_once(road: Road, code: int) -> None:
    road.heard(PHONE, "1 hour")
    refused = {"code": code, "message": "no", "status": 400, "more_info": ""}
    road.provider.answer = lambda taken: Answer(400, json.dumps(refused))
    road.send()
    assert road.row == ("sms", "sent", f"error {code}")
    assert (len(road.asked), len(road.sms.taken)) == (1, 1)


@pytest.mark.parametrize("code", [21655, 21656, 63005, 63021, 63027, 63028, 63030])
def test_a_refused_template_goes_by_sms(road: Road, code: int) -> None:
    road.approve(PAID, "en")
    refused = {"code": code, "message": "no", "status": 400, "more_info": ""}
    road.provider.answer = lambda taken: Answer(400, json.dumps(refused))
    road.send()
    assert road.row == ("sms", "sent", f"error {code}")


def test_without_a_number_there_is_no_other_road(road: Road) -> None:
    road.heard(HIDDEN, "25 hours")
    road.send(phone=HIDDEN)
    assert road.row == ("whatsapp", "failed", None)
    assert (road.asked, road.sms.taken) == ([], [])


def test_free_words_have_no_template(road: Road) -> None:
    road.approve(PAID, "en")
    road.send("free words")
    assert road.row == ("sms", "sent", NO_WAY)
    assert replace(road.sms.taken[0], id=0).body == "free words"
