"""What doors of written messages share: a form is read, acted on and answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from flask import Response, abort, request

from channels.guard import TwilioSignature
from channels.message import BadWebhook
from channels.twilio import TWIML

log = structlog.get_logger()

Form = Mapping[str, str]


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


def take_signed(signature: TwilioSignature, provider: str, act: Callable[[Form], None]) -> Response:
    """As `take`, for what Twilio has signed (else 403); the answer is an empty TwiML."""
    if not signature.holds(request):
        log.warning("webhook refused", door=request.endpoint, why="signature")
        abort(403)
    return take(provider, fields_of_request, act, TWIML, "text/xml")


def fields_of_request() -> Form:
    """The form, and what we put into the address ourselves (our row number)."""
    fields = request.form.to_dict()
    return {**request.args.to_dict(), **fields} if request.query_string else fields
