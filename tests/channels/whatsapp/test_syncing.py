"""`bijli whatsapp sync` against a Twilio that keeps contents and approvals."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from core import templates
from core.db import Database
from core.errors import ProviderError, SettingError
from core.settings import Settings, Twilio
from core.templates import Template
from ops import whatsapp
from tests.channels.sms.provider import Answer, Provider, Taken

LISTED = (Path(__file__).parents[2] / "payloads" / "twilio" / "content_and_approvals.json").read_text("utf-8")


@dataclass
class Account:
    """What Twilio keeps: contents by id, and what WhatsApp said of each."""

    contents: dict[str, dict[str, Any]] = field(default_factory=dict)
    submitted: dict[str, dict[str, str]] = field(default_factory=dict)
    verdict: str = "received"
    page: int = 100

    def answer(self, taken: Taken) -> Answer:
        if taken.method == "GET":
            return self._page(int(taken.fields.get("Page", "0")))
        if taken.path.endswith("/ApprovalRequests/whatsapp"):
            sid = taken.path.split("/")[3]
            self.submitted[sid] = json.loads(taken.body)
            return Answer(201, json.dumps({**self.submitted[sid], "status": self.verdict}))
        sid = f"HX{len(self.contents):032x}"
        self.contents[sid] = json.loads(taken.body)
        return Answer(201, json.dumps({"sid": sid}))

    def _page(self, number: int) -> Answer:
        answer = json.loads(LISTED)
        [mould] = answer["contents"]
        shown = list(self.contents.items())[number * self.page : (number + 1) * self.page]
        answer["contents"] = [
            mould | {"sid": sid, "friendly_name": one["friendly_name"], "types": one["types"]}
            | {"approval_requests": self._approval(sid)}
            for sid, one in shown
        ]  # fmt: skip
        if (number + 1) * self.page < len(self.contents):
            address = f"https://content.twilio.com/v1/ContentAndApprovals?Page={number + 1}"
            answer["meta"]["next_page_url"] = address
        return Answer(200, json.dumps(answer))

    def _approval(self, sid: str) -> dict[str, str]:
        asked = self.submitted.get(sid)
        if asked is None:
            return {"status": "unsubmitted"}
        reason = "too many variables" if self.verdict == "rejected" else ""
        return {**asked, "status": self.verdict, "rejection_reason": reason}


@dataclass
class Syncing:
    """The command with its settings, its database and what it said."""

    settings: Settings
    account: Account
    provider: Provider
    said: list[str] = field(default_factory=list)

    def run(self) -> bool:
        self.said.clear()
        return whatsapp.run(self.settings, self.said.append)

    def approved(self) -> dict[str, str]:
        database = Database(self.settings.database_url)
        with database.begin() as session:
            found = templates.approved(session, "AC1")
        database.close()
        return found

    @property
    def wanted(self) -> tuple[Template, ...]:
        return templates.wanted(self.settings.service_name, self.settings.helpline)


@pytest.fixture
def syncing(provider: Provider, settings: Settings) -> Syncing:
    account = Account()
    provider.answer = account.answer
    twilio = Twilio("AC1", "0123456789abcdef", None, provider.url, "+911800123456")
    return Syncing(replace(settings, twilio=twilio, whatsapp_gateways=("twilio",)), account, provider)


def test_what_is_missing_is_made_and_sent_for_approval(syncing: Syncing) -> None:
    assert syncing.run()
    wanted = syncing.wanted
    assert len(syncing.account.contents) == len(syncing.account.submitted) == len(wanted)
    assert syncing.said[-1] == f"{len(wanted)} templates: {len(wanted)} received"
    one = next(template for template in wanted if template.key == "receipt.due")
    [made] = [made for made in syncing.account.contents.values() if made["friendly_name"] == one.name]
    assert made["types"] == {"twilio/text": {"body": one.body}}
    assert made["variables"] == dict(one.examples)
    assert syncing.approved() == {}


def test_again_it_only_looks_and_keeps_what_was_decided(syncing: Syncing) -> None:
    syncing.run()
    syncing.provider.taken.clear()
    syncing.account.verdict, syncing.account.page = "approved", 7
    assert syncing.run()
    assert {taken.method for taken in syncing.provider.taken} == {"GET"}
    assert len(syncing.approved()) == len(syncing.wanted)
    assert len(syncing.said) == 1


def test_a_rejection_is_said_with_its_reason_and_never_asked_again(syncing: Syncing) -> None:
    syncing.run()
    syncing.provider.taken.clear()
    syncing.account.verdict = "rejected"
    assert not syncing.run()
    assert {taken.method for taken in syncing.provider.taken} == {"GET"}
    assert syncing.said[0].endswith("is rejected: too many variables")
    assert syncing.approved() == {}


def test_other_words_are_another_template(syncing: Syncing) -> None:
    syncing.run()
    syncing.account.verdict = "approved"
    syncing.settings = replace(syncing.settings, service_name="Ujala")
    syncing.run()
    syncing.run()
    names = set(syncing.approved())
    assert names == {template.name for template in syncing.wanted}
    assert (
        sum(line.endswith("is not needed any more: it may be deleted at Twilio") for line in syncing.said) > 0
    )


def test_a_template_changed_at_twilio_is_not_sent(syncing: Syncing) -> None:
    syncing.run()
    syncing.account.verdict = "approved"
    content = next(iter(syncing.account.contents.values()))
    content["types"]["twilio/text"]["body"] = "Buy now!"
    assert not syncing.run()
    assert content["friendly_name"] not in syncing.approved()
    assert "was changed at Twilio" in syncing.said[0]


def test_trouble_is_one_line(syncing: Syncing) -> None:
    syncing.provider.answer = lambda taken: Answer(401, "{}")
    with pytest.raises(ProviderError, match="HTTP 401"):
        syncing.run()
    demo = replace(syncing.settings, whatsapp_gateways=("phone",))
    with pytest.raises(SettingError, match="BIJLI_WHATSAPP_GATEWAYS"):
        whatsapp.run(demo, syncing.said.append)
    syncing.settings = replace(syncing.settings, twilio=None)
    with pytest.raises(SettingError, match="TWILIO_WHATSAPP_SENDER"):
        syncing.run()
