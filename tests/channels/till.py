"""The small world with Razorpay at its door: what it posts to us, and its HTTP edge."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from flask.testing import FlaskClient

from core.settings import Razorpay
from tests.play import Play

PAYLOADS = Path(__file__).parents[1] / "payloads" / "razorpay"
ASHA, RAMESH, IN_CHARGE, PAYER = "+919800000001", "+919800000002", "+919800000003", "+919811111111"
SECRET, OLD = "the-webhook-secret-of-now", "the-webhook-secret-before"
_events = count(1)


def razorpay(base_url: str | None = None) -> Razorpay:
    return Razorpay("rzp_test_0001", "an-api-secret-of-ours", SECRET, OLD, base_url)


def body_of(name: str, reference: str = "") -> bytes:
    return (PAYLOADS / f"{name}.json").read_text(encoding="utf-8").replace("<reference>", reference).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Till:
    """The small world with Razorpay in it; `reference` is Asha's open link of Rs 300."""

    play: Play
    reference: str = ""

    def ask(self, rupees: str = "300") -> None:
        self.play.text(ASHA, f"LINK {rupees}")
        self.reference = str(self.play.scalar("SELECT max(reference) FROM payment_link"))

    def tell(self, name: str, id_: str | None = None, secret: str = SECRET) -> int:
        return post(self.play.client, body_of(name, self.reference), id_, secret)

    def counts(self) -> tuple[object, object, object]:
        """Payments that stand, receipts, and what Asha owes."""
        return (
            self.play.scalar("SELECT count(*) FROM payment WHERE reversal_id IS NULL"),
            self.play.scalar("SELECT count(*) FROM receipt"),
            self.dues(),
        )

    def dues(self) -> int:
        return int(
            str(
                self.play.scalar(
                    "SELECT balance_paise FROM account JOIN connection ON connection.id = connection_id "
                    "WHERE kind = 'dues' AND number = '120457'"
                )
            )
        )

    def in_account(self, kind: str) -> int:
        return int(
            str(
                self.play.scalar(f"SELECT coalesce(sum(balance_paise), 0) FROM account WHERE kind = '{kind}'")
            )
        )


def post(client: FlaskClient, body: bytes, id_: str | None = None, secret: str = SECRET) -> int:
    headers = {"X-Razorpay-Signature": signature(body, secret)}
    headers["X-Razorpay-Event-Id"] = id_ or f"event-{next(_events)}"
    return client.post("/payments/razorpay", data=body, headers=headers).status_code


@dataclass
class Shop:
    """Razorpay's HTTP edge; `answers` are given one after the other."""

    answers: list[tuple[int, bytes]]
    asked: list[str] = field(default_factory=list)
