"""Africa's Talking USSD: one form POST a step, an answer that begins with CON or END.

There is no signature, so an unguessable secret in the path stands for one. `text` holds everything
typed in the session, PINs included: it is never logged.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, abort, request

from channels import form
from channels.guard import Addresses, same_secret
from channels.message import BadWebhook, Reply
from core.phones import masked, read_phone
from core.settings import AfricasTalking, Settings

log = structlog.get_logger()

Step = Callable[[str, str, str], Reply]
"""(session, phone, text) to the next screen."""

PLAIN = "text/plain; charset=utf-8"
LONGEST_TEXT = 4000


def ussd_routes(
    settings: Settings, step: Step, trouble: Callable[[str], Reply], dropped: Callable[[str, str], None]
) -> Blueprint:
    """POST /ussd/africastalking/<secret> and …/ended.

    `trouble` words the answer when a step breaks; `dropped` hears of sessions that were not ended by us.
    """
    doors = Blueprint("ussd", __name__)
    if settings.africastalking is None:
        return doors
    account: AfricasTalking = settings.africastalking
    addresses = Addresses(settings.allowed_addresses)

    @doors.post("/ussd/africastalking/<secret>")
    def dialled(secret: str) -> Response:
        _check(secret, account, addresses)
        fields = _fields()
        session, text = fields.get("sessionId", ""), fields.get("text")
        phone = _phone(fields)
        if not session or text is None or phone is None or len(text) > LONGEST_TEXT:
            return _refuse(session, text, phone)
        try:
            reply = step(f"at:{session}", phone, text)
        except Exception as error:
            # The one place for a broad catch: the caller gets words, the log what happened; any
            # other answer than CON or END would only end the session without a word.
            log.error("ussd step broke", caller=masked(phone), exc_info=error)
            reply = trouble(phone)
        return Response(("END " if reply.ends else "CON ") + reply.text, content_type=PLAIN)

    @doors.post("/ussd/africastalking/<secret>/ended")
    def ended(secret: str) -> Response:
        _check(secret, account, addresses)
        fields = _fields()
        phone = _phone(fields)
        if not fields.get("sessionId") or phone is None:
            return _refuse(fields.get("sessionId"), "", phone)
        log.info(
            "ussd ended",
            caller=masked(phone),
            status=fields.get("status"),
            hops=fields.get("hopsCount"),
            millis=fields.get("durationInMillis"),
            cost=fields.get("cost"),
        )
        if fields.get("status") != "Success":
            dropped(f"at:{fields['sessionId']}", phone)
        return Response("", content_type=PLAIN)

    return doors


def _check(secret: str, account: AfricasTalking, addresses: Addresses) -> None:
    """A wrong secret looks like an address that does not exist."""
    if not same_secret(secret, account.secret):
        abort(404)
    if not addresses.allow(request.remote_addr):
        abort(403)


def _fields() -> dict[str, str]:
    """The form; nothing of one with too many fields."""
    try:
        return dict(form.pairs(request.get_data(cache=False)))
    except BadWebhook:
        return {}


def _phone(fields: dict[str, str]) -> str | None:
    raw = fields.get("phoneNumber", "")
    # A number in E.164 as the gateway sends it needs no second look by the slower reader.
    return raw if raw.startswith("+91") and len(raw) == 13 and raw[1:].isdecimal() else read_phone(raw)


def _refuse(session: str | None, text: str | None, phone: str | None) -> Response:
    """400 with the names of what is missing, and the same in the log; never a value."""
    found = {"sessionId": bool(session), "text": text is not None, "phoneNumber": phone is not None}
    missing = [name for name, there in found.items() if not there] or ["text (too long)"]
    log.warning("ussd refused", missing=missing)
    return Response(f"missing or wrong: {', '.join(missing)}\n", status=400, content_type=PLAIN)
