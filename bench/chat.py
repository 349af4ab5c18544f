"""What a hop on WhatsApp costs beside the same hop by USSD: signature, storing and the outbox included.

A hop by USSD is answered in its own response. A message on WhatsApp is stored before anything else, and
its answer is written to the outbox, so that neither is ever lost: two commits that USSD does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

from twilio.request_validator import RequestValidator

from bench import service
from bench.contest import CONNECTIONS
from bench.load import LoadError, Shot, drive, form_post
from bench.population import Household, household
from bench.rig import Served

ROUNDS = 3
SECONDS = 1.0
CALLERS = 4_000
"""Households that write and dial; all of them are known after the first round, which does not count."""
PATH = "/whatsapp/twilio"
SENDER = "+911800123456"


@dataclass(frozen=True)
class ChatFigures:
    """Hops a second, per round, of a menu and the balance after it."""

    ussd: Sequence[float]
    whatsapp: Sequence[float]

    @property
    def ratio(self) -> float:
        """How many times as much a hop on WhatsApp costs as one by USSD: the median of the rounds."""
        return median(ussd / chat for ussd, chat in zip(self.ussd, self.whatsapp, strict=True))

    def line(self) -> str:
        return (
            f"A hop on WhatsApp costs {self.ratio:.2f} times one by USSD "
            f"({median(self.whatsapp):,.0f} and {median(self.ussd):,.0f} a second)."
        )


def settings(auth_token: str) -> dict[str, str]:
    """What the service needs besides to be written to on WhatsApp."""
    return {
        "TWILIO_ACCOUNT_SID": f"AC{0:032x}",
        "TWILIO_AUTH_TOKEN": auth_token,
        "TWILIO_WHATSAPP_SENDER": SENDER,
    }


def measure(at: Served, env: dict[str, str]) -> ChatFigures:
    """Alternate the two, in short rounds; the first warms up."""
    rounds = [_round(at, env) for _ in range(ROUNDS + 1)][1:]
    return ChatFigures([ussd for ussd, _ in rounds], [chat for _, chat in rounds])


def _round(at: Served, env: dict[str, str]) -> tuple[float, float]:
    callers = [household(index) for index in range(CALLERS)]
    dialled = [f"ATUid_{uuid4().hex}" for _ in callers]
    path = service.ussd_path(env)
    ussd = [
        [_dial(at, path, caller, session, text) for caller, session in zip(callers, dialled, strict=True)]
        for text in ("", "1")
    ]
    validator = RequestValidator(env["TWILIO_AUTH_TOKEN"])
    chats = [
        [_write(at, env["BIJLI_PUBLIC_URL"], validator, caller, body) for caller in callers]
        for body in ("MENU", "1")
    ]
    return _rate(at, ussd), _rate(at, chats)


def _rate(at: Served, steps: Sequence[Sequence[Shot]]) -> float:
    """Hops a second over the two steps of the same talks."""
    first = drive(at.port, steps[0], connections=CONNECTIONS, seconds=SECONDS)
    opened = steps[1][: len(first.latencies)]
    second = drive(at.port, opened, connections=CONNECTIONS, seconds=SECONDS)
    for volley in (first, second):
        if volley.wrong:
            raise LoadError(f"{len(volley.wrong)} wrong answers, the first one: {volley.wrong[0]!r}")
    return (len(first.latencies) + len(second.latencies)) / (first.seconds + second.seconds)


def _dial(at: Served, path: str, caller: Household, session: str, text: str) -> Shot:
    body = {"sessionId": session, "phoneNumber": caller.phone, "networkCode": "40470",
            "serviceCode": "*384*77#", "text": text}  # fmt: skip
    return form_post(at.port, path, urlencode(body), caller.due if text else "CON ")


def _write(at: Served, public_url: str, validator: RequestValidator, caller: Household, body: str) -> Shot:
    form = {"MessageSid": f"SM{uuid4().hex}", "AccountSid": f"AC{0:032x}", "From": f"whatsapp:{caller.phone}",
            "To": f"whatsapp:{SENDER}", "Body": body, "NumMedia": "0", "MessageType": "text"}  # fmt: skip
    signature = validator.compute_signature(public_url + PATH, form)
    return form_post(at.port, PATH, urlencode(form), "<Response/>", f"X-Twilio-Signature: {signature}\r\n")
