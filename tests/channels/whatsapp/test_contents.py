"""Widgets on their way to Twilio: a content made once per shape, and plain text wherever it can't be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from channels import http
from channels.message import Accepted, Later, Never, Outcome, Outgoing
from channels.whatsapp.contents import content_of
from channels.whatsapp.twilio import WhatsAppGateway
from core.db import Database
from core.settings import Settings, Twilio
from core.widget import Choice, Widget
from tests.channels.sms.provider import Answer, Provider, Taken
from tests.conftest import Servers, demo_settings

MADE = (Path(__file__).parents[2] / "payloads" / "twilio" / "content_made.json").read_text(encoding="utf-8")
SID = "HX00000000000000000000000000000001"
YES_OR_NO = Widget(
    "buttons",
    "Take Rs 50?",
    (Choice("bl:00000001.00000002:1", "Yes"), Choice("bl:00000001.00000002:2", "No")),
)
LIST = Widget(
    "list",
    "Sorry?\n\nWhat is wrong?",
    (Choice("a", "No light", "No light at all"), Choice("b", "Meter")),
    "Choose",
)
PLAIN = Outgoing(7, "+919800000001", "Take Rs 50?\n1 Yes\n2 No", "reply", "en", 1, "whatsapp", window=True)
ASKING = replace(PLAIN, widget=YES_OR_NO)


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(http.THREADS) as made:
        yield made


@pytest.fixture
def settings(servers: Servers) -> Settings:
    return replace(demo_settings(servers, "postgresql://"), public_url="https://bijli.example")


@pytest.fixture
def gateway(
    provider: Provider, pool: ThreadPoolExecutor, outbox_database: Database, settings: Settings
) -> WhatsAppGateway:
    with outbox_database.begin() as session:
        session.execute(text("DELETE FROM whatsapp_content"))
    return made_gateway(provider, pool, outbox_database, settings)


def made_gateway(
    provider: Provider, pool: ThreadPoolExecutor, database: Database, settings: Settings
) -> WhatsAppGateway:
    account = Twilio("AC1", "0123456789abcdef", None, provider.url)
    return WhatsAppGateway(account, "+911800123456", settings, pool, database)


def twilio(provider: Provider, *, content: Answer, message: Answer | None = None) -> None:
    """What Twilio says to a new content, and to a message that carries one."""
    taken = Answer(201, '{"sid": "SM1"}')

    def answer(asked: Taken) -> Answer:
        if asked.path == "/v1/Content":
            return content
        return message if message and "ContentSid" in asked.fields else taken

    provider.answer = answer


def messages(provider: Provider) -> list[dict[str, str]]:
    """The fields of every message so far."""
    return [taken.fields for taken in provider.taken if taken.path.endswith("/Messages.json")]


def contents(provider: Provider) -> list[dict[str, object]]:
    """Every content that was to be made so far."""
    return [json.loads(taken.body) for taken in provider.taken if taken.path == "/v1/Content"]


def refusal(code: int) -> Answer:
    return Answer(400, json.dumps({"code": code, "message": "no", "status": 400, "more_info": ""}))


def test_buttons(provider: Provider, gateway: WhatsAppGateway) -> None:
    twilio(provider, content=Answer(201, MADE))
    assert gateway.send([ASKING]) == [Accepted("SM1")]
    assert contents(provider) == [
        {key: json.loads(MADE)[key] for key in ("friendly_name", "language", "types", "variables")}
    ]
    [sent] = messages(provider)
    assert sent == {
        "To": "whatsapp:+919800000001",
        "From": "whatsapp:+911800123456",
        "StatusCallback": "https://bijli.example/whatsapp/twilio/status?row=7",
        "ContentSid": SID,
        "ContentVariables": sent["ContentVariables"],
    }
    assert json.loads(sent["ContentVariables"]) == {
        "1": "Take Rs 50?",
        "2": "Yes",
        "3": "bl:00000001.00000002:1",
        "4": "No",
        "5": "bl:00000001.00000002:2",
    }


def test_a_list() -> None:
    content = content_of(LIST)
    assert content is not None
    assert content.name == "bijli_list_101_ds"
    assert content.types == {
        "twilio/list-picker": {
            "body": "{{1}}\n\n{{2}}",
            "button": "{{3}}",
            "items": [
                {"item": "{{4}}", "id": "{{5}}", "description": "{{6}}"},
                {"item": "{{7}}", "id": "{{8}}"},
            ],
        }
    }
    assert content.variables["6"] == "No light at all"


@pytest.mark.parametrize("body", ["x" * 251, "\n".join("x" * 100), ""])
def test_what_does_not_fit_into_variables_is_no_content(body: str) -> None:
    assert content_of(Widget("buttons", body, YES_OR_NO.options)) is None


def test_a_content_is_made_once(
    provider: Provider,
    gateway: WhatsAppGateway,
    pool: ThreadPoolExecutor,
    outbox_database: Database,
    settings: Settings,
) -> None:
    twilio(provider, content=Answer(201, MADE, delay=0.05))
    gateway.send([replace(ASKING, id=number) for number in range(8)])
    made_gateway(provider, pool, outbox_database, settings).send([ASKING])
    assert len(contents(provider)) == 1
    assert [sent["ContentSid"] for sent in messages(provider)] == [SID] * 9


@pytest.mark.parametrize("answer", [refusal(20422), Answer(500, "oops"), Answer(201, "{}"), Answer(201, "?")])
def test_without_a_content_a_question_is_text(
    provider: Provider, gateway: WhatsAppGateway, answer: Answer
) -> None:
    twilio(provider, content=answer)
    for _ in range(2):
        assert gateway.send([ASKING]) == [Accepted("SM1")]
    assert [sent.get("Body") for sent in messages(provider)] == [ASKING.body] * 2
    assert len(contents(provider)) == 1  # not asked for again at once


@pytest.mark.parametrize("code", [21655, 21656, 63005, 63021, 63027, 63028, 63030])
def test_a_refused_content_goes_as_text_at_once(
    provider: Provider, gateway: WhatsAppGateway, outbox_database: Database, code: int
) -> None:
    twilio(provider, content=Answer(201, MADE), message=refusal(code))
    for _ in range(2):
        assert gateway.send([ASKING]) == [Accepted("SM1")]
    assert ["Body" in sent for sent in messages(provider)] == [False, True, True]
    kept = outbox_database.reader.rows("SELECT count(*) FROM whatsapp_content", {})
    assert kept == [(0 if code == 21655 else 1,)]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (refusal(63016), Never("error 63016", elsewhere=True)),
        (refusal(21610), Never("error 21610", blocked=True, elsewhere=True)),
        (
            Answer(429, json.dumps({"code": 20429, "message": "slow", "status": 429})),
            Later("error 20429", slow=True),
        ),
    ],
)
def test_other_refusals_are_not_tried_as_text(
    provider: Provider, gateway: WhatsAppGateway, answer: Answer, outcome: Outcome
) -> None:
    twilio(provider, content=Answer(201, MADE), message=answer)
    assert gateway.send([ASKING]) == [outcome]
    assert len(messages(provider)) == 1
