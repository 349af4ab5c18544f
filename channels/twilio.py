"""Twilio, whatever the channel: its SDK with our timeouts, its reports, what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, TypeGuard

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from channels import form as fields
from channels.http import CONNECT_SECONDS, READ_SECONDS, THREADS, judge_error, judge_status
from channels.message import Accepted, BadWebhook, DeliveryReport, Later, Never, Outcome, Paused, Unsure
from core.phones import read_phone
from core.settings import Twilio

HOST = "https://api.twilio.com"
CONTENT_HOST = "https://content.twilio.com"
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Got it, and no instant reply."""
WHATSAPP = "whatsapp:"
"""What an address on WhatsApp begins with."""

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
"""Opted out, or blocked by the user: nothing may go this way again."""
SLOW_DOWN = frozenset({20429, 63018})
NO_WAY = frozenset({21408, 21612})
"""This account or number has no way to that country or network; another gateway may."""
NOT_ON_WHATSAPP = frozenset({63003, 63013, 63016, 63024, 63032, 63040, 63041, 63042})
"""No WhatsApp at that number, or WhatsApp lets nothing of ours through to it; its window closed; its template
rejected, paused, disabled: an SMS may do."""
CONTENT_REFUSED = frozenset({21655, 21656, 63005, 63021, 63027, 63028, 63030})
"""WhatsApp or Twilio does not take this content or its variables: the words as plain text may do."""
MEDIA_REFUSED = frozenset({11200, 11205, 11750, 12300, 21620, 21622, 21623, 30019, 63019})
"""Twilio or WhatsApp could not fetch a picture, or does not take it: the words alone may do."""
CONTENT_GONE = Never("error 21655")
LOGIN = frozenset({20003, 20005, 30002})
SENDER = frozenset({21212, 21603, 21606, 21659, 21660, 21661})


def read_report(form: Mapping[str, str], channel: str = "sms") -> DeliveryReport:
    """What a status callback says of a message.

    What WhatsApp gave up, for whatever reason, may go another way.
    """
    state = REPORTS.get(fields.field(form, "MessageStatus"))
    if state is None:
        raise BadWebhook("the field MessageStatus is unknown")
    error = fields.safe(form.get("ErrorCode", ""), fields.LONGEST_NAME)
    code = int(error) if state == "failed" and error.isascii() and error.isdigit() else 0
    return DeliveryReport(
        state,
        fields.field(form, "MessageSid"),
        row=fields.own_row(form),
        recipient=read_phone(form.get("To", "").removeprefix(WHATSAPP)),
        reason=f"error {error}" if state == "failed" else None,
        blocked=code in BLOCKED,
        elsewhere=channel == "whatsapp" and state == "failed",
        bare=code in MEDIA_REFUSED | CONTENT_REFUSED,
        channel=channel,
    )


class _Http(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's HTTP client with our timeouts and, for a stand-in, another host."""

    def __init__(self, base_url: str | None) -> None:
        super().__init__()
        # Not by the constructor, which takes one figure; requests takes connecting and reading apart.
        self.timeout = (CONNECT_SECONDS, READ_SECONDS)
        self._host = None if base_url is None else base_url.rstrip("/")
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS, pool_block=True))

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        if self._host is not None:
            url = self._host + url.removeprefix(HOST).removeprefix(CONTENT_HOST)
        return super().request(method, url, *args, **options)


def make_client(settings: Twilio) -> Client:
    """The SDK's client for one account."""
    return Client(
        settings.account_sid,
        settings.auth_token,
        http_client=_Http(settings.base_url),
        environment={"": ""},
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """A content by its id (HX…), with what fills its variables."""

    sid: str
    variables: Mapping[str, str]

    @property
    def fields(self) -> dict[str, str]:
        """How the SDK wants them; Twilio refuses an empty list of variables."""
        filled = json.dumps(dict(self.variables), ensure_ascii=False)
        return {"content_sid": self.sid} | ({"content_variables": filled} if self.variables else {})


def create(
    client: Client,
    *,
    to: str,
    sender: str,
    reports: str,
    body: str | None = None,
    content: Filled | None = None,
    picture: str | None = None,
) -> Outcome:
    """Send one message, of words or of a content; `reports` is the address of its status callbacks.

    `picture` is the address from which Twilio fetches what is shown above the words.
    """
    what: dict[str, Any] = {"body": body} if content is None else dict(content.fields)
    if picture is not None:
        what["media_url"] = [picture]
    try:
        made = client.messages.create(to=to, from_=sender, status_callback=reports, **what)
    except (TwilioRestException, TwilioServiceException) as error:
        return judge_refusal(error.status, error.code)
    except requests.RequestException as error:
        return judge_error(error)
    except (TwilioException, ValueError):
        return Unsure("answer not understood")
    return Accepted(made.sid)


def judge_refusal(status: int, code: int | None) -> Outcome:
    """What an error of the API means: its own code first, else the HTTP status."""
    reason = f"error {code}"
    if code in BLOCKED:
        return Never(reason, blocked=True)
    if code in SLOW_DOWN:
        return Later(reason, slow=True)
    if code in NO_WAY or code in NOT_ON_WHATSAPP:
        return Never(reason, elsewhere=True)
    if code in LOGIN:
        return Paused("login")
    if code in SENDER:
        return Paused("sender")
    return judge_status(status) if status >= 500 or status in (401, 429) else Never(reason)


def refuses_content(outcome: Outcome) -> TypeGuard[Never]:
    """Whether only the content was refused, so that the same words may go as text."""
    return _refuses(outcome, CONTENT_REFUSED)


def refuses_picture(outcome: Outcome) -> TypeGuard[Never]:
    """Whether only the picture was refused, so that the words may go alone."""
    return _refuses(outcome, CONTENT_REFUSED | MEDIA_REFUSED)


def _refuses(outcome: Outcome, codes: Set[int]) -> TypeGuard[Never]:
    return isinstance(outcome, Never) and outcome.reason in {f"error {code}" for code in codes}
