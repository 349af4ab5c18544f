"""Twilio: SMS in, delivery reports, and sending through its SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

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
from channels.sms import form as fields
from channels.sms.http import CONNECT_SECONDS, READ_SECONDS, THREADS, judge_error, judge_status, send_each
from core.phones import read_phone
from core.settings import Twilio

HOST = "https://api.twilio.com"

REPORTS = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
BLOCKED = frozenset({21610, 63014, 63033})
"""Opted out, or blocked by the user: this number must not be texted again."""
SLOW_DOWN = frozenset({20429, 63018})
NO_WAY = frozenset({21408, 21612})
"""This account or number has no way to that country or network; another gateway may."""
LOGIN = frozenset({20003, 20005, 30002})
SENDER = frozenset({21212, 21603, 21606, 21659, 21660, 21661})


class TwilioDoor:
    """Texts (`MessageSid, From, Body`) and reports (`MessageSid, MessageStatus, ErrorCode`)."""

    name = "twilio"

    def receive(self, form: Mapping[str, str]) -> Inbound:
        text = fields.text_field(form, "Body")
        return fields.sms(self.name, fields.field(form, "MessageSid"), fields.field(form, "From"), text)

    def report(self, form: Mapping[str, str]) -> DeliveryReport:
        provider_id = fields.field(form, "MessageSid")
        state = REPORTS.get(fields.field(form, "MessageStatus"))
        if state is None:
            raise BadWebhook("the field MessageStatus is unknown")
        error = fields.safe(form.get("ErrorCode", ""), fields.LONGEST_NAME)
        return DeliveryReport(
            state,
            provider_id,
            row=fields.own_row(form),
            recipient=read_phone(form.get("To", "")),
            reason=f"error {error}" if state == "failed" else None,
            blocked=state == "failed" and error.isdigit() and int(error) in BLOCKED,
        )


class _Http(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's HTTP client with our timeouts and, for a stand-in, another host."""

    def __init__(self, base_url: str | None) -> None:
        super().__init__()
        # Not by the constructor, which takes one figure; requests takes connecting and reading apart.
        self.timeout = (CONNECT_SECONDS, READ_SECONDS)
        self._host = (base_url or HOST).rstrip("/")
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS, pool_block=True))

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        return super().request(method, self._host + url.removeprefix(HOST), *args, **options)


class TwilioGateway:
    """Sends one message per call; its reports carry our own row number in their address."""

    name = "twilio"

    def __init__(self, settings: Twilio, public_url: str, pool: Executor) -> None:
        self._sender = settings.sender
        self._pool = pool
        self._reports = f"{public_url}/sms/twilio/status"
        self._client = Client(
            settings.account_sid,
            settings.auth_token,
            http_client=_Http(settings.base_url),
            environment={"": ""},
        )

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """One request per message, a few at once."""
        return [outcomes[0] for outcomes in send_each(self._pool, batch, self._send_one)]

    def _send_one(self, message: Outgoing) -> list[Outcome]:
        try:
            made = self._client.messages.create(
                to=message.recipient,
                from_=self._sender,
                body=message.body,
                status_callback=f"{self._reports}?row={message.id}",
            )
        except (TwilioRestException, TwilioServiceException) as error:
            return [judge_refusal(error.status, error.code)]
        except requests.RequestException as error:
            return [judge_error(error)]
        except (TwilioException, ValueError):
            return [Unsure("answer not understood")]
        return [Accepted(made.sid)]


def judge_refusal(status: int, code: int | None) -> Outcome:
    """What an error of the API means: its own code first, else the HTTP status."""
    reason = f"error {code}"
    if code in BLOCKED:
        return Never(reason, blocked=True)
    if code in SLOW_DOWN:
        return Later(reason)
    if code in NO_WAY:
        return Never(reason, elsewhere=True)
    if code in LOGIN:
        return Paused("login")
    if code in SENDER:
        return Paused("sender")
    return judge_status(status) if status >= 500 or status in (401, 429) else Never(reason)
