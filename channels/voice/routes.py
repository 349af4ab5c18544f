"""Missed calls: rejected before they are answered, so that nobody pays, and answered by SMS.

Twilio bills nothing for a call whose first verb is Reject; Africa's Talking knows the same word. Both ask
`POST` with a form; Africa's Talking tells us once more when the call is over (`isActive` 0).
"""

from __future__ import annotations

from functools import partial

import structlog
from flask import Blueprint, Response, request

from channels import form as fields
from channels.doors import XML, Form, check_secret, only_listed, take, take_signed
from channels.guard import TwilioSignature
from channels.nudge import nudge
from channels.services import Services
from core import calls
from core.clock import now
from core.phones import masked, read_phone

log = structlog.get_logger()

REJECT = '<?xml version="1.0" encoding="UTF-8"?><Response><Reject/></Response>'
NAMELESS = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""Twilio's withheld numbers: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE, keyed on a keypad."""


def voice_routes(services: Services) -> Blueprint:
    """POST /voice/twilio and /voice/africastalking/<secret>, each where the provider has its settings."""
    settings = services.settings
    doors = Blueprint("voice", __name__)
    only_listed(doors, settings)
    if settings.twilio:
        _add_twilio(doors, services, TwilioSignature(settings.twilio.auth_token, settings.public_url))
    if settings.africastalking:
        _add_africastalking(doors, services, settings.africastalking.secret)
    return doors


def _add_twilio(doors: Blueprint, services: Services, signature: TwilioSignature) -> None:
    @doors.post("/voice/twilio")
    def twilio_call() -> Response:
        act = partial(_missed, services, "twilio", "CallSid", "From")
        return take_signed(signature, "twilio", act, REJECT)


def _add_africastalking(doors: Blueprint, services: Services, secret: str) -> None:
    @doors.post("/voice/africastalking/<given>")
    def africastalking_call(given: str) -> Response:
        check_secret(given, secret)
        if request.form.get("isActive") == "0":
            return Response("", content_type=XML)
        act = partial(_missed, services, "africastalking", "sessionId", "callerNumber")
        return take("africastalking", lambda: request.form, act, REJECT, XML)


def _missed(services: Services, provider: str, id_field: str, from_field: str, form: Form) -> None:
    call = fields.safe(fields.field(form, id_field), fields.LONGEST_NAME)
    _answer(services, f"{provider}:{call}", form.get(from_field, ""))


def _answer(services: Services, call: str, given: str) -> None:
    """Write the answer, if the caller can get one; the call is rejected whatever happens here."""
    phone = None if given in NAMELESS else read_phone(given)
    if phone is None:
        log.info("missed call", caller="withheld")
        return
    try:
        with services.database.begin() as session:
            told = calls.answer(session, services.settings, phone=phone, call=call, at=now())
    except Exception as error:  # an answer that fails must not let the call be picked up and billed
        log.error("missed call broke", caller=masked(phone), exc_info=error)
        return
    log.info("missed call", caller=masked(phone), told=told)
    if told:
        nudge(services.redis)
