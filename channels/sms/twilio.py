"""Twilio: SMS in, delivery reports, and sending through its SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor

from channels import form as fields
from channels.http import send_each
from channels.message import DeliveryReport, Inbound, Outcome, Outgoing
from channels.twilio import create, make_client, read_report
from core.settings import Twilio


class TwilioDoor:
    """Texts (`MessageSid, From, Body`) and reports (`MessageSid, MessageStatus, ErrorCode`)."""

    name = "twilio"

    def receive(self, form: Mapping[str, str]) -> Inbound:
        text = fields.text_field(form, "Body")
        return fields.sms(self.name, fields.field(form, "MessageSid"), fields.field(form, "From"), text)

    def report(self, form: Mapping[str, str]) -> DeliveryReport:
        return read_report(form)


class TwilioGateway:
    """Sends one message per call; its reports carry our own row number in their address."""

    name = "twilio"

    def __init__(self, settings: Twilio, sender: str, public_url: str, pool: Executor) -> None:
        self._sender = sender
        self._pool = pool
        self._reports = f"{public_url}/sms/twilio/status"
        self._client = make_client(settings)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """One request per message, a few at once."""
        return [outcomes[0] for outcomes in send_each(self._pool, batch, self._send_one)]

    def _send_one(self, message: Outgoing) -> list[Outcome]:
        reports = f"{self._reports}?row={message.id}"
        to, body = message.recipient, message.body
        return [create(self._client, to=to, sender=self._sender, body=body, reports=reports)]
