"""What doors of written messages share: a form is read, acted on and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

import structlog
from flask import Blueprint, Response, abort, request

from channels import form
from channels.guard import Addresses, TwilioSignature, same_secret
from channels.message import BadWebhook
from channels.twilio import TWIML
from core.settings import Settings

log = structlog.get_logger()

Form = Mapping[str, str]

XML = "text/xml"


def only_listed(doors: Blueprint, settings: Settings) -> None:
    """Let nobody through these doors (else 403) whose address is not on the operator's list."""
    addresses = Addresses(settings.allowed_addresses)

    @doors.before_request
    def check_address() -> None:
        if not addresses.allow(request.remote_addr):
            _refuse("address", 403)


def check_secret(given: str, secret: str) -> None:
    """A wrong secret looks like an address that does not exist (404)."""
    if not same_secret(given, secret):
        _refuse("secret", 404)


def take(
    provider: str,
    read: Callable[[], Form],
    act: Callable[[Form], None],
    body: str = "",
    content_type: str = "text/plain",
) -> Response:
    """Read the form and act on it; a form that lacks something is answered with 400."""
    try:
        act(read())
    except BadWebhook as error:
        log.warning("webhook not understood", door=request.endpoint, provider=provider, why=str(error))
        return Response("bad request\n", 400, content_type="text/plain")
    return Response(body, 200, content_type=content_type)


def take_signed(
    signature: TwilioSignature, provider: str, act: Callable[[Form], None], body: str = TWIML
) -> Response:
    """As `take`, for what Twilio has signed (else 403); answered with an empty TwiML, or the one given."""
    return take(provider, lambda: _signed(signature), act, body, XML)


def _refuse(why: str, status: int) -> NoReturn:
    log.warning("webhook refused", door=request.endpoint, why=why)
    abort(status)


def _signed(signature: TwilioSignature) -> Form:
    """The form, and what we put into the address ourselves (our row number)."""
    fields = form.pairs(request.get_data(cache=False))
    if not signature.holds(request, fields):
        _refuse("signature", 403)
    return dict(form.pairs(request.query_string) + fields)
