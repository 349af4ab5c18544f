"""Kannel: smsbox calls our URL for every SMS and delivery report, and we call its sendsms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from urllib.parse import quote, urlencode, urlsplit

import urllib3

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
)
from core import gsm
from core.settings import Kannel

REPORTS = {"1": "delivered", "2": "failed", "4": "sent", "8": "sent", "16": "failed"}
"""What `%d` says: delivered, failed, queued at the operator, handed over, refused."""
ALL_REPORTS = 31


class KannelDoor:
    """Texts and reports from smsbox (its `get-url` and our `dlr-url`).

    The form holds every byte as one Latin-1 character: the text's own charset stands beside it.
    """

    name = "kannel"

    def receive(self, form: Mapping[str, str]) -> Inbound:
        if "text" not in form:
            raise BadWebhook("the field text is missing")
        words = decode(form["text"].encode("latin-1"), form.get("charset", ""), form.get("coding", ""))
        text = fields.safe(words, fields.LONGEST_TEXT)
        return fields.sms(self.name, fields.field(form, "id"), fields.field(form, "from"), text)

    def report(self, form: Mapping[str, str]) -> DeliveryReport:
        outcome = fields.field(form, "outcome")
        if outcome not in REPORTS:
            raise BadWebhook("the field outcome is unknown")
        row = fields.own_row(form)
        if row is None:
            raise BadWebhook("the field row is missing")
        reason = f"outcome {outcome}" if REPORTS[outcome] == "failed" else None
        return DeliveryReport(REPORTS[outcome], provider_id=None, row=row, reason=reason)


def decode(raw: bytes, charset: str, coding: str) -> str:
    """The words of a text: `charset` is Kannel's `%C`, `coding` its `%c` (2 is UCS-2)."""
    name = charset.strip().upper()
    if coding.strip() == "2" or name in ("UTF-16BE", "UCS-2", "UCS-2BE", "ISO-10646-UCS-2"):
        return raw.decode("utf-16-be", "replace")
    if name in ("ISO-8859-1", "LATIN1", "LATIN-1", "WINDOWS-1252", "CP1252"):
        return raw.decode("latin-1")
    return raw.decode("utf-8", "replace")


class KannelGateway:
    """Sends through smsbox's /cgi-bin/sendsms; reports come back under our own row number."""

    name = "kannel"

    def __init__(self, settings: Kannel, public_url: str, pool: Executor) -> None:
        self._settings = settings
        self._pool = pool
        self._path = urlsplit(settings.url).path or "/cgi-bin/sendsms"
        self._reports = f"{public_url}/sms/kannel/{settings.secret}/status"
        self._http = urllib3.connection_from_url(
            settings.url,
            maxsize=THREADS,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """One request per message, a few at once."""
        return [outcomes[0] for outcomes in send_each(self._pool, batch, self._send_one)]

    def _send_one(self, message: Outgoing) -> list[Outcome]:
        try:
            answer = self._http.urlopen("GET", f"{self._path}?{self._query(message)}", redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return [judge_error(error)]
        return [judge_answer(answer.status, answer.data)]

    def _query(self, message: Outgoing) -> str:
        query = {
            "username": self._settings.username,
            "password": self._settings.password,
            "from": self._settings.sender,
            "to": message.recipient,
            "text": message.body,
            "charset": "utf-8",
            "coding": "0" if gsm.is_gsm(message.body) else "2",
            "dlr-mask": str(ALL_REPORTS),
            "dlr-url": f"{self._reports}?row={message.id}&outcome=%d",
        }
        if self._settings.dlt_entity:
            template = f"&TEMPLATE_ID={message.dlt}" if message.dlt else ""
            query["meta-data"] = f"?smpp?PE_ID={self._settings.dlt_entity}{template}"
        return urlencode(query, quote_via=quote)


def judge_answer(status: int, body: bytes) -> Outcome:
    """What sendsms says: 202 taken, 503 try later, 403 login refused, other 4xx our fault."""
    if status in (200, 202):
        return Accepted(None)
    if status == 403:
        return Paused("login")
    if status == 503:
        return Later("HTTP 503")
    if 400 <= status < 500:
        return Never(f"HTTP {status}: {body[:80].decode('ascii', 'replace')}")
    return judge_status(status)
