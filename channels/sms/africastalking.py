"""Africa's Talking: SMS in, delivery reports, and sending through its SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import requests
from africastalking.Service import validate_phone
from africastalking.SMS import SMSService
from requests.adapters import HTTPAdapter

from channels import form as fields
from channels.http import CONNECT_SECONDS, READ_SECONDS, THREADS, judge_error, judge_status, send_each
from channels.message import (
    Accepted,
    BadWebhook,
    DeliveryReport,
    Inbound,
    Later,
    Never,
    Outcome,
    Outgoing,
    Paused,
    Unsure,
)
from core.phones import read_phone
from core.settings import AfricasTalking

REPORTS = {
    "Success": "delivered",
    "Sent": "sent",
    "Submitted": "sent",
    "Buffered": "sent",
    "Rejected": "failed",
    "Failed": "failed",
    "Expired": "failed",
    "AbsentSubscriber": "failed",
}
BLOCKED = frozenset({"UserInBlackList", "UserInBlacklist", "DoNotDisturbRejection", "UserDoesNotExist"})
"""As a report's status or as its reason: this number must not be texted again."""

REFUSALS: Mapping[int, Outcome] = {
    # Held for a check of theirs: it may still go out, so it must not go out twice at once.
    401: Unsure("401 held for a risk check"),
    402: Paused("sender"),
    403: Never("403 bad number"),
    404: Never("404 unsupported number", elsewhere=True),
    405: Paused("balance"),
    406: Never("406 blacklisted", blocked=True),
    407: Never("407 no route", elsewhere=True),
    409: Never("409 do not disturb", blocked=True),
    500: Later("500 internal"),
    501: Later("501 gateway"),
    502: Later("502 refused by their gateway"),
}


class AfricasTalkingDoor:
    """Texts (`id, from, to, text, date`) and reports (`id, status, phoneNumber, failureReason`)."""

    name = "africastalking"

    def receive(self, form: Mapping[str, str]) -> Inbound:
        text = fields.text_field(form, "text")
        return fields.sms(self.name, fields.field(form, "id"), fields.field(form, "from"), text)

    def report(self, form: Mapping[str, str]) -> DeliveryReport:
        provider_id, status = fields.field(form, "id"), fields.field(form, "status")
        reason = fields.safe(form.get("failureReason", "").strip(), fields.LONGEST_NAME)
        blocked = status in BLOCKED or reason in BLOCKED
        state = "failed" if blocked else REPORTS.get(status)
        if state is None:
            raise BadWebhook("the field status is unknown")
        phone = read_phone(form.get("phoneNumber", ""))
        why = " ".join(filter(None, (status, reason))) if state == "failed" else None
        return DeliveryReport(state, provider_id, recipient=phone, reason=why, blocked=blocked)


class _Service(SMSService):  # type: ignore[misc]  # the SDK has no types
    """The SDK's request, on kept-alive connections and with the HTTP status at hand."""

    def __init__(self, settings: AfricasTalking) -> None:
        super().__init__(settings.username, settings.api_key)
        if settings.base_url:
            self._baseUrl = settings.base_url.rstrip("/") + "/version1"
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS, pool_block=True))

    def _make_request(
        self, url: str, method: str, headers: dict[str, str], data: dict[str, Any], params: None, **_: object
    ) -> requests.Response:
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        return self._session.request(
            method, url, headers=headers, data=data, params=params, timeout=timeout, allow_redirects=False
        )


class AfricasTalkingGateway:
    """Sends with one call per distinct text; its answer names each recipient's own outcome."""

    name = "africastalking"

    def __init__(self, settings: AfricasTalking, pool: Executor) -> None:
        self._sender = settings.sender
        self._pool = pool
        self._service = _Service(settings)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """Group equal texts, a few calls at once."""
        # One bad number would make the SDK refuse the whole call.
        found: dict[int, Outcome] = {
            message.id: Never("bad number") for message in batch if not validate_phone(message.recipient)
        }
        groups = _same_text([message for message in batch if message.id not in found])
        for group, outcomes in zip(groups, send_each(self._pool, groups, self._send_group), strict=True):
            # A group that was not tried has one outcome for all of it.
            every = outcomes if len(outcomes) == len(group) else outcomes * len(group)
            found.update(zip((message.id for message in group), every, strict=True))
        return [found[message.id] for message in batch]

    def _send_group(self, group: Sequence[Outgoing]) -> list[Outcome]:
        phones = [message.recipient for message in group]
        try:
            answer: requests.Response = self._service.send(group[0].body, phones, self._sender)
        except requests.RequestException as error:
            return [judge_error(error)] * len(group)
        if not 200 <= answer.status_code < 300:
            return [judge_status(answer.status_code)] * len(group)
        try:
            said = answer.json()["SMSMessageData"]
            return judge_answer(phones, str(said.get("Message", "")), said["Recipients"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return [Unsure("answer not understood")] * len(group)


def _same_text(batch: Sequence[Outgoing]) -> Sequence[Sequence[Outgoing]]:
    """Messages of one text and different phones together: the provider takes a phone once per call."""
    groups: dict[tuple[str, int], list[Outgoing]] = {}
    times: dict[tuple[str, str], int] = {}
    for message in batch:
        key = (message.body, message.recipient)
        times[key] = times.get(key, 0) + 1
        groups.setdefault((message.body, times[key]), []).append(message)
    return list(groups.values())


def judge_answer(phones: Sequence[str], words: str, recipients: Sequence[Mapping[str, Any]]) -> list[Outcome]:
    """One outcome per phone; a phone the answer does not name may or may not have been taken."""
    if not recipients and words in ("InvalidSenderId", "InsufficientBalance"):
        trouble: Outcome = Paused("sender" if words == "InvalidSenderId" else "balance")
        return [trouble] * len(phones)
    named = {str(entry["number"]): _judge_recipient(entry) for entry in recipients}
    return [named.get(phone, Unsure("not named in the answer")) for phone in phones]


def _judge_recipient(entry: Mapping[str, Any]) -> Outcome:
    code = int(entry["statusCode"])
    if code in (100, 101, 102):
        return Accepted(str(entry["messageId"]))
    return REFUSALS.get(code, Never(f"{code} {str(entry.get('status', ''))[:40]}".strip()))
