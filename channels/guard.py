"""Who may knock: a secret in the path, a list of addresses, Twilio's signature."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from flask import Request
from twilio.request_validator import RequestValidator


def same_secret(given: str, secret: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode(), secret.encode())


class Addresses:
    """The addresses and networks that may call our webhooks; none named allows all."""

    def __init__(self, allowed: Sequence[IPv4Network | IPv6Network]) -> None:
        self._networks = allowed

    def allow(self, address: str | None) -> bool:
        """Whether a peer's address is on the list; an address that can't be read is not."""
        if not self._networks:
            return True
        try:
            peer = ip_address(address or "")
        except ValueError:
            return False
        return any(peer in network for network in self._networks)


class TwilioSignature:
    """Checks `X-Twilio-Signature` over our public address with the path and query as they came.

    The address is our setting, never a forwarded header: whoever sends a request writes its headers.
    """

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._public_url = public_url

    def holds(self, request: Request, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether Twilio has signed this form, whose fields are `pairs`."""
        query = request.query_string.decode("latin-1")
        url = self._public_url + request.path + (f"?{query}" if query else "")
        signature = request.headers.get("X-Twilio-Signature", "")
        fields = _Fields()
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        expected = self._validator.compute_signature(url, fields)
        # The SDK tries the address with and without its port; nearly always it is just as we know it.
        return hmac.compare_digest(expected.encode(), signature.encode()) or bool(
            self._validator.validate(url, fields, signature)
        )


class _Fields(dict[str, list[str]]):
    """A form as the SDK asks for it: a field may come more than once."""

    def getall(self, name: str) -> list[str]:
        return self[name]
