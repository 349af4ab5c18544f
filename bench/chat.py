"""What a hop on WhatsApp costs beside the same hop by USSD: signature, storing and the outbox included.

Two costs are told: processor time of the service, which is what a machine runs out of; and the clock with a
few threads, where the wait for the disk counts as far as no other hop fills it.

A hop by USSD is answered in its own response. A message on WhatsApp is stored, and its answer is written
to the outbox, so that neither is ever lost: a commit that USSD does not have. Two talks, as people hold
them: what is owed, which only reads, and another language, which ends in a change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode
from uuid import uuid4

from twilio.request_validator import RequestValidator

from bench import cores, service
from bench.contest import CONNECTIONS
from bench.load import LoadError, Shot, drive, form_post
from bench.population import Household, household
from bench.rig import THREADS, Served

ROUNDS = 3
SECONDS = 1.0
CALLERS = 3_000
"""Households that write and dial; all of them are known after the first round, which does not count."""
TALKS = {"what is owed": ("1",), "another language": ("7", "3")}
"""What is pressed after the menu; the language chosen is the one that they have."""
PATH = "/whatsapp/twilio"
SENDER = "+911800123456"


@dataclass(frozen=True)
class Cost:
    """Seconds of a hop."""

    clock: float
    processor: float


@dataclass(frozen=True)
class Costs:
    """Those of one talk in one round."""

    talk: str
    hops: int
    """How many the talk has."""
    ussd: Cost
    whatsapp: Cost


@dataclass(frozen=True)
class ChatFigures:
    """All rounds of all talks."""

    costs: Sequence[Costs]

    def ratio(self, by: Callable[[Cost], float], *talks: str) -> float:
        """How many times as much a hop on WhatsApp costs as one by USSD, over all hops of these talks."""
        known = [costs for costs in self.costs if costs.talk in talks]
        dearer = sum(costs.hops * by(costs.whatsapp) for costs in known)
        return dearer / sum(costs.hops * by(costs.ussd) for costs in known)

    def lines(self) -> list[str]:
        a_second = 1 / median(costs.whatsapp.clock for costs in self.costs)
        return [
            f"A hop on WhatsApp beside one by USSD: processor {self._ratios(lambda cost: cost.processor)},",
            f"clock, with {THREADS} threads, {self._ratios(lambda cost: cost.clock)}.",
            f"On one core {a_second:,.0f} hops a second on WhatsApp.",
        ]

    def _ratios(self, by: Callable[[Cost], float]) -> str:
        each = [f"{talk}: {self.ratio(by, talk):.2f}" for talk in TALKS]
        return f"{self.ratio(by, *TALKS):.2f} times ({', '.join(each)})"


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
    return ChatFigures([cost for each in rounds for cost in each])


def _round(at: Served, env: dict[str, str]) -> list[Costs]:
    return [
        Costs(talk, len(keys) + 1, _cost(at, _dialled(at, env, keys)), _cost(at, _written(at, env, keys)))
        for talk, keys in TALKS.items()
    ]


def _dialled(at: Served, env: dict[str, str], keys: Sequence[str]) -> list[list[Shot]]:
    path = service.ussd_path(env)
    sessions = [(household(index), f"ATUid_{uuid4().hex}") for index in range(CALLERS)]
    texts = ["*".join(keys[:pressed]) for pressed in range(len(keys) + 1)]
    return [[_dial(at, path, caller, session, text) for caller, session in sessions] for text in texts]


def _written(at: Served, env: dict[str, str], keys: Sequence[str]) -> list[list[Shot]]:
    validator = RequestValidator(env["TWILIO_AUTH_TOKEN"])
    url = env["BIJLI_PUBLIC_URL"] + PATH
    callers = [household(index) for index in range(CALLERS)]
    return [[_write(at, url, validator, caller, body) for caller in callers] for body in ("MENU", *keys)]


def _cost(at: Served, steps: Sequence[Sequence[Shot]]) -> Cost:
    """The mean over all steps of the same talks."""
    clock, processor, hops = 0.0, 0.0, 0
    for shots in steps:
        before = cores.seconds_used(at.pid)
        # Only talks whose step before was taken can go on.
        volley = drive(at.port, shots[: hops or None], connections=CONNECTIONS, seconds=SECONDS)
        if volley.wrong:
            raise LoadError(f"{len(volley.wrong)} wrong answers, the first one: {volley.wrong[0]!r}")
        taken = len(volley.latencies)
        clock += volley.seconds / taken
        processor += (cores.seconds_used(at.pid) - before) / taken
        hops = taken
    return Cost(clock / len(steps), processor / len(steps))


def _dial(at: Served, path: str, caller: Household, session: str, text: str) -> Shot:
    body = {"sessionId": session, "phoneNumber": caller.phone, "networkCode": "40470",
            "serviceCode": "*384*77#", "text": text}  # fmt: skip
    shown = {"": "CON ", "1": caller.due, "7": "CON "}.get(text, "END ")
    return form_post(at.port, path, urlencode(body), shown)


def _write(at: Served, url: str, validator: RequestValidator, caller: Household, body: str) -> Shot:
    form = {"MessageSid": f"SM{uuid4().hex}", "AccountSid": f"AC{0:032x}", "From": f"whatsapp:{caller.phone}",
            "To": f"whatsapp:{SENDER}", "Body": body, "NumMedia": "0", "MessageType": "text"}  # fmt: skip
    signature = validator.compute_signature(url, form)
    return form_post(at.port, PATH, urlencode(form), "<Response/>", f"X-Twilio-Signature: {signature}\r\n")
