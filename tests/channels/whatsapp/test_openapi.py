"""Every kind of request that we send to Twilio is one that its OpenAPI description allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from channels import http
from channels.message import Accepted, Outgoing
from channels.sms.twilio import TwilioGateway
from channels.twilio import make_client
from channels.whatsapp.contents import content_of
from channels.whatsapp.syncing import sync
from channels.whatsapp.twilio import WhatsAppGateway
from core import templates
from core.db import Database
from core.settings import Settings, Twilio
from core.templates import Standing
from core.text import render
from core.widget import Choice, Widget
from tests.channels.sms.provider import Answer, Provider, Taken
from tests.channels.whatsapp.openapi import DESCRIBED, check_request
from tests.channels.whatsapp.test_window import PAID
from tests.conftest import Servers, demo_settings

SID = "HX000000000000000000000000000000aa"
ACCOUNT = "AC000000000000000000000000000000bb"
PLAIN = Outgoing(7, "+919800000001", "भुगतान\n1 हाँ 'ठीक' \"है\"", "reply", "hi", 1, "whatsapp", window=True)
YES_OR_NO = Widget("buttons", "रु 50 लें?\n\nठीक?", (Choice("bl:1.2:1", "हाँ"), Choice("bl:1.2:2", "नहीं")))
LIST = Widget("list", "क्या?", (Choice("a", "बिजली नहीं", "बिजली बिल्कुल नहीं"), Choice("b", "मीटर")), "चुनें")
RECEIPT = replace(
    PLAIN, kind="receipt", template=PAID.key, language="hi", body=render(PAID, "hi"), window=False
)


@pytest.fixture
def account(provider: Provider) -> Twilio:
    def answer(taken: Taken) -> Answer:
        if taken.method == "GET":
            page = {"contents": [], "meta": {"next_page_url": None}}
            if "PageToken" not in taken.fields:
                more = "https://content.twilio.com/v1/ContentAndApprovals?PageSize=500&Page=1&PageToken=x"
                page["meta"] = {"next_page_url": more}
            return Answer(200, json.dumps(page))
        return Answer(201, json.dumps({"sid": SID, "status": "received"}))

    provider.answer = answer
    return Twilio(ACCOUNT, "0123456789abcdef", None, provider.url)


@pytest.fixture
def settings(servers: Servers) -> Settings:
    return replace(demo_settings(servers, "postgresql://"), public_url="https://bijli.example")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(http.THREADS) as made:
        yield made


def test_messages(
    provider: Provider,
    account: Twilio,
    settings: Settings,
    pool: ThreadPoolExecutor,
    outbox_database: Database,
) -> None:
    with outbox_database.begin() as session:
        session.execute(text("DELETE FROM whatsapp_content"))
        wanted = templates.wanted(settings.service_name, settings.helpline)
        mine = [
            (one, Standing(one.name, SID, "approved"))
            for one in wanted
            if (one.key, one.language) == (PAID.key, "hi")
        ]
        templates.keep(session, ACCOUNT, mine)
    whatsapp = WhatsAppGateway(account, "+911800123456", settings, pool, outbox_database)
    sms = TwilioGateway(account, "+15005550006", "https://bijli.example", pool)
    scoped = replace(PLAIN, recipient="IN.1234567890")
    messages = [PLAIN, scoped, replace(PLAIN, widget=YES_OR_NO), replace(PLAIN, widget=LIST), RECEIPT]
    assert whatsapp.send(messages) + sms.send([PLAIN]) == [Accepted(SID)] * 6
    names = [check_request(taken) for taken in provider.taken]
    assert (
        sorted(names)
        == ["POST /2010-04-01/Accounts/{AccountSid}/Messages.json"] * 6 + ["POST /v1/Content"] * 2
    )


def test_templates(provider: Provider, account: Twilio, settings: Settings) -> None:
    sync(make_client(account), templates.wanted(settings.service_name, settings.helpline))
    assert {check_request(taken) for taken in provider.taken} == set(DESCRIBED) - {
        "POST /2010-04-01/Accounts/{AccountSid}/Messages.json"
    }


@pytest.mark.parametrize(
    ("account", "body"),
    [
        (ACCOUNT, "To=%2B919800000001&From=%2B15005550006&Body=x&Nody=x"),
        (ACCOUNT, "To=919800000001&From=%2B15005550006&Body=x"),
        (ACCOUNT, f"To=%2B919800000001&From=%2B15005550006&Body=x&ContentSid={SID}"),
        (ACCOUNT, f"To=%2B919800000001&From=%2B15005550006&MediaUrl=https://x.example/y&ContentSid={SID}"),
        (ACCOUNT, "To=%2B919800000001&From=%2B15005550006&Body=x&MediaUrl=/m/y.png"),
        (ACCOUNT, "To=%2B919800000001&From=%2B15005550006"),
        (ACCOUNT, "To=%2B919800000001&From=%2B15005550006&ContentSid=HX1"),
        (ACCOUNT, "From=%2B15005550006&Body=x"),
        ("AC1", "To=%2B919800000001&From=%2B15005550006&Body=x"),
    ],
)
def test_the_check_finds_what_is_wrong(account: str, body: str) -> None:
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    taken = Taken("POST", path, {}, {"content-type": "application/x-www-form-urlencoded"}, body)
    with pytest.raises(AssertionError):
        check_request(taken)


def test_a_content_within_limits_is_never_blank() -> None:
    content = content_of(LIST)
    assert content is not None
    assert all(content.variables.values())
