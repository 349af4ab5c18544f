"""The networks between the phones on the screen and our doors: each request as its provider would send it.

Requests go through the whole application, with its guards, so the doors can't tell them from a
gateway's; the secrets and signatures stay here, and no browser ever sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twilio.request_validator import RequestValidator
from werkzeug.test import Client

from core.settings import AfricasTalking, Settings, Twilio

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SIGNATURE = "X-Twilio-Signature"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door said; `same`: a request that was delivered twice had the same answer both times."""

    status: int
    body: str
    times: int
    same: bool


@dataclass(frozen=True, slots=True)
class Carrier:
    """Posts to our own doors. `address` is the browser's, as the doors may go by it."""

    application: WSGIApplication
    settings: Settings

    def africastalking(self, room: str, form: Mapping[str, str], address: str | None, times: int) -> Answer:
        """Post to a door of Africa's Talking (`/ussd/africastalking/{secret}`), the secret in its path."""
        account: AfricasTalking | None = self.settings.africastalking
        if account is None:
            return _closed()
        return self._post(room.format(secret=account.secret), form, {}, address, times)

    def twilio(self, path: str, form: Mapping[str, str], address: str | None, times: int) -> Answer:
        """Post to a door of Twilio, signed over the public address."""
        account: Twilio | None = self.settings.twilio
        if account is None:
            return _closed()
        signed = RequestValidator(account.auth_token).compute_signature(self.settings.public_url + path, form)
        return self._post(path, form, {SIGNATURE: signed}, address, times)

    def _post(
        self,
        path: str,
        form: Mapping[str, str],
        headers: Mapping[str, str],
        address: str | None,
        times: int,
    ) -> Answer:
        client = Client(self.application, use_cookies=False)
        answers = [
            client.post(
                path, data=dict(form), headers=dict(headers), environ_overrides={"REMOTE_ADDR": address or ""}
            )
            for _ in range(times)
        ]
        bodies = [answer.get_data(as_text=True) for answer in answers]
        return Answer(answers[-1].status_code, bodies[-1], times, len(set(bodies)) == 1)


def _closed() -> Answer:
    """A door that the settings don't open."""
    return Answer(404, "", 1, True)
