"""Short signed tokens, the ends of addresses: whole numbers that nobody can make up or change.

DLT allows 30 characters in a variable, so that an SMS template can hold our address as fixed words.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.settings import Settings

_DAY_ZERO = date(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Seal:
    """One kind of address: what it is for, and how many bytes each of its numbers has.

    `signature` are bytes of HMAC-SHA256 under the service's key; 9 take whoever guesses a thousand times a
    second more years than there have been.
    """

    purpose: str
    widths: tuple[int, ...]
    signature: int = 9

    def close(self, settings: Settings, numbers: Sequence[int]) -> str:
        """The token that says these numbers."""
        parts = zip(numbers, self.widths, strict=True)
        payload = b"".join(number.to_bytes(width, "big") for number, width in parts)
        return urlsafe_b64encode(payload + self._sign(settings, payload)).decode()

    def open(self, settings: Settings, given: str) -> list[int] | None:
        """The numbers of a token; None when it was changed, or never ours."""
        try:
            raw = urlsafe_b64decode(given.encode())
        except ValueError:
            return None
        payload, signature = raw[: -self.signature], raw[-self.signature :]
        whole = len(raw) == sum(self.widths) + self.signature
        if not whole or not hmac.compare_digest(signature, self._sign(settings, payload)):
            return None
        ends = [sum(self.widths[: place + 1]) for place in range(len(self.widths))]
        pairs = zip(ends, self.widths, strict=True)
        return [int.from_bytes(payload[end - width : end], "big") for end, width in pairs]

    def _sign(self, settings: Settings, payload: bytes) -> bytes:
        key = f"{self.purpose} {settings.secret_key}".encode()
        return hmac.new(key, payload, hashlib.sha256).digest()[: self.signature]


def number_of(day: date) -> int:
    """A day as a number of two bytes, until the year 2199."""
    return (day - _DAY_ZERO).days


def day_of(number: int) -> date:
    """The day that a number stands for."""
    return _DAY_ZERO + timedelta(days=number)
