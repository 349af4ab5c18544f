"""What comes in, what is said back, what is sent later, and how a gateway answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from core.alerts import Trouble
from core.delivery import Outgoing as Outgoing

PLACE = "geo "
"""What a place begins with that somebody has sent: the word of a command, then its degrees."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One text from a person. `provider_id` is the provider's own id; a repeat carries the same."""

    channel: str
    provider: str
    provider_id: str
    sender: str
    """E.164, or what the provider calls the sender when it is no phone number."""
    given: str
    photos: tuple[str, ...] = ()
    """Where photos of it can be fetched, unchecked."""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person sees now; `ends` closes a USSD session."""

    text: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it. `delivered` when no later report is to be expected."""

    provider_id: str | None
    delivered: bool = False
    bare: str | None = None
    """Why it went without its picture, where it had one."""


@dataclass(frozen=True, slots=True)
class Later:
    """Not taken, and may pass another time (503, 429, no connection).

    `slow`: we are too fast for this gateway, whatever the message.
    """

    reason: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Unsure:
    """The provider may have taken it: the request left, no answer came. Sending again may double it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """Refused for good. `blocked`: this number must not be texted again by any gateway.

    `elsewhere`: this gateway has no way to the number, but another may; with `blocked`: nor ever will have.
    """

    reason: str
    blocked: bool = False
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Paused:
    """The gateway itself can't send (no balance, bad sender id): rest it, use another, tell staff."""

    reason: Trouble


Outcome: TypeAlias = "Accepted | Later | Unsure | Never | Paused"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a provider says of a message: `state` is sent, delivered or failed.

    `row` is our own number of the message, where the gateway carries it; else `provider_id` tells.
    """

    state: str
    provider_id: str | None
    row: int | None = None
    recipient: str | None = None
    reason: str | None = None
    blocked: bool = False
    elsewhere: bool = False
    """It failed, but another channel may reach this person."""
    bare: bool = False
    """It failed for what it carried: where that was a picture, its words alone may do."""
    channel: str = "sms"


class BadWebhook(ValueError):
    """A provider's request lacks something; the message names the field, never a value."""


class Gateway(Protocol):
    """One provider's way out."""

    @property
    def name(self) -> str: ...

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """Send each message; one outcome per message, in order. Never raises for a provider's fault."""


class SmsProvider(Protocol):
    """One provider's way in: its form fields become our words."""

    @property
    def name(self) -> str: ...

    def receive(self, form: Mapping[str, str]) -> Inbound: ...

    def report(self, form: Mapping[str, str]) -> DeliveryReport: ...


Receive: TypeAlias = Callable[[Inbound], None]
"""What a door does with a text: store it and handle it (channels/texting.py)."""

TakeReport: TypeAlias = Callable[[str, DeliveryReport], None]
"""What a door does with the delivery report of a gateway (channels/reports.py)."""
