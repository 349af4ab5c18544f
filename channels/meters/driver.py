"""What every smart meter's service can be asked, and how it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from channels.message import Later, Never, Paused, Unsure
from core.alerts import Trouble
from core.meters.watch import Shown


@dataclass(frozen=True, slots=True)
class Done:
    """The service has done it."""

    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The service has taken it and is not done: ask again under `reference`."""

    reference: str


Outcome: TypeAlias = "Done | Waiting | Later | Unsure | Never | Paused"


class MeterTrouble(Exception):
    """The service as a whole did not answer as it should; `reason` is why it rests, None: only for now."""

    def __init__(self, words: str, reason: Trouble | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.reason = reason


class Driver(Protocol):
    """One provider's meters. No method but `read` raises for a provider's fault.

    A switch and a tariff set a state, so that a repeat changes nothing. A credit has a `key`, the same at
    every attempt: a provider that knows it credits nothing twice.
    """

    @property
    def name(self) -> str: ...

    def read(self, meters: Sequence[str]) -> list[Shown]:
        """What these meters showed last; who does not answer is left out. Raises MeterTrouble."""

    def switch(self, meter: str, *, on: bool) -> Outcome: ...

    def set_tariff(self, meter: str, *, tariff: str) -> Outcome: ...

    def credit(self, meter: str, *, paise: int, key: str) -> Outcome: ...

    def poll(self, reference: str) -> Outcome | None:
        """How a credit stands, by the provider's reference or our key; None: it knows of none."""
