"""Africa's Talking USSD: one form POST a step, an answer that begins with CON or END.

There is no signature, so an unguessable secret in the path stands for one. `text` holds everything
typed in the session, PINs included: it is never logged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from flask import Blueprint, Response, abort, request

from channels.form import LONGEST_NAME, pairs
from channels.guard import Addresses, same_secret
from channels.message import BadWebhook, Reply
from core.phones import masked, read_phone
from core.settings import AfricasTalking, Settings

log = structlog.get_logger()

Step = Callable[[str, str, str], Reply]
"""(session, phone, text) to the next screen."""
Trouble = Callable[[str], Reply]
Fields = dict[str, str]

PLAIN = "text/plain; charset=utf-8"
LONGEST_TEXT = 4000
TOLD = {"status": "status", "hops": "hopsCount", "millis": "durationInMillis", "cost": "cost"}
"""What the log keeps of a session that is over."""


def ussd_routes(
    settings: Settings, step: Step, trouble: Trouble, dropped: Callable[[str, str], None]
) -> Blueprint:
    """POST /ussd/africastalking/<secret> and …/ended.

    `trouble` words the answer when a step breaks; `dropped` hears of sessions that were not ended by us.
    """
    doors = Blueprint("ussd", __name__)
    if settings.africastalking is None:
        return doors
    check = partial(_check, account=settings.africastalking, addresses=Addresses(settings.allowed_addresses))

    @doors.post("/ussd/africastalking/<secret>")
    def dialled(secret: str) -> Response:
        check(secret)
        return _dialled(_fields(), step, trouble)

    @doors.post("/ussd/africastalking/<secret>/ended")
    def ended(secret: str) -> Response:
        check(secret)
        return _ended(_fields(), dropped)

    return doors


def _dialled(fields: Fields, step: Step, trouble: Trouble) -> Response:
    """The next screen; 400 where the request can't be one of the gateway's."""
    session, text, phone = _session(fields), fields.get("text"), _phone(fields)
    if session is None or text is None or phone is None or len(text) > LONGEST_TEXT:
        return _refuse(session, text, phone)
    try:
        reply = step(session, phone, text)
    except Exception as error:
        # The one place for a broad catch: the caller gets words, the log what happened; any
        # other answer than CON or END would only end the session without a word.
        log.error("ussd step broke", caller=masked(phone), exc_info=error)
        reply = trouble(phone)
    return Response(("END " if reply.ends else "CON ") + reply.text, content_type=PLAIN)


def _ended(fields: Fields, dropped: Callable[[str, str], None]) -> Response:
    session, phone = _session(fields), _phone(fields)
    if session is None or phone is None:
        return _refuse(session, "", phone)
    told = {name: fields.get(given, "")[:LONGEST_NAME] for name, given in TOLD.items()}
    log.info("ussd ended", caller=masked(phone), **told)
    if fields.get("status") != "Success":
        dropped(session, phone)
    return Response("", content_type=PLAIN)


def _check(secret: str, account: AfricasTalking, addresses: Addresses) -> None:
    """A wrong secret looks like an address that does not exist."""
    if not same_secret(secret, account.secret):
        abort(404)
    if not addresses.allow(request.remote_addr):
        abort(403)


def _fields() -> Fields:
    """The form; nothing of one with too many fields."""
    try:
        return dict(pairs(request.get_data(cache=False)))
    except BadWebhook:
        return {}


def _session(fields: Fields) -> str | None:
    """The talk's name: the gateway's id of the session, if it can be one."""
    id_ = fields.get("sessionId", "")
    return f"at:{id_}" if id_.isprintable() and 0 < len(id_) <= LONGEST_NAME else None


def _phone(fields: Fields) -> str | None:
    raw = fields.get("phoneNumber", "")
    # A number in E.164 as the gateway sends it needs no second look by the slower reader.
    plain = raw.startswith("+91") and len(raw) == 13 and raw.isascii() and raw[1:].isdecimal()
    return raw if plain else read_phone(raw[:LONGEST_NAME])


def _refuse(session: str | None, text: str | None, phone: str | None) -> Response:
    """400 with the names of what is missing, and the same in the log; never a value."""
    found = {"sessionId": bool(session), "text": text is not None, "phoneNumber": phone is not None}
    missing = [name for name, there in found.items() if not there] or ["text (too long)"]
    log.warning("ussd refused", missing=missing)
    return Response(f"missing or wrong: {', '.join(missing)}\n", status=400, content_type=PLAIN)
