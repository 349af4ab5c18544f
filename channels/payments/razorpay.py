"""Razorpay: payment links over HTTP, and what its signed webhooks say.

Plain HTTP rather than its SDK: three calls, our own time limits, and signatures over bytes.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime
from typing import Any

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

from core.money import MOST
from core.online import Event, Paid, Refund
from core.phones import read_phone
from core.settings import Razorpay

HOST = "https://api.razorpay.com"
TIMEOUT = urllib3.Timeout(connect=3.0, read=10.0)
LONGEST_NOTE = 200
ENDS = {
    "payment_link.paid": "paid",
    "payment_link.expired": "expired",
    "payment_link.cancelled": "cancelled",
}
"""Events that end a link, and how."""
CREDITS = frozenset({"captured", "refunded"})
"""States of a payment whose money is ours, or was."""

_pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)


class Refused(Exception):
    """Razorpay will not make this link, however often it is asked."""


class Away(Exception):
    """Razorpay can't be reached or does not answer now: ask again later."""


def signed(body: bytes, signature: str, razorpay: Razorpay) -> bool:
    """Whether the webhook's signature is right over the raw bytes; an old secret counts during a change."""
    given = signature.encode("utf-8", "replace")
    secrets = [razorpay.webhook_secret, *([razorpay.old_secret] if razorpay.old_secret else [])]
    made = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    return any(hmac.compare_digest(given, each) for each in made)


def read_event(body: bytes) -> Event:
    """What a webhook says, in our words; msgspec.DecodeError or ValueError when it is none of theirs."""
    told = msgspec.json.decode(body, type=_Webhook)
    link, payment, refund = (_entity(told, name) for name in ("payment_link", "payment", "refund"))
    ours = _words(link.get("reference_id")) or None
    return Event(
        paid=_paid(payment, ours) if payment else None,
        refund=_refund(refund) if refund and told.event == "refund.processed" else None,
        link=ours,
        link_state=ENDS.get(told.event),
    )


class _Webhook(msgspec.Struct):
    event: str
    payload: dict[str, dict[str, Any]]


def _entity(told: _Webhook, name: str) -> dict[str, Any]:
    entity = told.payload.get(name, {}).get("entity", {})
    if not isinstance(entity, dict):
        raise ValueError(f"{name} is no object")
    return entity


def _paid(payment: dict[str, Any], link: str | None) -> Paid | None:
    """A payment whose money has come, in rupees; an unpaid one or foreign money is none."""
    if payment.get("status") not in CREDITS or payment.get("currency") != "INR":
        return None
    notes = payment.get("notes") or {}
    if not isinstance(notes, dict):
        notes = {}
    words = map(_words, (payment.get("description"), *notes.values()))
    return Paid(
        reference=_words(payment["id"]),
        paise=_paise(payment),
        payer=read_phone(_words(payment.get("contact"))),
        note=" ".join(word for word in words if word)[:LONGEST_NOTE],
        link=link or _words(notes.get("reference")) or None,
    )


def _refund(refund: dict[str, Any]) -> Refund:
    return Refund(_words(refund["id"]), _words(refund["payment_id"]), _paise(refund))


def _words(value: object) -> str:
    """A value as text that PostgreSQL takes; empty where there is none."""
    return str(value or "").replace("\0", "")


def _paise(entity: dict[str, Any]) -> int:
    amount = entity["amount"]
    if type(amount) is not int or not 0 < amount <= MOST:
        raise ValueError("amount is no whole number of paise, or beyond reason")
    return amount


def make_link(
    razorpay: Razorpay, *, reference: str, paise: int, number: str, expires_at: datetime, callback: str
) -> tuple[str, str]:
    """Make a link and give its id and address; the one of an earlier try, where that arrived.

    Raises Refused or Away.
    """
    body = {
        "amount": paise,
        "currency": "INR",
        "reference_id": reference,
        "description": number,
        "notify": {"sms": False, "email": False},
        "notes": {"reference": reference},
        "expire_by": int(expires_at.timestamp()),
        "callback_url": callback,
        "callback_method": "get",
    }
    status, answer = _call(razorpay, "POST", "", body)
    if status == 200:
        return _id_and_url(answer)
    # Only a repeat can meet a link of the same reference: the answer to the first try was lost.
    before = _links_of(razorpay, reference) if status == 400 else []
    if not before:
        raise Refused(f"HTTP {status}")
    return _id_and_url(before[0])


def _links_of(razorpay: Razorpay, reference: str) -> list[dict[str, Any]]:
    status, answer = _call(razorpay, "GET", f"?reference_id={reference}", None)
    links = answer.get("payment_links")
    if status != 200 or not isinstance(links, list):
        return []
    return [one for one in links if isinstance(one, dict) and one.get("reference_id") == reference]


def _id_and_url(link: dict[str, Any]) -> tuple[str, str]:
    provider, url = link.get("id"), link.get("short_url")
    if not isinstance(provider, str) or not isinstance(url, str):
        raise Away("no link in the answer")
    return provider, url


def _call(
    razorpay: Razorpay, method: str, tail: str, body: dict[str, Any] | None
) -> tuple[int, dict[str, Any]]:
    login = b64encode(f"{razorpay.key_id}:{razorpay.key_secret}".encode()).decode()
    try:
        answer = _pool.request(
            method,
            f"{razorpay.base_url or HOST}/v1/payment_links{tail}",
            body=None if body is None else msgspec.json.encode(body),
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        if answer.status in (401, 403, 429) or answer.status >= 500:
            raise Away(f"HTTP {answer.status}")
        found = msgspec.json.decode(answer.data, type=dict[str, Any])
    except (HTTPError, msgspec.MsgspecError) as error:
        raise Away(type(error).__name__) from error
    return answer.status, found
